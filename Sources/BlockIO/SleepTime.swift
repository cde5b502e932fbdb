/// How long the machine has slept.
public enum SleepTime {
  private static let moments = (ContinuousClock.now, SuspendingClock.now)

  /// The time that one clock counts and the other does not, since this was asked first.
  public static func now() -> Duration {
    let (continuous, suspending) = moments
    return continuous.duration(to: ContinuousClock.now) - suspending.duration(to: SuspendingClock.now)
  }
}
