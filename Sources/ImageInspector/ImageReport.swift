/// Everything that an inspection found out about an image or a medium.
///
/// A value, with no words of advice beyond the findings.
public struct ImageReport: Hashable, Sendable {
  /// What the bytes are as a whole.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// An ISO 9660 volume, UDF bridges included.
    case iso9660
    /// A UDF volume without ISO 9660.
    case udf
    /// A disk with a partition table.
    case disk
    /// A file system that begins at byte 0, without a partition table.
    case superfloppy
    /// A compressed stream or an archive.
    case compressed
    /// A disk container such as qcow2, which is not the disk's bytes.
    case container
    /// Nothing that boots and nothing that is known.
    case unknown
  }

  /// What to do with the image so that a stick boots.
  public enum Verdict: String, Hashable, Sendable, CaseIterable {
    /// Write the bytes as they are.
    case raw
    /// Copy the files onto a FAT32 stick.
    case fileCopy = "file-copy"
    /// Decompress first.
    case decompress
    /// Convert the container first.
    case convert
    /// Nothing in it boots.
    case notBootable = "not-bootable"
    /// Damaged or not an image at all.
    case refuse
  }

  /// The container or compression found by content, such as `gzip`, `zip`, `qcow2`; nil for plain bytes.
  public var compression: String?
  /// The length of the file or the medium in bytes; everything else is about what a packed one unpacks to.
  public var byteCount: UInt64
  /// What it unpacks to while it is written; nil for what is written as it is.
  public var unpacked: Unpacked?
  /// What the bytes are.
  public var kind: Kind
  /// The file system at byte 0 of a superfloppy or the container's name, where known; informative.
  public var content: String?
  /// The ISO 9660 or UDF volume, where there is one.
  public var volume: Volume?
  /// The El Torito boot catalog, where there is one.
  public var elTorito: ElToritoSummary?
  /// The master boot record, where byte 510 has its signature.
  public var mbr: MBRSummary?
  /// The GUID partition table, where a primary or a backup header is found.
  public var gpt: GPTSummary?
  /// The Apple partition map, where there is one.
  public var apm: APMSummary?
  /// Every EFI loader found at a place where firmware looks for it.
  public var efi: [EFILoader]
  /// How many bytes the structures say should follow the end of the file; 0 for a whole image.
  public var truncatedBy: UInt64
  /// Where it boots.
  public var boots: BootVerdicts
  /// What to do with it.
  public var verdict: Verdict
  /// Everything worth telling, in the order of importance.
  public var findings: [Finding]
  /// Where its file systems change when they are mounted.
  public var mountTraces = MountTraces()

  /// Creates a report on bytes of which nothing is known yet.
  public init(byteCount: UInt64) {
    self.byteCount = byteCount
    kind = .unknown
    efi = []
    truncatedBy = 0
    boots = BootVerdicts()
    verdict = .notBootable
    findings = []
  }
}

extension ImageReport {
  /// What a compressed image unpacks to.
  public struct Unpacked: Hashable, Sendable {
    /// What the bytes are.
    public var kind: Kind
    /// The length in bytes: exact where all of it was looked at, else what the file says of itself; nil where
    /// that is nothing.
    public var byteCount: UInt64?
    /// How many bytes from the start were looked at.
    public var seenByteCount: UInt64
    /// The member of an archive that it is, foreign text; nil where there is no archive.
    public var member: String?

    /// Creates a summary.
    public init(kind: Kind, byteCount: UInt64?, seenByteCount: UInt64, member: String? = nil) {
      self.member = member
      self.kind = kind
      self.byteCount = byteCount
      self.seenByteCount = seenByteCount
    }
  }

  /// The length of what comes to lie on a medium, in bytes; nil where it is not known.
  public var rawByteCount: UInt64? {
    guard let unpacked else { return byteCount }
    return unpacked.byteCount
  }
  /// What comes to lie on a medium.
  public var rawKind: Kind { unpacked?.kind ?? kind }

  /// The volume descriptors of ISO 9660 and UDF.
  public struct Volume: Hashable, Sendable {
    /// The volume identifier, foreign text.
    public var identifier: String
    /// The system identifier, foreign text.
    public var systemIdentifier: String
    /// The publisher identifier, foreign text.
    public var publisher: String
    /// The creation date as `2026-01-31T12:00:00Z` with the zone of the volume; nil where unset or invalid.
    public var created: String?
    /// The volume space size in blocks of 2048 bytes.
    public var blocks: UInt64
    /// The Joliet level, 1 to 3; nil without Joliet.
    public var joliet: Int?
    /// Whether the primary tree carries Rock Ridge.
    public var rockRidge: Bool
    /// The UDF revision as `1.02`, where UDF is recognised.
    public var udf: String?

    /// Creates a volume summary.
    public init(
      identifier: String, systemIdentifier: String, publisher: String, created: String?, blocks: UInt64,
      joliet: Int?, rockRidge: Bool, udf: String?
    ) {
      self.identifier = identifier
      self.systemIdentifier = systemIdentifier
      self.publisher = publisher
      self.created = created
      self.blocks = blocks
      self.joliet = joliet
      self.rockRidge = rockRidge
      self.udf = udf
    }
  }

  /// The El Torito boot catalog (El Torito 1.0).
  public struct ElToritoSummary: Hashable, Sendable {
    /// For whose firmware an entry is.
    public enum Platform: String, Hashable, Sendable { case bios, uefi, ppc, mac, other }
    /// What the firmware pretends the boot image to be.
    public enum Emulation: String, Hashable, Sendable {
      case none, floppy12 = "floppy-1.2M", floppy144 = "floppy-1.44M", floppy288 = "floppy-2.88M"
      case hardDisk = "hard-disk", other
    }
    /// One initial or section entry.
    public struct Entry: Hashable, Sendable {
      /// For whose firmware it is.
      public var platform: Platform
      /// Whether it is marked bootable (0x88).
      public var bootable: Bool
      /// What the boot image is presented as.
      public var emulation: Emulation
      /// The real-mode segment it is loaded at; 0 means 0x7C0.
      public var loadSegment: UInt16
      /// How many 512-byte sectors the firmware loads.
      public var sectorCount: UInt16
      /// Where the boot image begins, in blocks of 2048 bytes.
      public var lba: UInt32
      /// Creates an entry.
      public init(
        platform: Platform, bootable: Bool, emulation: Emulation, loadSegment: UInt16, sectorCount: UInt16,
        lba: UInt32
      ) {
        self.platform = platform
        self.bootable = bootable
        self.emulation = emulation
        self.loadSegment = loadSegment
        self.sectorCount = sectorCount
        self.lba = lba
      }
    }
    /// Where the catalog lies, in blocks of 2048 bytes.
    public var catalogLBA: UInt32
    /// Whether the words of the validation entry add up to 0; nil where they were not looked at.
    public var checksumValid: Bool?
    /// Every entry of every section, in order.
    public var entries: [Entry]
    /// Creates a summary.
    public init(catalogLBA: UInt32, checksumValid: Bool?, entries: [Entry]) {
      self.catalogLBA = catalogLBA
      self.checksumValid = checksumValid
      self.entries = entries
    }
  }

  /// The master boot record.
  public struct MBRSummary: Hashable, Sendable {
    /// One of the four entries, if it is not empty, or a logical partition.
    public struct Entry: Hashable, Sendable {
      /// 1 to 4, and from 5 on for logical partitions, as in device names.
      public var index: Int
      /// Whether the status byte is 0x80.
      public var active: Bool
      /// The partition type.
      public var type: UInt8
      /// The first block, in logical blocks (512 bytes unless the GPT says otherwise).
      public var startLBA: UInt32
      /// The length in logical blocks.
      public var sectors: UInt32
      /// Creates an entry.
      public init(index: Int, active: Bool, type: UInt8, startLBA: UInt32, sectors: UInt32) {
        self.index = index
        self.active = active
        self.type = type
        self.startLBA = startLBA
        self.sectors = sectors
      }
    }
    /// Whose boot code it is: `isolinux-isohybrid`, `grub-hybrid`, `grub`, `memtest`, `syslinux`,
    /// `windows`, `fat`, `unknown`, …; nil where there is no code.
    public var loader: String?
    /// The non-empty entries.
    public var entries: [Entry]
    /// Creates a summary.
    public init(loader: String?, entries: [Entry]) {
      self.loader = loader
      self.entries = entries
    }
  }

  /// The GUID partition table.
  public struct GPTSummary: Hashable, Sendable {
    /// In what state the backup header is.
    public enum Backup: String, Hashable, Sendable {
      case ok, missing, misplaced, invalid
      /// The end of the medium was not looked at.
      case unseen = "unknown"
    }
    /// One used entry.
    public struct Partition: Hashable, Sendable {
      /// 1-based, as in device names.
      public var index: Int
      /// The type GUID in capital letters.
      public var typeGUID: String
      /// The name, foreign text.
      public var name: String
      /// The first block.
      public var firstLBA: UInt64
      /// The last block, inclusive.
      public var lastLBA: UInt64
      /// Creates a partition.
      public init(index: Int, typeGUID: String, name: String, firstLBA: UInt64, lastLBA: UInt64) {
        self.index = index
        self.typeGUID = typeGUID
        self.name = name
        self.firstLBA = firstLBA
        self.lastLBA = lastLBA
      }
    }
    /// Whether the primary header passes every check.
    public var headerValid: Bool
    /// Whether the entry array's checksum is right.
    public var entriesValid: Bool
    /// The state of the backup header.
    public var backup: Backup
    /// The block size that the table is made for: 512 or 4096 bytes.
    public var sectorSize: Int
    /// The used entries.
    public var partitions: [Partition]
    /// Creates a summary.
    public init(
      headerValid: Bool, entriesValid: Bool, backup: Backup, sectorSize: Int, partitions: [Partition]
    ) {
      self.headerValid = headerValid
      self.entriesValid = entriesValid
      self.backup = backup
      self.sectorSize = sectorSize
      self.partitions = partitions
    }
  }

  /// The Apple partition map.
  public struct APMSummary: Hashable, Sendable {
    /// One entry of the map.
    public struct Partition: Hashable, Sendable {
      /// The name, foreign text.
      public var name: String
      /// The type, such as `Apple_HFS`, foreign text.
      public var type: String
      /// The first block, in the map's block size.
      public var start: UInt32
      /// The length, in the map's block size.
      public var blocks: UInt32
      /// Creates a partition.
      public init(name: String, type: String, start: UInt32, blocks: UInt32) {
        self.name = name
        self.type = type
        self.start = start
        self.blocks = blocks
      }
    }
    /// The block size that Block0 states, in bytes.
    public var blockSize: Int
    /// The entries.
    public var partitions: [Partition]
    /// Creates a summary.
    public init(blockSize: Int, partitions: [Partition]) {
      self.blockSize = blockSize
      self.partitions = partitions
    }
  }

  /// A processor architecture that UEFI names a loader after (UEFI 2.10 section 3.5.1.1).
  public enum Architecture: String, Hashable, Sendable, CaseIterable, Comparable {
    case x64, ia32, aa64, arm, riscv64, loongarch64
    /// Orders as declared: the commonest first.
    public static func < (left: Architecture, right: Architecture) -> Bool {
      let order = allCases
      return (order.firstIndex(of: left) ?? 0) < (order.firstIndex(of: right) ?? 0)
    }
  }

  /// A program that UEFI firmware starts from a removable medium.
  public struct EFILoader: Hashable, Sendable {
    /// Where it was found.
    public enum Place: String, Hashable, Sendable { case esp, iso, udf }
    /// Its path, foreign text.
    public var path: String
    /// Where it was found.
    public var place: Place
    /// What its PE header says it is for; nil if it is no PE file for a known machine.
    public var architecture: Architecture?
    /// Whether it carries a signature (that it is trusted is for the firmware to say).
    public var signed: Bool
    /// Creates a loader.
    public init(path: String, place: Place, architecture: Architecture?, signed: Bool) {
      self.path = path
      self.place = place
      self.architecture = architecture
      self.signed = signed
    }
  }

  /// Where an image boots.
  public struct BootVerdicts: Hashable, Sendable {
    /// One answer and its reason.
    public struct Answer: Hashable, Sendable {
      /// Yes, no, or that it depends on the firmware.
      public enum Value: String, Hashable, Sendable { case yes, no, unknown }
      /// The answer.
      public var value: Value
      /// The evidence for a yes, the reason for a no or an unknown: one line in plain words.
      public var evidence: String
      /// Creates an answer.
      public init(_ value: Value, _ evidence: String) {
        self.value = value
        self.evidence = evidence
      }
    }
    /// Written raw onto a stick, BIOS (or UEFI with CSM).
    public var stickBIOS = Answer(.no, "nothing was found that a BIOS starts")
    /// Written raw onto a stick, UEFI.
    public var stickUEFI = Answer(.no, "nothing was found that UEFI starts")
    /// The architectures for which `stickUEFI` holds.
    public var uefiArchitectures: [Architecture] = []
    /// Burnt onto a disc, BIOS.
    public var discBIOS = Answer(.no, "there is no El Torito entry for a BIOS")
    /// Burnt onto a disc, UEFI.
    public var discUEFI = Answer(.no, "there is no El Torito entry for UEFI")
    /// Whether the loaders that UEFI would start are all signed: what Secure Boot needs at least.
    public var secureBoot = Answer(.no, "nothing was found that UEFI starts")
    /// Creates verdicts that nothing boots.
    public init() {}
  }

  /// Something worth telling, with where it was seen.
  public struct Finding: Hashable, Sendable {
    /// How much it matters.
    public enum Severity: String, Hashable, Sendable { case note, warning, error }
    /// A stable name, such as `truncated` or `gpt-4096`.
    public var id: String
    /// How much it matters.
    public var severity: Severity
    /// What it means and what to do, in plain words; foreign text inside is sanitised where it is shown.
    public var text: String
    /// The byte it was seen at, where it has a place.
    public var offset: UInt64?
    /// Creates a finding.
    public init(_ id: String, _ severity: Severity, _ text: String, offset: UInt64? = nil) {
      self.id = id
      self.severity = severity
      self.text = text
      self.offset = offset
    }
  }
}
