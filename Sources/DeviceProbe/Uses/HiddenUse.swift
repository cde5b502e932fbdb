public import BlockIO

/// A use of a block device that neither `holders`, the mount table, `/proc/swaps` nor a loop device shows.
public struct HiddenUse: Hashable, Sendable {
  /// What uses the device.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A file system on it is alive in the kernel; the owner is its type, such as `ext4`.
    case fileSystem = "file-system"
    /// It is a member of a mounted file system of several devices; the owner is its type and UUID.
    case member
    /// It is the external journal of a mounted file system; the owner is the file system's type.
    case journal
    /// It is a log or real-time device of a mounted file system; the owner is the mount point.
    case auxiliary
    /// It holds a layer of an overlay; the owner is the overlay's mount point.
    case layer
    /// It is registered with bcache; the owner is the UUID of the cache set, empty where there is none.
    case cache
    /// udev says that it is one path of a multipath disk; the owner is empty.
    case multipathPath = "multipath-path"
    /// The kernel itself serves it to other machines; the owner is what serves it, in words.
    case exported
  }
  /// What uses the device.
  public var kind: Kind
  /// The device that is used.
  public var device: DeviceNumber
  /// Who uses it, by the kind; foreign text.
  public var owner: String
  /// Creates a use.
  public init(_ kind: Kind, of device: DeviceNumber, owner: String = "") {
    self.kind = kind
    self.device = device
    self.owner = owner
  }
}
