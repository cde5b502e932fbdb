import BlockIO
import DeviceSafety
import Synchronization

/// A request of a test that failed.
struct FailedRequest {
  let error: SystemCallError
  let operation: DeviceOperation
  /// Where, in bytes.
  let offset: UInt64?

  /// What ends a test where that cannot be tolerated.
  var stop: TestStop { .device(error, during: operation, offset: offset) }
}

/// How many requests may fail: each can take many seconds, and a medium that is dead has millions.
final class FailureBudget: Sendable {
  private let failures = Atomic<Int>(0)
  private let repeated = Atomic<Int>(0)
  private let limit: Int

  /// - Parameter limit: how many requests may fail.
  init(limit: Int = 2000) { self.limit = limit }

  /// How many requests failed and succeeded when they were made again, in smaller pieces or later.
  var repeatedCount: Int { repeated.load(ordering: .relaxed) }

  /// How many requests failed in all.
  var failureCount: Int { failures.load(ordering: .relaxed) }

  /// Whether a failure is worth being traced to a smaller place: to its blocks during the first eighth of all that
  /// may fail, to a part of its request during the first quarter.
  func mayTrace(toBlocks: Bool) -> Bool {
    failures.load(ordering: .relaxed) < (toBlocks ? limit / 8 : limit / 4)
  }

  /// Lets a test that reads go on where a place of the same medium is the trouble, unless too many were.
  func spend(_ failure: FailedRequest, reading medium: any ReadableMedium) throws(TestStop) {
    guard failure.error.isMediumTrouble else { throw failure.stop }
    do throws(RecheckError) { try medium.compareIdentity() } catch { throw .identity(error) }
    try spend()
  }

  /// Lets a test that writes go on, once it is sure that it still writes to the same medium.
  func spend(
    _ failure: FailedRequest, writing medium: any Medium, _ touchstones: [Range<UInt64>]
  ) throws(TestStop) {
    guard failure.error.isMediumTrouble else { throw failure.stop }
    do throws(RecheckError) { try medium.requireSame(reading: touchstones) } catch {
      guard case .system(let found) = error else { throw .identity(error) }
      throw .device(
        failure.error.isOtherMedium ? found : failure.error, during: failure.operation, offset: failure.offset
      )
    }
    try spend()
  }

  /// Counts a request that failed and then succeeded after all.
  func noteRepeated() { repeated.add(1, ordering: .relaxed) }

  private func spend() throws(TestStop) {
    guard failures.add(1, ordering: .relaxed).newValue < limit else { throw .gaveUp(failures: limit) }
  }
}
