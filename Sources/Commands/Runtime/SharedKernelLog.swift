import BlockIO
import Synchronization

/// What the kernel says, for several that listen: each record is given to all of them.
final class SharedKernelLog: KernelRecordSource {
  private let log: any KernelRecordSource
  private let heard = Mutex<[KernelRecord]>([])

  /// More records than this are not kept: the first ones are nearest to the cause.
  private static let bound = 4096

  /// Takes a log that nobody else reads from then on.
  init(_ log: any KernelRecordSource) { self.log = log }

  func skip() {
    log.skip()
    heard.withLock { $0 = [] }
  }

  /// What was said since it was skipped.
  func records() -> [KernelRecord] {
    heard.withLock { heard in
      heard += log.records().prefix(Self.bound - heard.count)
      return heard
    }
  }
}
