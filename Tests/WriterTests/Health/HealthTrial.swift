import BlockIO
import DeviceSafety
import ImageSource
import Synchronization
import SystemPackage
import TestSupport

@testable import Writer

/// A test of a medium that may lie.
struct HealthTrial {
  var capacity: UInt64 = 5 << 20
  var lie = LyingMedium.Lie.none
  var blockSize = 512
  var faults = MemoryMedium.Faults()
  var budget = FailureBudget()

  func plan() throws -> WritePlan {
    let geometry = BlockGeometry(
      byteCount: capacity, logicalBlockSize: blockSize, physicalBlockSize: blockSize, isReadOnly: false,
      diskSequence: 1)
    return try WritePlan(imageLength: .unknown, geometry: geometry, digest: .none)
  }

  func medium() -> LyingMedium {
    LyingMedium(byteCount: capacity, blockSize: blockSize, lie: lie, faults: faults)
  }

  /// Tests all of it.
  func full(on medium: (any Medium)? = nil) async throws -> TestReport {
    await FullTest(
      plan: try plan(), medium: medium ?? self.medium(), progress: ProgressMeter(), budget: budget
    ).execute()
  }

  /// Probes it, and says what was found.
  func quick(
    on medium: any Medium, journal: (any WriteJournal)? = nil, seed: UInt64 = 7
  ) async throws -> TestReport {
    let plan = try plan()
    return await QuickTest(
      plan: plan, places: TestPlaces(of: plan, seed: seed), medium: medium, progress: ProgressMeter(),
      journal: journal, budget: budget
    ).execute()
  }
}

/// A medium that does something when a request comes, and then as another one does.
final class WatchedMedium: Medium {
  private let base: any Medium
  private let onWrite: @Sendable (Range<UInt64>) throws(SystemCallError) -> Void
  private let onRead: @Sendable (Range<UInt64>) throws(SystemCallError) -> Void
  private let onRecheck: @Sendable () throws(RecheckError) -> Void
  private let onIdentity: @Sendable () throws(RecheckError) -> Void

  init(
    _ base: any Medium,
    onWrite: @escaping @Sendable (Range<UInt64>) throws(SystemCallError) -> Void = { _ in },
    onRead: @escaping @Sendable (Range<UInt64>) throws(SystemCallError) -> Void = { _ in },
    onRecheck: @escaping @Sendable () throws(RecheckError) -> Void = {},
    onIdentity: @escaping @Sendable () throws(RecheckError) -> Void = {}
  ) {
    self.base = base
    self.onWrite = onWrite
    self.onRead = onRead
    self.onRecheck = onRecheck
    self.onIdentity = onIdentity
  }

  func write(_ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  {
    try onWrite(offset..<(offset + UInt64(range.count)))
    try base.write(memory, range: range, at: offset)
  }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    try onRead(offset..<(offset + UInt64(range.count)))
    return try base.read(at: offset, into: &memory, range: range)
  }

  func flush() throws(SystemCallError) -> CacheFlush { try base.flush() }

  func recheck() throws(RecheckError) {
    try onRecheck()
    try base.recheck()
  }

  func compareIdentity() throws(RecheckError) {
    try onIdentity()
    try base.compareIdentity()
  }
}

/// Ends the task that runs a test, from within the medium.
final class Stopper: Sendable {
  private let task = Mutex<Task<TestReport, any Error>?>(nil)

  func stop() { task.withLock { $0?.cancel() } }

  /// Runs a test that may be stopped.
  func run(_ body: @escaping @Sendable () async throws -> TestReport) async throws -> TestReport {
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      for await _ in gate { break }
      return try await body()
    }
    self.task.withLock { $0 = task }
    opener.yield()
    return try await task.value
  }
}
