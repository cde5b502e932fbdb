/// Looks after media that hold the others up, and has the pass go on without one that has stopped.
///
/// A slow medium may hold the others up beyond the pool of buffers: all of them shall be written. One that finishes
/// nothing at all is given up, as what its requests wait for in the kernel can take minutes, or never come.
struct StallWatch: Sendable {
  /// What was seen of a medium when it last moved.
  private struct Sight {
    var reading: ProgressReading
    var time: SuspendingClock.Instant
  }

  private let patience: Duration
  /// How often it looks, in parts of its patience.
  private static let looks = 20

  init(_ patience: Duration) { self.patience = patience }

  /// Watches until the task is cancelled; where there are no others, nobody is held up.
  func run(over intakes: [Intake], _ pool: BufferPool) async {
    guard intakes.count > 1 else { return }
    // While the machine sleeps, no medium has to move.
    let clock = SuspendingClock()
    var sights = intakes.map { Sight(reading: $0.progress.reading, time: clock.now) }
    while (try? await clock.sleep(for: patience / Self.looks)) != nil {
      let now = clock.now
      let someoneWaits = intakes.contains { $0.isPresent && $0.isIdle }
      for (index, intake) in intakes.enumerated() where intake.isPresent {
        let reading = intake.progress.reading
        if reading != sights[index].reading || intake.isIdle {
          sights[index] = Sight(reading: reading, time: now)
        } else if someoneWaits, pool.isAwaited, now - sights[index].time >= patience {
          // Its blocked requests keep their buffers for as long as the kernel has them.
          let kept = intake.busyLanes
          intake.drop(.stalled(patience))
          pool.expand(by: kept)
        }
      }
    }
  }
}
