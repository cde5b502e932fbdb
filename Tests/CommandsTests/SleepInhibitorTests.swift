import BlockIO
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import DesktopBus

@Suite("A machine that is kept awake")
struct SleepInhibitorTests {
  /// How many descriptors of this process lead to the same pipe; those of processes that other tests start do not count.
  private static func holders(of end: CInt) throws -> Int {
    let pipe = try SmallFile.link(at: FilePath("/proc/self/fd/\(end)"))
    return try SmallFile.names(in: "/proc/self/fd").count { name in
      (try? SmallFile.link(at: FilePath("/proc/self/fd/\(name)"))) == pipe
    }
  }

  @Test("where nobody answers, nobody waits")
  func hung() throws {
    let ends = try FakeBusService.socketPair()
    defer { _ = close(ends[1]) }
    let started = ContinuousClock.now
    #expect(throws: BusError.self) {
      try SleepInhibitor(on: SystemBus(over: OwnedDescriptor(adopting: ends[0])))
    }
    #expect(ContinuousClock.now - started < .seconds(10))
  }

  @Test("logind is asked for the right thing, and what it gives is held as long as it is wanted")
  func held() throws {
    let ends = try FakeBusService.socketPair()
    var pipeEnds: [CInt] = [-1, -1]
    let status = unsafe pipe(&pipeEnds)
    try #require(status == 0)
    let server = FakeBusService(
      over: ends[1], "Inhibit", of: "org.freedesktop.login1.Manager", reading: "ssss", giving: pipeEnds[1])
    let thread = BackgroundThread.start { server.serve() }
    var inhibitor: SleepInhibitor? = try? SleepInhibitor(
      on: SystemBus(over: OwnedDescriptor(adopting: ends[0])), within: .seconds(10))
    thread.join()
    #expect(server.asked.withLock(\.self) == ["sleep:idle", "burin", "a disk is being written", "block"])
    #expect(inhibitor != nil)
    _ = close(pipeEnds[1])
    #expect(try Self.holders(of: pipeEnds[0]) == 2, "somebody holds the other end")
    withExtendedLifetime(inhibitor) {}
    inhibitor = nil
    #expect(try Self.holders(of: pipeEnds[0]) == 1, "nobody does any more")
    _ = close(pipeEnds[0])
  }
}
