public import BlockIO

/// Every block device of the machine and everything that uses one, at one moment; a value without verdicts.
///
/// What could not be read is nil or named in ``unreadable``: the rules treat unknown as the stricter case (R6).
public struct DeviceSnapshot: Hashable, Sendable {
  /// Every block device: disks, partitions, device-mapper, md, loop and the like.
  public var devices: [BlockDevice]
  /// Every mount, in burin's namespace and in those of other processes that could be looked into.
  public var mounts: [Mount]
  /// Every active swap area.
  public var swaps: [SwapArea]
  /// Every btrfs file system that is mounted, with all its members.
  public var btrfsVolumes: [BtrfsVolume]
  /// Every other use that is known of: see ``HiddenUse``.
  public var hiddenUses: [HiddenUse]
  /// The ZFS pools that are imported, by name; the kernel does not tell their devices.
  public var zfsPools: [String]
  /// The devices under paths that the system or this run needs: `/`, `/boot`, `/boot/efi`, `/usr`, `/var`,
  /// `/home`, the executable, the working directory, and the files this run reads or writes.
  public var anchors: [Anchor]
  /// The places where the system says that it needs a device, in use or not.
  public var claims: [SystemClaim] = []
  /// The sources that could not be read, such as `/proc/swaps`, with the reason.
  public var unreadable: [UnreadableSource]
  /// The disks that somebody has put on the list of those that are never written.
  public var protections: [Protection] = []
  /// What in those lists cannot be understood.
  public var protectionFaults: [ProtectionFault] = []

  /// Creates a snapshot from its parts.
  public init(
    devices: [BlockDevice] = [], mounts: [Mount] = [], swaps: [SwapArea] = [],
    btrfsVolumes: [BtrfsVolume] = [], hiddenUses: [HiddenUse] = [], zfsPools: [String] = [],
    anchors: [Anchor] = [], unreadable: [UnreadableSource] = []
  ) {
    self.devices = devices
    self.mounts = mounts
    self.swaps = swaps
    self.btrfsVolumes = btrfsVolumes
    self.hiddenUses = hiddenUses
    self.zfsPools = zfsPools
    self.anchors = anchors
    self.unreadable = unreadable
  }

  /// The device with a number.
  public subscript(number: DeviceNumber) -> BlockDevice? { devices.first { $0.number == number } }

  /// The partitions of a disk, in order of their numbers.
  public func partitions(of disk: DeviceNumber) -> [BlockDevice] {
    devices.filter { $0.partition?.disk == disk }
      .sorted { ($0.partition?.number ?? 0) < ($1.partition?.number ?? 0) }
  }
}

/// One block device as the kernel shows it in sysfs, with what udev and blkid add.
public struct BlockDevice: Hashable, Sendable {
  /// Its number, which is its identity within a snapshot.
  public var number: DeviceNumber
  /// The kernel's name, such as `sda`, `mmcblk0p1`, `dm-0`.
  public var name: String
  /// The node, such as `/dev/sda`.
  public var path: String
  /// Its place in sysfs below `/sys`, such as `devices/pci0000:00/…/block/sda`.
  public var sysfsPath: String
  /// Set for partitions.
  public var partition: PartitionPlace?
  /// How it is attached, by its ancestors in sysfs and nothing else.
  public var transport: Transport
  /// What it is made of, where it is made of others.
  public var virtual: VirtualKind?
  /// Its size in bytes; 0 without a medium; nil if unreadable.
  public var byteCount: UInt64?
  /// The smallest addressable unit in bytes; nil if unreadable.
  public var logicalBlockSize: Int?
  /// The smallest unit written at once in bytes; nil if unreadable.
  public var physicalBlockSize: Int?
  /// Whether it refuses writes; nil if unreadable.
  public var isReadOnly: Bool?
  /// Whether the medium can leave the drive, by the kernel's `removable`.
  ///
  /// Nil if unreadable. It never relaxes a rule.
  public var isRemovable: Bool?
  /// Whether it says that its medium rotates, or could not be asked; nil if unreadable.
  public var isRotational: Bool?
  /// `hidden`: a path of a multipath NVMe namespace.
  public var isHidden: Bool
  /// `queue/zoned` other than `none`.
  public var isZoned: Bool
  /// Grows with every disk and every medium; nil before Linux 5.15.
  public var diskSequence: UInt64?
  /// The devices built on this one (`holders`).
  public var holders: [DeviceNumber]
  /// The devices that this one is built on (`slaves`).
  public var slaves: [DeviceNumber]
  /// Vendor, model, serial and the like: foreign text, never decides anything.
  public var identity: HardwareIdentity
  /// The USB device it hangs on, where it is one.
  public var usb: USBPlace?
  /// `device/type` of an MMC host: `SD` or `MMC`.
  public var mmcType: String?
  /// The disk that it is a separate hardware area of: `boot0`, `boot1` and `gp*` of an eMMC.
  public var mainArea: DeviceNumber?
  /// What udevd has noted; nil where it does not know the device.
  public var udev: UdevNotes?
  /// What libblkid finds on it; nil if it was not probed or could not be.
  public var contents: Contents?

  /// Creates a device of which only number, name and place are known.
  public init(number: DeviceNumber, name: String, path: String, sysfsPath: String, transport: Transport) {
    self.number = number
    self.name = name
    self.path = path
    self.sysfsPath = sysfsPath
    self.transport = transport
    isHidden = false
    isZoned = false
    holders = []
    slaves = []
    identity = HardwareIdentity()
  }

  /// Whether it is a whole disk, not a partition.
  public var isWholeDisk: Bool { partition == nil }
}

/// Where a partition lies.
public struct PartitionPlace: Hashable, Sendable {
  /// The disk it is part of.
  public var disk: DeviceNumber
  /// Its number, 1-based.
  public var number: Int
  /// Its first byte on the disk; nil if unreadable.
  public var start: UInt64?
  /// Creates a place.
  public init(disk: DeviceNumber, number: Int, start: UInt64?) {
    self.disk = disk
    self.number = number
    self.start = start
  }
}

/// How a disk is attached, decided by its ancestors in sysfs.
public enum Transport: String, Hashable, Sendable, CaseIterable {
  case usb, sd, mmc, sata, nvme, virtio, thunderbolt, scsi, loop, virtual, optical, floppy, network, other
}

/// Block devices that stand for other block devices or for files.
public enum VirtualKind: Hashable, Sendable {
  /// Device-mapper, with its name and UUID (`LVM-…`, `CRYPT-LUKS2-…`, `mpath-…`).
  case deviceMapper(name: String, uuid: String)
  /// A software array, with `md/level` and `md/array_state`.
  case md(level: String, state: String)
  /// A loop device: the path as the kernel remembers it, the file system the file lives on, and the
  /// block device it reads from where it is backed by one.
  case loop(path: String, fileSystem: DeviceNumber?, node: DeviceNumber?)
  /// A loop device to which nothing is attached.
  case idleLoop
  /// zram, ram disks, nbd, drbd, bcache, zd and anything else without hardware, by the driver's name.
  case other(String)
}

/// What hardware says of itself; foreign text.
public struct HardwareIdentity: Hashable, Sendable {
  /// The vendor, trimmed.
  public var vendor: String?
  /// The model, trimmed.
  public var model: String?
  /// The serial number, trimmed.
  public var serial: String?
  /// The world wide name.
  public var wwn: String?
  /// Creates an identity.
  public init(vendor: String? = nil, model: String? = nil, serial: String? = nil, wwn: String? = nil) {
    self.vendor = vendor
    self.model = model
    self.serial = serial
    self.wwn = wwn
  }
}

/// The USB device above a disk.
public struct USBPlace: Hashable, Sendable {
  /// The port path, such as `1-1.2`.
  public var port: String
  /// The negotiated speed in Mbit/s: 1.5, 12, 480, 5000, 10000, 20000; nil if unreadable.
  public var speed: Double?
  /// The USB version that the device states, such as `3.20`.
  public var version: String?
  /// The vendor number, four hexadecimal digits.
  public var vendorID: String?
  /// The product number, four hexadecimal digits.
  public var productID: String?
  /// The kernel's `removable` of the USB device: `removable`, `fixed` or `unknown`.
  public var removable: String?
  /// The driver of the interface: `usb-storage` or `uas`.
  public var driver: String?
  /// Creates a place.
  public init(port: String) { self.port = port }
}

/// What udevd has noted about a device; foreign text.
public struct UdevNotes: Hashable, Sendable {
  /// When udevd saw the device first, in microseconds since the start of the system (`USEC_INITIALIZED`).
  public var initialized: String?
  /// The ID of its partition table: a GUID for a GPT.
  public var tableUUID: String?
  /// The UUID of the file system on it.
  public var fileSystemUUID: String?
  /// Creates notes.
  public init(initialized: String? = nil, tableUUID: String? = nil, fileSystemUUID: String? = nil) {
    self.initialized = initialized
    self.tableUUID = tableUUID
    self.fileSystemUUID = fileSystemUUID
  }
}

/// What libblkid finds on a device without its holders' help.
public struct Contents: Hashable, Sendable {
  /// The partition table.
  public enum Table: String, Hashable, Sendable { case gpt, mbr, apm, other, none, unknown }
  /// One entry of the partition table.
  public struct Partition: Hashable, Sendable {
    /// Its number, 1-based.
    public var number: Int
    /// Its first byte on the disk.
    public var start: UInt64
    /// Its length in bytes.
    public var byteCount: UInt64
    /// The type: a GUID or `0x0c`.
    public var type: String
    /// The name in the table, foreign text.
    public var name: String?
    /// The file system or other signature in it, such as `vfat` or `crypto_LUKS`.
    public var fileSystem: String?
    /// The file system's label, foreign text.
    public var label: String?
    /// The file system's UUID, foreign text.
    public var uuid: String?
    /// What a write would destroy in it; nil if it was not looked into.
    public var evidence: ContentEvidence?
    /// The bytes in use where cheaply known; a part of the evidence.
    public var usedBytes: UInt64? {
      get { evidence?.usedBytes }
      set {
        guard newValue != nil || evidence != nil else { return }
        evidence = evidence ?? ContentEvidence(.data)
        evidence?.usedBytes = newValue
      }
    }
    /// Creates a partition.
    public init(number: Int, start: UInt64, byteCount: UInt64, type: String) {
      self.number = number
      self.start = start
      self.byteCount = byteCount
      self.type = type
    }
  }
  /// The kind of partition table; `unknown` where libblkid is ambivalent or reading failed.
  public var table: Table
  /// The ID of the table: a GUID for a GPT, eight digits for an MBR; foreign text.
  public var tableUUID: String?
  /// The entries of the table.
  public var partitions: [Partition]
  /// The file system or signature of the whole device where it has no table (or beside it).
  public var fileSystem: String?
  /// Its label, foreign text.
  public var label: String?
  /// Its UUID, foreign text.
  public var uuid: String?
  /// Whether several signatures contradict each other: unknown content, never empty.
  public var isAmbivalent: Bool
  /// What a write would destroy of the whole beside its partitions; nil if nothing of its own was looked at.
  public var evidence: ContentEvidence?
  /// Creates contents.
  public init(table: Table, partitions: [Partition] = []) {
    self.table = table
    self.partitions = partitions
    isAmbivalent = false
  }
}

/// A mount as `/proc/PID/mountinfo` shows it.
public struct Mount: Hashable, Sendable {
  /// The number of the mounted device; anonymous (major 0) for btrfs, overlay and the like.
  public var device: DeviceNumber
  /// Where it is mounted, unescaped.
  public var mountPoint: String
  /// The directory of the file system that is mounted, `/` unless it is a bind mount.
  public var root: String
  /// The file system's type.
  public var fileSystem: String
  /// The source as given to mount, unescaped; informative only.
  public var source: String
  /// The super block's options, such as `lowerdir=…`.
  public var options: String
  /// A process of another mount namespace in which it is seen; nil for burin's own.
  public var process: ProcessName?
  /// Creates a mount.
  public init(
    device: DeviceNumber, mountPoint: String, root: String, fileSystem: String, source: String,
    options: String, process: ProcessName? = nil
  ) {
    self.device = device
    self.mountPoint = mountPoint
    self.root = root
    self.fileSystem = fileSystem
    self.source = source
    self.options = options
    self.process = process
  }
}

/// A process by number and by what it calls itself.
public struct ProcessName: Hashable, Sendable {
  /// Its number.
  public var id: Int
  /// `/proc/PID/comm`, foreign text.
  public var command: String
  /// Creates a name.
  public init(id: Int, command: String) {
    self.id = id
    self.command = command
  }
}

/// A line of `/proc/swaps`.
public struct SwapArea: Hashable, Sendable {
  /// The file or node, unescaped.
  public var path: String
  /// The device that is swapped to, for a file the device of its file system; nil if it cannot be told.
  public var device: DeviceNumber?
  /// Whether it is a file on a file system.
  public var isFile: Bool
  /// Creates an area.
  public init(path: String, device: DeviceNumber?, isFile: Bool) {
    self.path = path
    self.device = device
    self.isFile = isFile
  }
}

/// A btrfs file system with all its members, which mountinfo does not show.
public struct BtrfsVolume: Hashable, Sendable {
  /// The file system's UUID.
  public var uuid: String
  /// Every member.
  public var members: [DeviceNumber]
  /// Creates a volume.
  public init(uuid: String, members: [DeviceNumber]) {
    self.uuid = uuid
    self.members = members
  }
}

/// Something that the system or this run needs, and the block devices directly under it.
public struct Anchor: Hashable, Sendable {
  /// What it is for.
  public enum Purpose: String, Hashable, Sendable {
    case systemDirectory, executable, library, workingDirectory, image, output
  }
  /// What it is for.
  public var purpose: Purpose
  /// The path concerned.
  public var path: String
  /// The block devices that its file system lives on; the rules walk on from there.
  public var devices: [DeviceNumber]
  /// Creates an anchor.
  public init(purpose: Purpose, path: String, devices: [DeviceNumber]) {
    self.purpose = purpose
    self.path = path
    self.devices = devices
  }
}

/// A source of facts that could not be read.
public struct UnreadableSource: Hashable, Sendable {
  /// The file concerned, such as `/proc/swaps`.
  public var path: String
  /// Why.
  public var reason: String
  /// Creates an entry.
  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}
