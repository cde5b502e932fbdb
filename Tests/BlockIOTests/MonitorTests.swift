import BlockIO
import Testing

@Suite("Monitor: what threads share and wait for")
struct MonitorTests {
  @Test("a wait with a limit ends with the answer as soon as there is one")
  func answered() {
    let monitor = Monitor(false)
    let clock = ContinuousClock()
    let begin = clock.now
    let thread = BackgroundThread.start { monitor.change { $0 = true } }
    let answer = monitor.wait(upTo: .seconds(60)) { $0 ? 7 : nil }
    thread.join()
    #expect(answer == 7)
    #expect(clock.now - begin < .seconds(30))
  }

  @Test("without an answer it ends after its time, and not before", arguments: [0, 20])
  func unanswered(milliseconds: Int) {
    let patience = Duration.milliseconds(milliseconds)
    let monitor = Monitor(false)
    let clock = SuspendingClock()
    let begin = clock.now
    let answer = monitor.wait(upTo: patience) { $0 ? 7 : nil }
    #expect(answer == nil)
    #expect(clock.now - begin >= patience)
  }

  @Test("a change that is no answer does not end the wait")
  func unrelated() {
    let monitor = Monitor(0)
    let thread = BackgroundThread.start {
      monitor.change { $0 = 1 }
      monitor.change { $0 = 2 }
    }
    #expect(monitor.wait(upTo: .seconds(60)) { $0 == 2 ? $0 : nil } == 2)
    thread.join()
  }
}
