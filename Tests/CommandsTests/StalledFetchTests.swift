import TestSupport
import Testing

@Suite("A URL that stalls does not hold a run up", .serialized)
struct StalledFetchTests {
  /// Sends a signal to the whole program once its server says nothing more, and something has been written, where
  /// that is to be.
  /// - Returns: the exit status, and how long the program went on, in milliseconds.
  private func stop(
    _ command: String, by signal: String, after count: Int, isWritten: Bool
  ) throws -> (status: Int, time: Int) {
    let scratch = try ScratchDirectory()
    let server = try FileServer([UInt8](repeating: 7, count: 36 << 20))
    let url = server.url("hold/\(count)")
    let output = try scratch.run(
      """
      truncate -s 40M stick
      '\(FakeWorld.program)' \(command.replacing("URL", with: url)) >/dev/null 2>&1 &
      program=$!
      has_come() { [ -e '\(server.mark)' ] && [ \(isWritten ? "$(stat -c %b stick) -gt 0" : "1 = 1") ]; }
      for n in $(seq 600); do has_come && break; sleep 0.05; done
      has_come || exit 1
      children=$(cat /proc/$program/task/*/children)
      start=$(date +%s%3N)
      kill -\(signal) $program
      status=0; wait $program || status=$?
      for child in $children; do while [ -e /proc/$child/exe ]; do sleep 0.01; done; done
      [ -n "$children" ] && echo $status $(($(date +%s%3N) - start))
      """)
    let numbers = output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    try #require(numbers.count == 2, "\(output)")
    return (numbers[0], numbers[1])
  }

  @Test(
    "while its beginning is looked at, and while it is written",
    arguments: [
      ("check URL", "INT", 200_000, 130), ("write --yes URL file:stick", "TERM", 200_000, 143),
      ("write --yes --allow-damaged URL file:stick", "INT", 34_000_000, 130),
      ("write --yes --allow-damaged URL file:stick", "KILL", 34_000_000, 137),
    ])
  func stopped(command: String, signal: String, count: Int, status: Int) throws {
    let found = try stop(command, by: signal, after: count, isWritten: count > 32 << 20)
    #expect(found.status == status)
    #expect(found.time < 15_000, "\(found.time) ms")
  }
}
