public import BlockIO

/// What was confirmed: one medium in one drive, as its open descriptor shows it.
public struct TargetIdentity: Hashable, Sendable {
  /// What kind of target it is.
  public enum Kind: Hashable, Sendable {
    /// A block device, by its number.
    case disk(DeviceNumber)
    /// A regular file that stands for a stick (`file:PATH`), by its inode.
    case virtualStick(fileSystem: DeviceNumber, inode: UInt64)
  }

  /// What kind of target it is.
  public let kind: Kind
  /// The path that it was opened by, for messages.
  public let path: String
  /// The name to call it by: vendor and model, or the file's name; foreign text.
  public let name: String
  /// The ID that `list` shows and that is typed to confirm; for a virtual stick `file:PATH` as given.
  public let id: String
  /// Size, block sizes, read-only and diskseq at the time of opening.
  public let geometry: BlockGeometry

  /// Creates an identity.
  public init(kind: Kind, path: String, name: String, id: String, geometry: BlockGeometry) {
    self.kind = kind
    self.path = path
    self.name = name
    self.id = id
    self.geometry = geometry
  }

  /// Whether it is a file that stands for a stick.
  public var isVirtual: Bool {
    if case .virtualStick = kind { true } else { false }
  }
}

/// What differs from the identity that was confirmed (R29).
public enum IdentityChange: Hashable, Sendable {
  /// Another device or file is behind the descriptor's node.
  case device
  /// Another medium is in the drive.
  case medium(expected: UInt64?, found: UInt64?)
  /// The size is another, in bytes.
  case size(expected: UInt64, found: UInt64)
  /// The block sizes are others.
  case blockSize
  /// It refuses writes now.
  case readOnly
}
