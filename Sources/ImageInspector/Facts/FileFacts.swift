package import DiskFormats

/// Facts on a FAT volume at a place where firmware may look for a loader.
package struct FATVolumeFacts: Hashable, Sendable {
  /// By what it is reached.
  package enum Origin: Hashable, Sendable {
    /// A GPT partition of type EFI system, by its number.
    case gptESP(Int)
    /// Another GPT partition that holds a FAT, by its number.
    case gptOther(Int)
    /// An MBR entry of type 0xEF, by its number.
    case mbrESP(Int)
    /// An MBR entry of a FAT type, by its number.
    case mbrFAT(Int)
    /// The whole medium.
    case superfloppy
    /// The boot image of a UEFI entry of El Torito, by its position in the catalog.
    case elTorito(Int)
  }

  /// By what it is reached; the same bytes may be reached by several ways.
  package var origin: Origin
  /// Where it begins, in bytes.
  package var offset: UInt64
  /// Its length in bytes, as its partition, its own boot sector or the catalog say.
  package var byteCount: UInt64
  /// FAT12, FAT16 or FAT32; nil where no FAT could be read.
  package var format: String?
  /// The loaders at the places that firmware looks at.
  package var loaders: [LoaderFacts] = []
  /// Its length in bytes as its own boot sector says.
  package var fatByteCount: UInt64 = 0
  /// Whether its directories could only be read in part.
  package var isDamaged = false
  /// Whether a directory on the way to the loaders is among it.
  package var hasDamagedDirectory = false
  /// Whether something of it lies where nothing can be looked at.
  package var isUnseen = false
  /// Why EDK2 does not mount it.
  package var objection: FATBootSector.FirmwareObjection?
  /// How many bytes from its beginning on have to be read to start its loaders.
  package var reach: UInt64 = 0
  /// How many bytes of a boot image of El Torito EDK2 reads; nil for partitions, of which it reads all.
  package var firmwareByteCount: UInt64?
  /// Whether the files of the Raspberry Pi's own firmware are there.
  package var hasRaspberryPiFirmware = false

  /// Creates the facts.
  package init(
    origin: Origin, offset: UInt64 = 0, byteCount: UInt64 = 0, format: String? = "FAT16",
    loaders: [LoaderFacts] = []
  ) {
    self.origin = origin
    self.offset = offset
    self.byteCount = byteCount
    self.format = format
    self.loaders = loaders
  }

  /// The architectures of the loaders that firmware finds by their name and that hold what the name says.
  package var architectures: Set<ImageReport.Architecture> {
    Set(loaders.filter(\.isStartable).compactMap(\.architecture))
  }
}

/// Facts on a program in `EFI/BOOT`.
package struct LoaderFacts: Hashable, Sendable {
  /// Its path.
  package var path: String
  /// Where it was found.
  package var place: ImageReport.EFILoader.Place
  /// The architecture that its name promises.
  package var promised: ImageReport.Architecture?
  /// The architecture in its PE header.
  package var architecture: ImageReport.Architecture?
  /// The machine field of its PE header; nil where it is no PE file.
  package var machine: UInt16?
  /// For what its PE header says that it is: 10 for what firmware starts; nil where it says nothing.
  package var subsystem: UInt16? = 10
  /// Whether it has a certificate table.
  package var isSigned: Bool
  /// Its length in bytes.
  package var byteCount: UInt64
  /// Whether all sections that its headers name lie within it.
  package var isWhole = true
  /// Whether its headers contradict themselves or the file.
  package var hasDamagedHeader = false
  /// Whether it can be moved from the address in memory that it was made for.
  package var isRelocatable = true
  /// Where it begins in the image, in bytes, where it lies in one piece.
  package var offset: UInt64?

  /// Creates the facts.
  package init(
    path: String, place: ImageReport.EFILoader.Place = .esp, promised: ImageReport.Architecture? = .x64,
    architecture: ImageReport.Architecture? = .x64, machine: UInt16? = 0x8664, isSigned: Bool = false,
    byteCount: UInt64 = 100_000, offset: UInt64? = nil
  ) {
    self.path = path
    self.place = place
    self.promised = promised
    self.architecture = architecture
    self.machine = machine
    self.isSigned = isSigned
    self.byteCount = byteCount
    self.offset = offset
  }

  /// Whether firmware that looks for its name can start it.
  package var isStartable: Bool { fault == nil }
}

/// Facts on the files of an ISO 9660 or UDF volume.
package struct TreeFacts: Hashable, Sendable {
  /// Which tree was read.
  package var place: ImageReport.EFILoader.Place
  /// The programs in `EFI/BOOT`.
  package var loaders: [LoaderFacts] = []
  /// Whether `bootmgr` or `bootmgr.efi` and an installation or boot image in `sources` are there.
  package var isWindows = false
  /// Whether the files of a macOS installer or boot volume are there.
  package var isMacOS = false
  /// Whether something of it lies where nothing can be looked at.
  package var isUnseen = false
  /// Files that FAT32 cannot hold: 4 GiB and more.
  package var largeFiles: [LargeFile] = []

  /// Starts with an empty tree.
  package init(place: ImageReport.EFILoader.Place) { self.place = place }

  /// A file that FAT32 cannot hold.
  package struct LargeFile: Hashable, Sendable {
    /// Its name.
    package var name: String
    /// Its length in bytes.
    package var byteCount: UInt64
    /// Creates the facts.
    package init(name: String, byteCount: UInt64) {
      self.name = name
      self.byteCount = byteCount
    }
  }

  /// The architectures for which the tree boots once it is copied onto FAT32.
  package var architectures: Set<ImageReport.Architecture> {
    Set(loaders.filter(\.isStartable).compactMap(\.architecture))
  }
}
