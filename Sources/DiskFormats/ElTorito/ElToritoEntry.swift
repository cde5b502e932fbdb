/// One entry of a boot catalog: the initial one or one of a section (El Torito 1.0 figures 3 and 5).
public struct ElToritoEntry: Hashable, Sendable {
  /// For whose firmware an entry is, the platform byte of the validation entry or section header.
  public enum Platform: Hashable, Sendable {
    /// 0x00: x86 with a BIOS.
    case bios
    /// 0x01: PowerPC.
    case powerPC
    /// 0x02: Macintosh.
    case macintosh
    /// 0xEF: UEFI (UEFI 2.10 section 13.3.2.1).
    case uefi
    /// Anything else, which no specification defines.
    case other(UInt8)

    /// Takes the byte.
    public init(_ byte: UInt8) {
      self =
        switch byte {
        case 0x00: .bios
        case 0x01: .powerPC
        case 0x02: .macintosh
        case 0xEF: .uefi
        default: .other(byte)
        }
    }
  }

  /// What the firmware presents the boot image as, the low four bits of byte 1.
  public enum Emulation: Hashable, Sendable {
    /// 0: nothing, the image is loaded and started.
    case none
    /// 1: a floppy of 1.2 MB.
    case floppy1200
    /// 2: a floppy of 1.44 MB.
    case floppy1440
    /// 3: a floppy of 2.88 MB.
    case floppy2880
    /// 4: a hard disk with an MBR.
    case hardDisk
    /// Anything else, which the specification does not define.
    case other(UInt8)

    /// Takes the media byte.
    public init(_ byte: UInt8) {
      self =
        switch byte & 0x0F {
        case 0: .none
        case 1: .floppy1200
        case 2: .floppy1440
        case 3: .floppy2880
        case 4: .hardDisk
        default: .other(byte & 0x0F)
        }
    }

    /// The size of the emulated floppy in bytes; nil for everything else.
    public var floppyByteCount: UInt64? {
      switch self {
      case .floppy1200: 1_228_800
      case .floppy1440: 1_474_560
      case .floppy2880: 2_949_120
      case .none, .hardDisk, .other: nil
      }
    }
  }

  /// Where the entry lies, in bytes.
  public let offset: UInt64
  /// For whose firmware it is.
  public let platform: Platform
  /// Whether byte 0 is 0x88; 0x00 marks an entry that is not to be started.
  public let isBootable: Bool
  /// What the boot image is presented as.
  public let emulation: Emulation
  /// The real-mode segment of bytes 2–3; 0 means 0x7C0.
  public let loadSegment: UInt16
  /// Byte 4: the partition type of the emulated hard disk.
  public let systemType: UInt8
  /// Bytes 6–7: how many sectors of 512 bytes are loaded; 0 or 1 means to the end for UEFI.
  public let sectorCount: UInt16
  /// Bytes 8–11: where the boot image begins, in blocks of 2048 bytes.
  public let loadLBA: UInt32

  /// Parses the 32 bytes of an entry.
  init(parsing reader: ByteReader, platform: Platform) throws(FormatError) {
    offset = reader.base
    self.platform = platform
    isBootable = try reader.byte(at: 0) == 0x88
    emulation = Emulation(try reader.byte(at: 1))
    loadSegment = try reader.littleEndian(at: 2)
    systemType = try reader.byte(at: 4)
    sectorCount = try reader.littleEndian(at: 6)
    loadLBA = try reader.littleEndian(at: 8)
  }

  /// Where the boot image begins, in bytes.
  public var loadOffset: UInt64 { UInt64(loadLBA) * 2048 }
}
