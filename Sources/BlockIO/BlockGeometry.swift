import CLinuxBlock
import Glibc

/// What the kernel says of an open block device; one medium in one drive has one diskseq.
public struct BlockGeometry: Hashable, Sendable {
  /// The size of the medium in bytes.
  public let byteCount: UInt64
  /// The smallest unit that can be addressed, in bytes.
  public let logicalBlockSize: Int
  /// The smallest unit that is written without a read before it, in bytes.
  public let physicalBlockSize: Int
  /// Whether the kernel refuses writes.
  public let isReadOnly: Bool
  /// Grows with every disk added and every medium changed; nil before Linux 5.15.
  public let diskSequence: UInt64?

  /// Creates a description from its parts, for tests and virtual sticks.
  public init(
    byteCount: UInt64, logicalBlockSize: Int, physicalBlockSize: Int, isReadOnly: Bool, diskSequence: UInt64?
  ) {
    self.byteCount = byteCount
    self.logicalBlockSize = logicalBlockSize
    self.physicalBlockSize = physicalBlockSize
    self.isReadOnly = isReadOnly
    self.diskSequence = diskSequence
  }

  /// Asks the kernel about an open block device, through the descriptor and nothing else.
  public init(of device: borrowing OwnedDescriptor) throws(SystemCallError) {
    let descriptor = device.rawValue
    var bytes: UInt64 = 0
    var logical: UInt32 = 0
    var physical: UInt32 = 0
    var readOnly = false
    var sequence: UInt64 = 0
    try SystemCallError.check(unsafe clb_size_bytes(descriptor, &bytes), "ioctl BLKGETSIZE64")
    try SystemCallError.check(unsafe clb_logical_block_size(descriptor, &logical), "ioctl BLKSSZGET")
    try SystemCallError.check(unsafe clb_physical_block_size(descriptor, &physical), "ioctl BLKPBSZGET")
    try SystemCallError.check(unsafe clb_read_only(descriptor, &readOnly), "ioctl BLKROGET")
    let status = unsafe clb_disk_sequence(descriptor, &sequence)
    // A kernel before 5.15 answers ENOTTY (or EINVAL from some drivers); anything else is an error.
    if status != 0, ![ENOTTY, EINVAL].contains(-status) {
      try SystemCallError.check(status, "ioctl BLKGETDISKSEQ")
    }
    self.init(
      byteCount: bytes, logicalBlockSize: Int(logical), physicalBlockSize: Int(physical),
      isReadOnly: readOnly, diskSequence: status == 0 ? sequence : nil)
  }
}
