/// Everything the verdict rules may look at: a value, so that each rule can be tried without an image.
package struct BootFacts: Hashable, Sendable {
  /// The length in bytes.
  package var byteCount: UInt64
  /// How many bytes from the start can be looked at, where that is not all of them.
  package var seenByteCount: UInt64?
  /// Whether something lies behind them that has to be known before anything else can be.
  package var isBlind = false
  /// What the first bytes say.
  package var content = LeadingContent.unknown
  /// ISO 9660 and UDF.
  package var optical: OpticalFacts?
  /// The El Torito catalog.
  package var catalog: CatalogFacts?
  /// The first sector, where it ends with 55 AA.
  package var mbr: MBRFacts?
  /// The GUID partition table.
  package var gpt: GPTFacts?
  /// The Apple partition map.
  package var apm: ImageReport.APMSummary?
  /// Every FAT volume at a place where firmware may look.
  package var volumes: [FATVolumeFacts] = []
  /// Whether there are more partitions than are opened.
  package var hasUnopenedPartitions = false
  /// The number of a partition that holds a partition table or a bootable disc of its own.
  package var nestedIndex: Int?
  /// Whether a boot image of El Torito is a disk or a bootable disc of its own.
  package var hasNestedBootImage = false
  /// The files of the ISO 9660 or UDF volume.
  package var tree: TreeFacts?
  /// What kept the inspection from its end.
  package var obstacles: [Obstacle] = []

  /// Starts with nothing known.
  package init(byteCount: UInt64) { self.byteCount = byteCount }

  /// Why something could not be looked at.
  package enum Obstacle: Hashable, Sendable {
    /// The structures ask for more reading than any honest image does.
    case budgetExhausted
    /// The file became shorter while it was read.
    case shrunk(available: UInt64)
  }
}

/// What the first bytes of an image say that it is.
package enum LeadingContent: Hashable, Sendable {
  /// No byte at all.
  case empty
  /// Less than a sector.
  case tooShort
  /// Zeroes wherever one looks.
  case zeroes
  /// A compressed stream or an archive, by its short name.
  case compressed(String)
  /// A disk container, by its short name.
  case container(String)
  /// A file system that begins at byte 0, by its short name.
  case fileSystem(String)
  /// Something that is no image of a medium, in words.
  case document(String)
  /// None of these.
  case unknown
}

/// Facts on ISO 9660 and UDF.
package struct OpticalFacts: Hashable, Sendable {
  /// What the report shows of the volume.
  package var volume: ImageReport.Volume
  /// Whether there is an ISO 9660 primary descriptor.
  package var hasISO9660 = true
  /// Whether a UDF recognition sequence is there.
  package var hasUDF = false
  /// Whether the UDF volume and its root could be read.
  package var isUDFReadable = false
  /// Where ISO 9660 says that it ends, in bytes.
  package var isoEnd: UInt64 = 0
  /// Where UDF says that it ends, in bytes.
  package var udfEnd: UInt64 = 0
  /// Where the last byte of any file lies, in bytes.
  package var filesEnd: UInt64 = 0
  /// The size of a logical block of ISO 9660, in bytes.
  package var blockSize = 2048
  /// Whether a descriptor of type 255 ends the set.
  package var isTerminated = true
  /// Whether every number of the primary descriptor says the same in both byte orders.
  package var byteOrdersAgree = true
  /// Whether the root directory could be read.
  package var hasReadableRoot = true
  /// A format of other discs in the place of ISO 9660.
  package var relative: String?
  /// What is wrong with the directories.
  package var anomalies: [TreeFault] = []

  /// Starts with a volume of which only its descriptor is known.
  package init(volume: ImageReport.Volume) { self.volume = volume }

  /// One kind of fault of the directories, with its first place.
  package struct TreeFault: Hashable, Sendable {
    /// What is wrong.
    package var kind: Kind
    /// The first place, in bytes.
    package var offset: UInt64
    /// How often it was seen.
    package var count: Int
    /// What is wrong, as far as the words for it differ.
    package enum Kind: String, Hashable, Sendable { case damaged, cycle, tooLarge, byteOrders, beyondEnd }
    /// Creates a fault.
    package init(_ kind: Kind, at offset: UInt64, count: Int = 1) {
      self.kind = kind
      self.offset = offset
      self.count = count
    }
  }
}

/// Facts on the El Torito catalog.
package struct CatalogFacts: Hashable, Sendable {
  /// What the report shows.
  package var summary: ImageReport.ElToritoSummary
  /// Whether the catalog's block could be read.
  package var isReadable = true
  /// Whether it lies where nothing can be looked at.
  package var isUnseen = false
  /// Whether the validation entry has its fixed bytes.
  package var isValidationWhole = true
  /// Whether sections and entries are as many as they say.
  package var isOrderly = true
  /// A platform byte that no specification defines.
  package var unknownPlatform: UInt8?
  /// The boot images, one for each entry of the summary.
  package var images: [Image] = []

  /// Whether EDK2 and its descendants use the catalog at all.
  package var isAcceptedByUEFI: Bool { isReadable && isValidationWhole && summary.checksumValid == true }

  /// Starts with what the catalog says.
  package init(summary: ImageReport.ElToritoSummary) { self.summary = summary }

  /// A boot image that an entry points to.
  package struct Image: Hashable, Sendable {
    /// Where it begins, in bytes.
    package var offset: UInt64
    /// Whether its first sector lies within the image.
    package var isInside: Bool
    /// Whether the first 2048 bytes are nothing but zeroes.
    package var isBlank: Bool
    /// Whether it lies where nothing can be looked at.
    package var isUnseen = false
    /// How many slots of 32 bytes stand before its entry in the catalog, headers and all; 1 for the initial entry.
    package var slot = 1
    /// Creates the facts.
    package init(offset: UInt64, isInside: Bool = true, isBlank: Bool = false) {
      self.offset = offset
      self.isInside = isInside
      self.isBlank = isBlank
    }
  }
}
