import Foundation
import TestSupport
import Testing

/// The program that was built together with this test.
private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "burin").path()

@Suite("Signals")
struct SignalTests {
  /// A shell ignores SIGINT and SIGQUIT for what it runs in the background, so these two are left to the lab.
  @Test("end a write in order, and say what is left of the stick", arguments: [("TERM", 143), ("HUP", 129)])
  func signals(name: String, status: Int) throws {
    let directory = try ScratchDirectory()
    let output = try directory.run(
      """
      truncate -s 256M image stick && mkfifo events
      '\(program)' write image file:stick --yes --allow-damaged --json >events 2>errors &
      exec 3<events
      read start <&3
      kill -\(name) $!
      cat <&3 >rest
      wait $!
      echo "status $?"
      cat errors
      """)
    #expect(output.contains("status \(status)\n"))
    #expect(output.contains("not bootable") || output.contains("nothing was written"))
    let rest = String(decoding: try directory.contents("rest"), as: UTF8.self)
    #expect(rest.contains(#""event":"result","exitCode":\#(status)"#))
  }
}
