import BlockIO
public import DeviceProbe
public import DeviceSafety

/// What makes a disk "that very disk", also after it was unplugged or the machine was started anew.
public struct DiskFingerprint: Hashable, Sendable {
  /// The kind of target and what only that kind has.
  public enum Kind: Hashable, Sendable {
    /// A disk, by what it says of itself.
    case disk(HardwareIdentity)
    /// A regular file, by the device of its file system and its inode.
    case virtualStick(fileSystem: UInt64, inode: UInt64)
  }

  /// The kind of target.
  public var kind: Kind
  /// How it was attached; for people.
  public var transport: String
  /// The path of its USB port, where it had one; for people.
  public var port: String?
  /// The path that it had; for people.
  public var path: String
  /// Its size in bytes.
  public var byteCount: UInt64
  /// The logical block size in bytes.
  public var logicalBlockSize: Int
  /// The physical block size in bytes.
  public var physicalBlockSize: Int
  /// The kernel's number for this medium in this drive; good until the machine is started anew.
  public var diskSequence: UInt64?
  /// The start of the machine that ``diskSequence`` belongs to; empty where it is unknown.
  public var bootID: String

  /// Creates a fingerprint from its parts.
  public init(
    kind: Kind, transport: String, port: String?, path: String, byteCount: UInt64, logicalBlockSize: Int,
    physicalBlockSize: Int, diskSequence: UInt64?, bootID: String
  ) {
    self.kind = kind
    self.transport = transport
    self.port = port
    self.path = path
    self.byteCount = byteCount
    self.logicalBlockSize = logicalBlockSize
    self.physicalBlockSize = physicalBlockSize
    self.diskSequence = diskSequence
    self.bootID = bootID
  }

  /// The fingerprint of a target that is held open.
  /// - Parameter bootID: the kernel's name for this start of the machine, empty where it has none.
  public init(of identity: TargetIdentity, disk: BlockDevice?, bootID: String) {
    let kind: Kind =
      switch identity.kind {
      case .disk: .disk(disk?.identity ?? HardwareIdentity())
      case .virtualStick(let fileSystem, let inode):
        .virtualStick(
          fileSystem: UInt64(fileSystem.major) << 32 | UInt64(fileSystem.minor), inode: inode)
      }
    self.init(
      kind: kind, transport: disk?.transport.rawValue ?? "file", port: disk?.usb?.port, path: identity.path,
      byteCount: identity.geometry.byteCount, logicalBlockSize: identity.geometry.logicalBlockSize,
      physicalBlockSize: identity.geometry.physicalBlockSize,
      diskSequence: identity.geometry.diskSequence, bootID: bootID)
  }

  /// The fingerprint of a disk as a snapshot shows it; nil where its size or block sizes are unknown.
  public init?(of disk: BlockDevice, bootID: String) {
    guard let byteCount = disk.byteCount, let logical = disk.logicalBlockSize,
      let physical = disk.physicalBlockSize
    else { return nil }
    self.init(
      kind: .disk(disk.identity), transport: disk.transport.rawValue, port: disk.usb?.port, path: disk.path,
      byteCount: byteCount, logicalBlockSize: logical, physicalBlockSize: physical,
      diskSequence: disk.diskSequence, bootID: bootID)
  }

  /// Whether two fingerprints are of the same disk.
  ///
  /// A serial number or a world wide name that says something suffices with size, block sizes, vendor and
  /// model; without one only the same plug-in of the same medium is the same disk.
  public func isSameDisk(as other: DiskFingerprint) -> Bool {
    guard looksLike(other) else { return false }
    return hasNumberOfItsOwn || isSamePlugIn(as: other)
  }

  /// Whether nothing that two disks say of themselves tells them apart: size, block sizes, vendor, model and numbers.
  public func looksLike(_ other: DiskFingerprint) -> Bool {
    byteCount == other.byteCount && logicalBlockSize == other.logicalBlockSize
      && physicalBlockSize == other.physicalBlockSize && kind == other.kind
  }

  /// Whether it has a serial number or a world wide name that says something; a virtual stick is its file.
  public var hasNumberOfItsOwn: Bool {
    switch kind {
    case .disk(let identity): identity.isTelling
    case .virtualStick: true
    }
  }

  /// Whether they are of the same plug-in of the same medium, which no other disk can be.
  public func isSamePlugIn(as other: DiskFingerprint) -> Bool {
    guard let diskSequence, !bootID.isEmpty else { return false }
    return other.diskSequence == diskSequence && other.bootID == bootID
  }
}

extension HardwareIdentity {
  /// Whether it has a number of its own; cheap sticks all have the same few, or one digit over and over.
  fileprivate var isTelling: Bool {
    [serial, wwn].compactMap(\.self).contains { text in
      let digits = text.filter { $0.isLetter || $0.isNumber }
      return digits.count >= 4 && Set(digits).count > 2 && !Self.wellKnown.contains(digits.uppercased())
    }
  }

  /// Serial numbers that makers of controllers put in and makers of sticks leave in.
  private static var wellKnown: Set<String> {
    ["0123456789ABCDEF", "123456789ABC", "123456789012", "1234567890", "0123456789", "12345678", "DEADBEEF"]
  }
}
