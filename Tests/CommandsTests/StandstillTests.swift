import Documents
import Synchronization
import Testing

@testable import Commands
@testable import Terminal

/// Clocks that go on when they are told to.
private final class HandMovedClocks: Sendable {
  private let time = Mutex((awake: Duration.zero, asleep: Duration.zero))
  private let start = SuspendingClock.now

  func pass(_ seconds: Double) { time.withLock { $0.awake += .seconds(seconds) } }
  func fallAsleep(for seconds: Double) { time.withLock { $0.asleep += .seconds(seconds) } }

  func standstill() -> Standstill {
    Standstill(
      slept: { self.time.withLock(\.asleep) }, now: { self.start.advanced(by: self.time.withLock(\.awake)) })
  }
}

@Suite("A run that stood still")
struct StandstillTests {
  @Test("one that slept or was stopped says for how long, and what was before it began does not count")
  func counted() {
    let clocks = HandMovedClocks()
    let standstill = clocks.standstill()
    clocks.fallAsleep(for: 50)
    clocks.pass(50)
    standstill.begin()
    #expect(standstill.texts.isEmpty)
    for _ in 0..<20 {
      clocks.pass(0.1)
      standstill.beat()
    }
    clocks.fallAsleep(for: 35)
    clocks.pass(12)
    standstill.beat()
    standstill.didContinue()
    clocks.pass(0.5)
    standstill.beat()
    #expect(
      standstill.texts.map(\.string) == [
        "the machine slept for 35 s meanwhile", "burin was stopped for 12 s meanwhile",
      ])
    #expect(standstill.json["secondsAsleep"] == .integer(35))
    standstill.begin()
    #expect(standstill.texts.isEmpty)
  }

  @Test("a machine that is merely busy, or a process that was told to go on and had not stopped, is none")
  func neither() {
    let clocks = HandMovedClocks()
    let standstill = clocks.standstill()
    standstill.begin()
    clocks.pass(7)
    standstill.beat()
    #expect(standstill.texts.isEmpty)
    standstill.begin()
    standstill.didContinue()
    clocks.pass(0.9)
    clocks.fallAsleep(for: 0.9)
    standstill.beat()
    #expect(standstill.texts.isEmpty)
  }
}
