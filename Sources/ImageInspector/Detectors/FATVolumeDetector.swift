import BlockIO
import DiskFormats

/// Opens every FAT volume at a place where firmware may look for a loader.
enum FATVolumeDetector {
  /// More partitions than this are not opened; real media have fewer than 20.
  static let partitionLimit = 128

  /// What ``gptRank(_:)`` gives, in its order.
  static let gptRanks = 0...2

  /// How soon a partition of a GPT is opened where there are too many, by its type: EFI system partitions first, and
  /// then those of the type that a FAT has.
  static func gptRank(_ typeGUID: GUID) -> Int {
    switch typeGUID {
    case .efiSystem: 0
    case .basicData: 1
    default: 2
    }
  }

  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    var partitions: [FATVolumeFacts] = []
    if let gpt = facts.gpt { partitions += candidates(of: gpt) }
    if let mbr = facts.mbr {
      partitions += candidates(of: mbr, blockSize: facts.gpt?.summary.sectorSize) { $0.hasFATType }
    }
    if facts.mbr?.code == .fat || facts.content.isFAT {
      partitions.append(FATVolumeFacts(origin: .superfloppy, byteCount: bytes.byteCount))
    }
    let opened = mostPromising(partitions, facts.gpt)
    if opened.count < partitions.count { facts.hasUnopenedPartitions = true }
    for var candidate in opened {
      let isNamed = candidate.origin.promisesFAT
      try openAsSeen(&candidate, bytes)
      if isNamed || candidate.format != nil || candidate.isUnseen { facts.volumes.append(candidate) }
    }
    if let mbr = facts.mbr { try addUnexpected(of: mbr, bytes, &facts) }
    guard let catalog = facts.catalog else { return }
    for (index, entry) in catalog.summary.entries.enumerated()
    where entry.isForUEFI || catalog.isOnStick(index) {
      var candidate = FATVolumeFacts(
        origin: .elTorito(index), offset: UInt64(entry.lba) * 2048,
        byteCount: imageSize(entry, facts, total: bytes.byteCount), format: nil)
      candidate.firmwareByteCount = entry.byteCountForUEFI(volumeBlocks: facts.optical?.descriptorBlocks ?? 0)
      try openAsSeen(&candidate, bytes)
      // EDK2 does not look at the platform; what a BIOS boots is of interest only where it holds a loader.
      let mayHaveLoader = !candidate.architectures.isEmpty || candidate.isUnseen && candidate.format != nil
      if entry.isForUEFI || mayHaveLoader { facts.volumes.append(candidate) }
    }
  }

  /// As many as are opened, the most promising of them, in the order in which they are.
  private static func mostPromising(_ partitions: [FATVolumeFacts], _ gpt: GPTFacts?) -> [FATVolumeFacts] {
    guard partitions.count > partitionLimit else { return partitions }
    let dataType = GUID.basicData.description
    let data = (gpt?.summary.partitions ?? []).filter { $0.typeGUID == dataType }
    let dataIndexes = Set(data.map(\.index))
    func rank(_ volume: FATVolumeFacts) -> Int {
      switch volume.origin {
      case .gptESP, .mbrESP, .superfloppy, .elTorito: 0
      case .gptOther(let index): dataIndexes.contains(index) ? 1 : 2
      case .mbrFAT: 1
      }
    }
    let ranks = partitions.map(rank)
    let chosen = gptRanks.flatMap { rank in partitions.indices.filter { ranks[$0] == rank } }
    return chosen.prefix(partitionLimit).sorted().map { partitions[$0] }
  }

  private static func candidates(of gpt: GPTFacts) -> [FATVolumeFacts] {
    gpt.summary.partitions.compactMap { partition in
      let blockSize = UInt64(gpt.summary.sectorSize)
      guard let offset = partition.firstLBA.multiplied(by: blockSize),
        let blocks = partition.lastLBA.subtracting(partition.firstLBA)?.adding(1),
        let count = blocks.multiplied(by: blockSize)
      else { return nil }
      let isESP = gpt.espIndexes.contains(partition.index)
      return FATVolumeFacts(
        origin: isESP ? .gptESP(partition.index) : .gptOther(partition.index), offset: offset,
        byteCount: count, format: nil)
    }
  }

  /// Adds what is a FAT in spite of its type: firmware goes by what a partition holds.
  ///
  /// OVMF starts a loader from a FAT that is marked as hidden or as Linux's. It only leaves out entries that are empty
  /// or protective; and one from block 0 is the medium itself. What cannot be looked at is
  /// taken for what its type says.
  private static func addUnexpected(
    of mbr: MBRFacts, _ bytes: CachedBytes, _ facts: inout BootFacts
  ) throws(FormatError) {
    let others = candidates(of: mbr, blockSize: facts.gpt?.summary.sectorSize) { entry in
      !entry.hasFATType && entry.startLBA > 0 && ![0x00, 0xEE].contains(entry.type)
    }
    if others.count > partitionLimit { facts.hasUnopenedPartitions = true }
    for var candidate in others.prefix(partitionLimit) {
      try openAsSeen(&candidate, bytes)
      if candidate.format != nil { facts.volumes.append(candidate) }
    }
  }

  private static func candidates(
    of mbr: MBRFacts, blockSize: Int?, where isWanted: (ImageReport.MBRSummary.Entry) -> Bool
  ) -> [FATVolumeFacts] {
    let blockSize = UInt64(blockSize ?? 512)
    return (mbr.entries + mbr.logical).filter(isWanted).map { entry in
      FATVolumeFacts(
        origin: entry.type == 0xEF ? .mbrESP(entry.index) : .mbrFAT(entry.index),
        offset: UInt64(entry.startLBA) * blockSize,
        byteCount: UInt64(entry.sectors) * blockSize, format: nil)
    }
  }

  /// The size of a boot image: by a partition that begins there, else the FAT's own; the catalog comes last,
  /// because its field is too small for 32 MiB and tools write whatever fits (UEFI 2.10 section 13.3.2.1).
  private static func imageSize(
    _ entry: ImageReport.ElToritoSummary.Entry, _ facts: BootFacts, total: UInt64
  ) -> UInt64 {
    let offset = UInt64(entry.lba) * 2048
    if let partition = facts.volumes.first(where: { $0.offset == offset && $0.byteCount > 0 }) {
      return partition.byteCount
    }
    let rest = total.subtracting(offset) ?? 0
    return entry.sectorCount <= 1 ? rest : max(UInt64(entry.sectorCount) * 512, min(rest, 1 << 32))
  }

  /// Opens a volume as far as it can be looked at, and notes where that is not all of it.
  static func openAsSeen(_ facts: inout FATVolumeFacts, _ bytes: CachedBytes) throws(FormatError) {
    let isSeen: Void? = try unlessUnseen { () throws(FormatError) in try open(&facts, bytes) }
    if isSeen == nil { facts.isUnseen = true }
  }

  private static func open(_ facts: inout FATVolumeFacts, _ bytes: CachedBytes) throws(FormatError) {
    let window = SubrangeBytes(bytes, start: facts.offset, byteCount: facts.byteCount)
    let volume = try unlessMalformed { () throws(FormatError) in try FATVolume(window) }
    guard let volume else {
      facts.format = nil
      return
    }
    facts.format = volume.boot.kind.rawValue
    facts.fatByteCount = volume.boot.byteCount
    facts.objection = volume.boot.firmwareObjection
    let root = try unlessMalformed { () throws(FormatError) in try volume.rootDirectory() }
    guard let root else {
      facts.isDamaged = true
      return
    }
    note(root.damage, &facts)
    let names = Set(root.entries.map { $0.name.lowercased() })
    facts.hasRaspberryPiFirmware = isForRaspberryPi(names)
    guard let efi = root.entries.first(where: { $0.isDirectory && $0.isNamed("EFI") }),
      let middle = try directory(efi, volume, &facts),
      let boot = middle.entries.first(where: { $0.isDirectory && $0.isNamed("BOOT") }),
      let files = try directory(boot, volume, &facts)
    else { return }
    for directory in [efi, boot] { facts.extendReach(to: volume.extents(of: directory)) }
    for entry in files.entries where !entry.isDirectory {
      guard let promised = LoaderReader.promise(of: entry.name) else { continue }
      let path = "\(efi.name)/\(boot.name)/\(entry.name)"
      let file = try unlessMalformed { () throws(FormatError) in try volume.file(entry) }.flatMap { $0 }
      guard let file else {
        facts.isDamaged = true
        continue
      }
      let loader = try LoaderReader.facts(file, path: path, place: .esp, promised: promised, offset: nil)
      facts.loaders.append(loader)
      if loader.isStartable { facts.extendReach(to: volume.extents(of: entry)) }
    }
  }

  /// Whether a Raspberry Pi starts what has these names in its root, in small letters.
  ///
  /// Up to the Pi 4 the firmware lies on the card; from the Pi 5 on it is in the board, which reads `config.txt` and
  /// wants a kernel and a device tree of its own (Raspberry Pi documentation, "The boot folder").
  private static func isForRaspberryPi(_ names: Set<String>) -> Bool {
    if names.contains("bootcode.bin") { return true }
    if names.contains(where: { $0.hasPrefix("start") && $0.hasSuffix(".elf") }) { return true }
    return names.contains("config.txt")
      && names.contains { name in
        name.hasPrefix("bcm27") && name.hasSuffix(".dtb")
          || name.hasPrefix("kernel") && name.hasSuffix(".img")
      }
  }

  /// Reads a directory as far as that goes and notes where it does not go far enough.
  private static func directory(
    _ entry: FATDirectoryEntry, _ volume: FATVolume, _ facts: inout FATVolumeFacts
  ) throws(FormatError) -> FATDirectory? {
    let directory = try unlessMalformed { () throws(FormatError) in try volume.directory(entry) }
    if directory == nil { facts.isDamaged = true }
    note(directory?.damage, &facts)
    return directory
  }

  /// A directory that goes on where nothing can be looked at is not damaged.
  private static func note(_ damage: FormatError?, _ facts: inout FATVolumeFacts) {
    guard let damage else { return }
    guard !damage.isUnseen else { return facts.isUnseen = true }
    (facts.isDamaged, facts.hasDamagedDirectory) = (true, true)
  }
}

extension FATVolumeFacts {
  /// Notes that these bytes have to be read.
  fileprivate mutating func extendReach(to extents: [Range<UInt64>]) {
    reach = extents.reduce(reach) { max($0, $1.upperBound) }
  }
}

extension FATVolumeFacts.Origin {
  /// Whether a FAT is expected there, so that its absence is worth telling.
  package var promisesFAT: Bool {
    switch self {
    case .gptESP, .mbrESP, .elTorito: true
    case .gptOther, .mbrFAT, .superfloppy: false
    }
  }
}

extension ImageReport.MBRSummary.Entry {
  /// Whether the type is that of the EFI system partition or of another FAT.
  fileprivate var hasFATType: Bool { [0xEF, 0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E].contains(type) }
}

extension LeadingContent {
  /// Whether a FAT file system begins at byte 0.
  var isFAT: Bool {
    if case .fileSystem(let name) = self { name.hasPrefix("fat") } else { false }
  }
}
