public import BlockIO
public import DeviceProbe

/// How what is on a disk is read.
public struct ContentsReader: Sendable {
  /// Reads a disk that is held exclusively, open past the page cache, through its descriptor.
  public typealias Held =
    @Sendable (BlockDevice, borrowing OwnedDescriptor) throws(SystemCallError) -> Contents?

  /// Opens a disk by its path to read it; nil where that cannot be.
  ///
  /// For a disk that is not going to be written: to tell more of a refusal, and for rehearsals.
  public let named: @Sendable (BlockDevice) -> Contents?
  /// Reads what is on the disk that is held (R28); nil where nothing can be read.
  public let held: Held

  /// Creates a reader of two functions.
  public init(named: @escaping @Sendable (BlockDevice) -> Contents?, held: @escaping Held) {
    self.named = named
    self.held = held
  }

  /// Reads the disks of the machine.
  public static let live = ContentsReader(
    named: { DeviceProbe.contents(of: $0) },
    held: { disk, held throws(SystemCallError) in try DeviceProbe.contents(of: disk, through: held) })
}
