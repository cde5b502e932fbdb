import Synchronization
public import SystemPackage

/// A regular file or a block device as bytes for the parsers, read through its own descriptor.
///
/// The budget bounds the work that a hostile image can cause: small scattered reads in the end
/// cost the budget too, and then every parser stops with ``ByteReadError/budgetExhausted``.
public final class FileBytes: RandomAccessBytes {
  private let descriptor: OwnedDescriptor
  private let remaining: Mutex<Int>
  /// The length in bytes when it was opened.
  public let byteCount: UInt64
  /// What the descriptor was when it was opened.
  public let state: FileState

  /// The budget of an inspection, in bytes read.
  public static let defaultBudget = 256 << 20
  /// What each read costs at least, so that many small reads end as well.
  private static let costOfRead = 512

  /// Takes over an open file or block device.
  public init(
    adopting descriptor: consuming OwnedDescriptor, path: String? = nil, budget: Int = defaultBudget
  ) throws(SystemCallError) {
    state = try FileState(of: descriptor, path: path)
    if case .blockDevice = state.kind {
      byteCount = try BlockGeometry(of: descriptor).byteCount
    } else {
      byteCount = state.byteCount
    }
    self.descriptor = descriptor
    remaining = Mutex(budget)
  }

  /// Opens a file for reading.
  ///
  /// A FIFO does not block the open.
  public convenience init(opening path: FilePath, budget: Int = defaultBudget) throws(SystemCallError) {
    try self.init(
      adopting: OwnedDescriptor(opening: path, [.nonBlocking]), path: path.string, budget: budget)
  }

  /// Reads exactly `count` bytes.
  public func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    let affordable = remaining.withLock { left in
      left -= max(count, Self.costOfRead)
      return left >= 0
    }
    guard affordable else { throw .budgetExhausted }
    var result = [UInt8](repeating: 0, count: count)
    let done: Int
    do throws(SystemCallError) {
      var elements = result.mutableSpan
      // Safe: every byte pattern is a valid UInt8.
      var span = unsafe elements.mutableBytes
      done = try descriptor.read(at: offset, into: &span)
    } catch { throw .system(error, offset: offset) }
    // Shorter than when it was opened: somebody has truncated it meanwhile.
    guard done == count else {
      throw .outOfBounds(offset: offset, count: count, available: offset + UInt64(done))
    }
    return result
  }

  /// Has the kernel begin to read some ranges.
  public func willRead(_ ranges: [Range<UInt64>]) {
    for range in ranges { descriptor.willRead(range) }
  }
}
