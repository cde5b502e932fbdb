public import BlockIO

/// A place where the system says that it needs a block device, whether or not the device is in use now.
///
/// A claim names a device by a tag, and all devices that carry the tag are claimed: a clone carries the tags
/// of its original.
public struct SystemClaim: Hashable, Sendable {
  /// What the device is needed for.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The partition of the loader that the firmware started (`BootCurrent`).
    case firmware
    /// The partition that the boot loader says it came from (`LoaderDevicePartUUID`).
    case loader
    /// The disk that a BIOS calls its first.
    case bios
    /// Where the system hibernates to.
    case hibernation
    /// The root file system, as the kernel was told.
    case root
    /// Something else that the kernel command line names.
    case startup
    /// The medium of a live system.
    case live
    /// No device: the live system was told to copy itself into memory.
    case memory
    /// Something that the configuration names, mounted or not.
    case configuration
  }

  /// How the device is named.
  public struct Tag: Hashable, Sendable {
    /// What the value is.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
      /// UUID of a file system or of a LUKS container.
      case uuid
      /// As `uuid`, but only its beginning need be given (rd.luks.uuid in dracut.cmdline(7)).
      case uuidPrefix = "uuid-prefix"
      /// Label of a file system.
      case label
      /// UUID of a partition; of an MBR's the disk's signature and the number, `1a2b3c4d-01`.
      case partUUID = "partuuid"
      /// Name of a partition in its table.
      case partLabel = "partlabel"
      /// UUID of a partition table; of an MBR the disk's signature, eight digits.
      case table
      /// UUID of an md array, which all members carry.
      case array
      /// UUID of an LVM physical volume, without hyphens.
      case physicalVolume = "pv"
      /// Name of a logical volume, `group/volume`.
      case logicalVolume = "lv"
      /// World wide name or serial number of a disk.
      case hardware
      /// A path in `/dev`.
      case path
      /// A device number, `8:17`.
      case number
      /// Nothing that names a device.
      case none
    }
    /// What the value is.
    public var kind: Kind
    /// The value, foreign text.
    public var value: String
    /// Creates a tag.
    public init(_ kind: Kind, _ value: String) {
      self.kind = kind
      self.value = value
    }
  }

  /// What the device is needed for.
  public var kind: Kind
  /// The file that says so.
  public var source: String
  /// The line or the value in it, shortened.
  public var text: String
  /// How it names the device.
  public var tag: Tag
  /// The devices that carry the tag; more than one where a disk was cloned.
  public var devices: [DeviceNumber]

  /// The longest text that is quoted, in Unicode scalars.
  private static let textLimit = 160

  /// Creates a claim; a text that is too long to quote is shortened.
  public init(_ kind: Kind, source: String, text: String, tag: Tag, devices: [DeviceNumber] = []) {
    self.kind = kind
    self.source = source
    self.text =
      text.unicodeScalars.count > Self.textLimit
      ? String(text.unicodeScalars.prefix(Self.textLimit - 1)) + "…" : text
    self.tag = tag
    self.devices = devices
  }
}

extension UnreadableSource {
  /// Whether the source says what the system needs, not what is in use.
  ///
  /// Without it a disk may be needed unseen, but what the kernel itself uses is still known.
  public var isClaimSource: Bool {
    ["/etc/", "/run/", "/sys/firmware/", "/sys/power/", "/proc/cmdline"].contains { path.hasPrefix($0) }
  }
}
