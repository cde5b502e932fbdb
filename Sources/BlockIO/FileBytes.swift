public import SystemPackage

/// A regular file or a block device as bytes for the parsers, read through its own descriptor.
///
/// The budget bounds the work that a hostile image can cause.
public final class FileBytes: RandomAccessBytes {
  private let descriptor: OwnedDescriptor
  private let budget: ReadBudget
  /// The length in bytes when it was opened.
  public let byteCount: UInt64
  /// What the descriptor was when it was opened.
  public let state: FileState

  /// The budget of an inspection, in bytes read.
  public static let defaultBudget = 256 << 20

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
    self.budget = ReadBudget(byteCount: budget)
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
    try budget.spend(count)
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
