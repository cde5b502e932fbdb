import BlockIO
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import DesktopBus
@testable import Terminal

@Suite("The end of a long run")
struct EndOfRunTests {
  @Test(
    "is told truthfully, and not where nobody has looked away",
    arguments: [
      (.done, 29, nil), (.done, 31, "burin write is done"), (.different, 300, "burin write has failed"),
      (.deviceFailed, 31, "burin write has failed"), (.cancelled, 900, nil), (.signal(SIGINT), 900, nil),
    ] as [(Commands.ExitStatus, Int, String?)])
  func texts(status: Commands.ExitStatus, seconds: Int, expected: String?) {
    let end = EndOfRun(of: "write", status, after: .seconds(seconds))
    #expect(end?.summary.string == expected)
    if status != .done, let end { #expect(end.body.string.contains("status \(status.rawValue) ")) }
  }

  /// A world whose clock goes on by 20 s whenever somebody looks at it.
  private func slowWorld(isTerminal: Bool) -> (FakeWorld, RecordingSink) {
    var world = FakeWorld()
    let sink = RecordingSink(Capabilities(isTerminal: isTerminal, redraws: false))
    let clock = Clock()
    world.context.stderr = sink
    world.context.now = { clock.next() }
    return (world, sink)
  }

  private final class Clock: Sendable {
    private let time = Mutex(Duration.zero)
    func next() -> Duration {
      time.withLock { time in
        time += .seconds(20)
        return time
      }
    }
  }

  @Test(
    "rings in a terminal and tells the desktop once; not in a file, not quietly, not where it is not wanted",
    arguments: [
      (true, true, [], 1), (false, true, [], 0), (true, false, [], 0), (true, true, ["--quiet"], 0),
    ] as [(Bool, Bool, [String], Int)])
  func bell(isTerminal: Bool, isWanted: Bool, options: [String], expected: Int) async throws {
    let directory = try ScratchDirectory()
    try directory.run("head -c 100000 /dev/zero | tr '\\0' A >image; truncate -s 4M stick")
    var (world, sink) = slowWorld(isTerminal: isTerminal)
    let log = Log()
    world.context.wantsCall = isWanted
    world.context.herald = { log.add($0.summary.string) }
    let (image, stick) = ("\(directory.path)/image", "file:\(directory.path)/stick")
    let arguments = ["write", image, stick, "--yes", "--allow-damaged"]
    #expect(await Burin.run(arguments + options, in: world.context) == .done)
    #expect(sink.text.count { $0 == "\u{7}" } == expected)
    #expect(log.all == [String](repeating: "burin write is done", count: expected))
  }

  private final class Log: Sendable {
    private let texts = Mutex<[String]>([])
    func add(_ text: String) { texts.withLock { $0.append(text) } }
    var all: [String] { texts.withLock(\.self) }
  }

  @Test("the desktop is asked for the right thing, and takes no foreign markup")
  func notification() throws {
    let ends = try FakeBusService.socketPair()
    let server = FakeBusService(
      over: ends[1], "Notify", of: "org.freedesktop.Notifications", reading: "susss")
    let thread = BackgroundThread.start { server.serve() }
    try DesktopNotification.show(
      summary: "burin write is done", body: "<a href=x>it & all</a>",
      on: SystemBus(over: OwnedDescriptor(adopting: ends[0])), within: .seconds(10))
    thread.join()
    #expect(
      server.asked.withLock(\.self) == [
        "burin", "0", "drive-removable-media-usb", "burin write is done",
        "&lt;a href=x&gt;it &amp; all&lt;/a&gt;",
      ])
  }

  @Test("where nobody answers, nobody waits for long")
  func hung() throws {
    let ends = try FakeBusService.socketPair()
    defer { _ = close(ends[1]) }
    #expect(throws: BusError.self) {
      try DesktopNotification.show(
        summary: "a", body: "b", on: SystemBus(over: OwnedDescriptor(adopting: ends[0])),
        within: .milliseconds(100))
    }
  }

  @Test(
    "who is told is never root, and named by numbers alone",
    arguments: [
      ("1000:1000", true), ("0:0", false), ("0:1000", false), ("1000", false), ("x:1", false),
      ("1000:1000:1", false), ("-1:5", false), ("/tmp:1", false),
    ])
  func people(text: String, isPerson: Bool) { #expect((Person(text[...]) != nil) == isPerson) }
}
