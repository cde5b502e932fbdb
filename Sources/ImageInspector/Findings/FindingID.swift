/// The stable names of all findings, as JSON and the manual have them.
public enum FindingID: String, Hashable, Sendable, CaseIterable {
  // The bytes as a whole.
  /// The file has no byte.
  case empty
  /// The file is shorter than a sector.
  case tooShort = "too-short"
  /// There are only zeroes.
  case allZeroes = "all-zeroes"
  /// It must be decompressed or unpacked first.
  case compressed
  /// What it unpacks to is packed itself.
  case packedInside = "packed-inside"
  // Why it cannot be unpacked: the names are those of the errors that `write` and `check` report of the same.
  /// It makes no sense or has a wrong checksum.
  case packedDamaged = "packed-damaged"
  /// It ends in the middle.
  case packedTruncated = "packed-truncated"
  /// Something that does not belong to it follows.
  case packedTrailing = "packed-trailing"
  /// It asks for more memory than it gets, though it may be whole.
  case packedTooDemanding = "packed-too-demanding"
  /// It is packed in a way that is not known, though it may be whole.
  case packedUnsupported = "packed-unsupported"
  /// No member of an archive has any content.
  case archiveEmpty = "archive-empty"
  /// Several members of an archive could be the image.
  case archiveAmbiguous = "archive-ambiguous"
  /// The member that was named is not there.
  case memberNotFound = "member-not-found"
  /// A password is needed.
  case archiveEncrypted = "archive-encrypted"
  /// An archive with its directory at the end is inside of something else.
  case archiveNested = "archive-nested"
  /// The container of a disk makes no sense.
  case containerDamaged = "container-damaged"
  /// The container of a disk needs what is not there, though it may be whole.
  case containerUnsupported = "container-unsupported"
  /// Only the beginning of what it unpacks to was looked at.
  case partlySeen = "partly-seen"
  /// It must be converted first.
  case container
  /// It is a container that nobody closed properly.
  case containerNotClosed = "container-not-closed"
  /// It is a container that keeps older states of its disk.
  case containerSnapshots = "container-snapshots"
  /// It is a disc in raw sectors, and the last ones hold no data and are left out.
  case containerTrailer = "container-trailer"
  /// It is something that nobody boots.
  case notAnImage = "not-an-image"
  /// Nothing in it is known.
  case unknownContent = "unknown-content"
  /// It only holds data.
  case dataOnly = "data-only"
  /// The file became shorter while it was read.
  case shrunk
  /// Its structures ask for more reading than any honest image does.
  case tooComplex = "too-complex"
  /// The end is missing.
  case truncated
  /// Only the padding behind the last file is missing.
  case paddingMissing = "padding-missing"

  // ISO 9660 and UDF.
  /// A disc of High Sierra or CD-i.
  case otherDiscFormat = "other-disc-format"
  /// No descriptor ends the set.
  case descriptorsUnterminated = "descriptors-unterminated"
  /// Numbers differ between their byte orders.
  case byteOrdersDisagree = "byte-orders-disagree"
  /// Blocks are not of 2048 bytes.
  case oddBlockSize = "odd-block-size"
  /// Directories are damaged.
  case directoryDamaged = "directory-damaged"
  /// A directory contains itself.
  case directoryCycle = "directory-cycle"
  /// The tree was not looked at to its end.
  case treeTooLarge = "tree-too-large"
  /// UDF is announced and cannot be read.
  case udfUnreadable = "udf-unreadable"

  // El Torito.
  /// The catalog lies behind the end.
  case catalogUnreadable = "catalog-unreadable"
  /// The validation entry is wrong.
  case catalogInvalid = "catalog-invalid"
  /// Sections are not as many as they say.
  case catalogDisorderly = "catalog-disorderly"
  /// A platform that no specification defines.
  case catalogPlatform = "catalog-platform"
  /// Firmware that goes by the catalog on a stick does not see the EFI system partition.
  case catalogHidesESP = "catalog-hides-esp"
  /// A boot image is missing or blank.
  case bootImageMissing = "boot-image-missing"
  /// A BIOS gets a floppy or a hard disk pretended.
  case emulation

  // Partition tables.
  /// Boot code loads something that is not there.
  case bootCodeAstray = "boot-code-astray"
  /// No partition is active.
  case noActivePartition = "no-active-partition"
  /// Several partitions are active.
  case severalActivePartitions = "several-active-partitions"
  /// Partitions share blocks.
  case partitionsOverlap = "partitions-overlap"
  /// A partition reaches a little beyond the end.
  case partitionBeyondEnd = "partition-beyond-end"
  /// The GPT is made for blocks of 4096 bytes.
  case gpt4096 = "gpt-4096"
  /// The MBR table is made for blocks of 4096 bytes.
  case mbr4096 = "mbr-4096"
  /// The MBR announces a GPT that is not there.
  case gptMissing = "gpt-missing"
  /// A GPT partition ends before it begins.
  case gptPartitionAbsurd = "gpt-partition-absurd"
  /// The chain of logical partitions is broken.
  case logicalChainBroken = "logical-chain-broken"
  /// There are more partitions than are looked at.
  case partitionsLeftOut = "partitions-left-out"
  /// The primary header is wrong or missing.
  case gptHeaderInvalid = "gpt-header-invalid"
  /// The entries are wrong.
  case gptEntriesInvalid = "gpt-entries-invalid"
  /// No protective MBR stands before the GPT.
  case gptUnprotected = "gpt-unprotected"
  /// The backup is missing.
  case gptBackupMissing = "gpt-backup-missing"
  /// The backup is not at the end.
  case gptBackupMisplaced = "gpt-backup-misplaced"
  /// The backup is wrong.
  case gptBackupInvalid = "gpt-backup-invalid"
  /// The end of the disk that the GPT was made for is missing, but no partition.
  case gptTailMissing = "gpt-tail-missing"

  // Loaders.
  /// An EFI system partition holds no readable FAT.
  case espUnreadable = "esp-unreadable"
  /// A FAT is damaged.
  case fatDamaged = "fat-damaged"
  /// A FAT is longer than the room it has.
  case fatBeyondPartition = "fat-beyond-partition"
  /// A loader is for another machine than its name says.
  case loaderMismatch = "loader-mismatch"
  /// A loader is no program or cut off.
  case loaderBroken = "loader-broken"
  /// A loader is not signed.
  case unsigned

  // What it means.
  /// A disc image that does not boot from a stick.
  case notHybrid = "not-hybrid"
  /// It boots with a BIOS only.
  case biosOnly = "bios-only"
  /// It boots with UEFI only.
  case uefiOnly = "uefi-only"
  /// It boots with 32-bit UEFI only.
  case ia32Only = "uefi-ia32-only"
  /// Only some servers are picky about a GPT that is invalid on purpose.
  case mbrOnlyESP = "mbr-only-esp"
  /// Windows set-up.
  case windows
  /// A file is too large for FAT32.
  case fileTooLarge = "file-too-large-for-fat32"
  /// For Macs.
  case macOS = "macos"
  /// For the Raspberry Pi.
  case raspberryPi = "raspberry-pi"

  /// How much it matters.
  public var severity: ImageReport.Finding.Severity {
    switch self {
    case .empty, .tooShort, .allZeroes, .container, .notAnImage, .shrunk, .tooComplex, .truncated,
      .packedDamaged, .packedTruncated, .packedTrailing, .packedTooDemanding, .packedUnsupported,
      .archiveEmpty,
      .archiveAmbiguous, .memberNotFound, .archiveEncrypted, .archiveNested, .containerDamaged,
      .containerUnsupported:
      .error
    case .compressed, .partlySeen, .containerSnapshots, .paddingMissing, .descriptorsUnterminated,
      .treeTooLarge,
      .catalogDisorderly,
      .catalogPlatform, .emulation, .noActivePartition, .gptUnprotected, .gptBackupMisplaced,
      .partitionsLeftOut, .unsigned,
      .biosOnly, .uefiOnly, .mbrOnlyESP, .windows, .fileTooLarge, .raspberryPi:
      .note
    case .packedInside, .containerNotClosed, .containerTrailer, .unknownContent, .dataOnly, .otherDiscFormat,
      .byteOrdersDisagree, .oddBlockSize,
      .directoryDamaged, .directoryCycle, .udfUnreadable, .catalogUnreadable, .catalogInvalid,
      .catalogHidesESP, .bootImageMissing, .bootCodeAstray, .severalActivePartitions, .partitionsOverlap,
      .partitionBeyondEnd, .gpt4096, .mbr4096, .gptMissing, .gptPartitionAbsurd, .logicalChainBroken,
      .fatDamaged, .gptHeaderInvalid, .gptEntriesInvalid, .gptBackupMissing, .gptBackupInvalid,
      .gptTailMissing, .espUnreadable, .fatBeyondPartition, .loaderMismatch, .loaderBroken,
      .notHybrid, .ia32Only, .macOS:
      .warning
    }
  }
}

extension ImageReport.Finding {
  /// Creates a finding of the severity that its id has.
  init(_ id: FindingID, _ text: String, at offset: UInt64? = nil) {
    self.init(id.rawValue, id.severity, text, offset: offset)
  }
}
