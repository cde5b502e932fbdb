package import DiskFormats

/// Facts on the first sector and the MBR partition table.
package struct MBRFacts: Hashable, Sendable {
  /// Whose boot code it is.
  package var code: BootCode.Kind
  /// The entries that describe blocks; empty where the bytes are no partition table.
  package var entries: [ImageReport.MBRSummary.Entry] = []
  /// Whether the four entries can be taken for a partition table.
  package var isTablePlausible = true
  /// Whether EDK2 takes the bytes of the partition table for one although they do not look like it.
  package var isTakenForTable = false
  /// Whether they are a table although a status byte is neither 0x00 nor 0x80.
  package var hasOddStatus = false
  /// How many of the four entries have bit 7 of the status byte set, empty ones among them.
  package var flaggedCount = 0
  /// What the boot code says it loads.
  package var target: Target?
  /// The first sectors of the partitions that generic boot code may start.
  package var active: [ActivePartition] = []
  /// Whether the disc lacks ldlinux.c32, without which isolinux.bin from version 5 on stops.
  package var lacksLdlinux = false
  /// What there is of grub4dos, where its boot code is.
  package var grub4DOS = GRUB4DOS()
  /// Whether an entry of type 0xEE begins at block 1.
  package var hasProtectiveEntry = false
  /// The logical partitions of an extended one, numbered from 5.
  package var logical: [ImageReport.MBRSummary.Entry] = []
  /// Whether a chain of logical partitions leads to where nothing can be looked at.
  package var isChainUnseen = false
  /// Whether a chain of logical partitions is longer than what is looked at.
  package var isChainCutShort = false
  /// The logical partitions that EDK2 does not find, by the way in which their chain is written.
  package var passedOver: Set<Int> = []
  /// Where a chain of logical partitions breaks or runs in a circle, in bytes.
  package var brokenChain: UInt64?
  /// Whether the sector begins like that of a FAT, but with impossible parameters.
  package var hasBrokenFAT = false
  /// The number of a partition that makes sense only with blocks of 4096 bytes.
  package var index4096: Int?
  /// Pairs of entries of a type other than 0x00 that share blocks.
  package var overlaps: [Pair] = []

  /// Starts with the boot code.
  package init(code: BootCode.Kind) { self.code = code }

  /// Two entries.
  package struct Pair: Hashable, Sendable {
    /// The index of the first, 1 to 4.
    package var first: Int
    /// The index of the second, 1 to 4.
    package var second: Int
    /// Creates a pair.
    package init(first: Int, second: Int) {
      self.first = first
      self.second = second
    }
  }

  /// The boot image that the code loads.
  package struct Target: Hashable, Sendable {
    /// Where the image that the pointer means begins, in bytes.
    package var offset: UInt64
    /// Where in the sector the pointer stands.
    package var pointerOffset: Int
    /// Whether it lies within the image.
    package var isInside = true
    /// Whether there is anything but zeroes.
    package var isBlank = false
    /// Whether it lies where nothing can be looked at.
    package var isUnseen = false
    /// Whether bytes 64–67 say that it is isolinux.bin made for isohybrid (FB C0 78 70).
    package var hasIsolinuxMagic = false
    /// The version of isolinux.bin before its first dot, as it says itself.
    package var isolinuxVersion: Int?
    /// What stands where the boot info table of isolinux.bin is.
    package var bootInfo: BootInfo?
    /// Whether the sector that the code loads is the header of a GPT.
    package var isGPTHeader = false
    /// Where GRUB's core goes on, in 512-byte blocks, as its first sector says that the code loads; nil where
    /// that sector is not GRUB's diskboot.img, or the beginning of a stage of GRUB legacy.
    package var coreBlock: UInt64?
    /// What is wrong with the rest of an installed GRUB's core, as its first sector lists that.
    package var coreFault: CoreFault?
    /// Creates the facts.
    package init(
      offset: UInt64, pointerOffset: Int, isInside: Bool = true, isBlank: Bool = false,
      hasIsolinuxMagic: Bool = false
    ) {
      self.offset = offset
      self.pointerOffset = pointerOffset
      self.isInside = isInside
      self.isBlank = isBlank
      self.hasIsolinuxMagic = hasIsolinuxMagic
    }
  }

  /// Why GRUB's core does not find the rest of itself.
  package enum CoreFault: Hashable, Sendable {
    /// Its list names blocks behind the end of the image.
    case behindEnd
    /// The first block in its list holds nothing but zeroes.
    case blank
  }

  /// The first fields of a boot info table, in blocks of 2048 bytes (mkisofs -boot-info-table).
  package struct BootInfo: Hashable, Sendable {
    /// Where the primary volume descriptor lies.
    package var volumeBlock: UInt32
    /// Where the boot image itself lies.
    package var imageBlock: UInt32
    /// Creates the fields.
    package init(volumeBlock: UInt32 = 16, imageBlock: UInt32) {
      self.volumeBlock = volumeBlock
      self.imageBlock = imageBlock
    }
  }

  /// What grub4dos's boot code goes on with.
  package struct GRUB4DOS: Hashable, Sendable {
    /// Whether the rest of it stands behind it; nil where that is not known.
    package var hasRest: Bool?
    /// The number of a partition that has the file GRLDR in its root directory.
    package var index: Int?
    /// Starts with nothing known.
    package init() {}
  }

  /// A partition that generic boot code may start.
  package struct ActivePartition: Hashable, Sendable {
    /// The number of the partition.
    package var index: Int
    /// Whether GPT attribute bit 2 marks it, instead of the active flag of an MBR entry.
    package var isGPT: Bool
    /// Its first sector.
    package var sector: BootSector
    /// Creates the facts.
    package init(index: Int, isGPT: Bool = false, sector: BootSector) {
      self.index = index
      self.isGPT = isGPT
      self.sector = sector
    }
  }
}

extension ImageReport.MBRSummary.Entry {
  /// Whether its type is that of a frame of logical partitions.
  package var isExtended: Bool { [0x05, 0x0F, 0x85].contains(type) }
}

/// What the first sector of a partition or of a superfloppy does when a BIOS starts it.
package enum BootSector: Hashable, Sendable {
  /// It lies behind the end or cannot be read.
  case missing
  /// It lies where nothing can be looked at.
  case unseen
  /// It lacks 55 AA or has no code.
  case noCode
  /// It has code only where others have the parameters of their file system.
  case shortCode
  /// It only prints that the medium does not boot.
  case stub
  /// It only starts the first sector of the first hard disk, which for a BIOS is the stick again.
  case hardDisk
  /// It is the first sector of the disk, whose program then starts itself again.
  case itself
  /// It is a program for the first sector of a disk, and its own partition table has no active partition.
  case withoutMark
  /// A loader that is known, by its name.
  case loader(String)
  /// A loader that is known, by its name, without the file that it looks for in the root directory.
  case withoutFile(loader: String, file: String)
  /// A loader that is known, by its name, whose file may be in a root directory that cannot be read whole.
  case unreadableRoot(loader: String, file: String)
  /// A loader that is known, by its name, the rest of which is not where it looks for it.
  case astray(loader: String)
  /// A loader that is known, by its name, of which it cannot be told whether it finds the rest of itself.
  case unsure(loader: String)
  /// A loader that is known, by its name, that counts blocks from the number of hidden sectors, which is not where
  /// its file system begins; whether it always does is certain of some only.
  case misplaced(loader: String, hidden: UInt64, isCertain: Bool)
  /// Code that is not known.
  case unknown
}

/// Facts on the GUID partition table.
package struct GPTFacts: Hashable, Sendable {
  /// What the report shows.
  package var summary: ImageReport.GPTSummary
  /// Where the header that was used lies, in bytes.
  package var headerOffset: UInt64
  /// Whether the primary header was found at all.
  package var hasPrimary = true
  /// Whether block 1 holds a header for blocks of the other length as well, by which some boot code goes.
  package var hasOtherPrimary = false
  /// Whether one of the copies passes every check that firmware makes.
  package var isUsable: Bool
  /// How many bytes an entry has where that is more than kernels read, and nothing else is wrong with the entries.
  package var longEntryByteCount: UInt32?
  /// Whether all checksums are right and only the end of the medium comes too early.
  package var isCutOff = false
  /// Where the disk that the table was made for ends, in bytes; nil for absurd numbers.
  package var expectedEnd: UInt64? = 0
  /// The partitions that end before they begin, or behind any possible disk.
  package var absurdIndexes: [Int] = []
  /// The partitions of type EFI system.
  package var espIndexes: Set<Int> = []
  /// The partitions with attribute bit 1, which firmware leaves alone.
  package var hiddenIndexes: Set<Int> = []
  /// The partitions that EDK2 passes over, as far as they are looked at.
  package var objections: [Int: GPTCopy.EntryObjection] = [:]
  /// Whether no copy but the backup is valid.
  package var isBackupOnly = false
  /// How many partitions there are, where those of the summary are only the first ones.
  package var partitionCount: Int?
  /// How long the list of the partitions is, in bytes, where it was not looked at for that.
  package var unreadByteCount: UInt64?
  /// The partitions with attribute bit 2, which gptmbr.bin starts.
  package var bootableIndexes: [Int] = []
  /// What the partition of type freebsd-boot begins with; nil where there is none.
  package var freeBSDBoot: Loader?
  /// Whether a partition of one of Apple's types is there.
  package var hasApplePartition = false

  /// What a partition for boot code begins with.
  package enum Loader: Hashable, Sendable {
    /// Something other than zeroes.
    case present
    /// Nothing but zeroes, or it lies behind the end.
    case blank
    /// It lies where nothing can be looked at.
    case unseen
  }

  /// Starts with what the table says.
  package init(summary: ImageReport.GPTSummary, headerOffset: UInt64 = 512) {
    self.summary = summary
    self.headerOffset = headerOffset
    isUsable = summary.headerValid && summary.entriesValid
  }
}
