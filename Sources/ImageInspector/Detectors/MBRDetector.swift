import BlockIO
import DiskFormats

/// Reads the first sector: whose boot code it is, what that loads, and the partition table.
enum MBRDetector {
  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    let sector = try bytes.reader(at: 0, count: MasterBootRecord.byteCount)
    guard let record = try? MasterBootRecord(parsing: sector) else { return }
    let code = BootCode(of: record)
    // xorriso writes Block0 of an Apple map over nothing where there is no boot code at all.
    let isMockupOnly = code.hasAPMMockup && sector.isZero(in: 8..<MasterBootRecord.bootCodeByteCount)
    var result = MBRFacts(code: isMockupOnly ? .none : code.kind)
    result.isTablePlausible = record.isTablePlausible(blockCount: bytes.byteCount / 512)
    result.isTakenForTable =
      !result.isTablePlausible && record.isTakenByUEFI(blockCount: bytes.byteCount / 512)
    result.hasOddStatus = record.hasOddStatus && result.isTablePlausible
    result.flaggedCount = record.entries.filter { $0.status & 0x80 != 0 }.count
    result.hasProtectiveEntry = record.hasProtectiveEntry && result.isTablePlausible
    if result.isTablePlausible {
      result.entries = record.usedEntries.map { entry in
        ImageReport.MBRSummary.Entry(
          index: entry.index, active: entry.isActive, type: entry.type, startLBA: entry.startLBA,
          sectors: entry.sectorCount)
      }
      result.overlaps = overlaps(record, facts.gpt)
      try findLogicalPartitions(of: record, bytes, &result)
      result.index4096 = try firstFAT4096(result.entries, bytes)
    }
    let jump = sector.bytes[0]
    result.hasBrokenFAT =
      result.code == .unknown && (jump == 0xEB || jump == 0xE9)
      && (sector.has("FAT", at: 54) || sector.has("FAT32", at: 82))
    if let pointer = code.pointer { result.target = try target(pointer, code.kind, bytes) }
    if code.kind == .grub4DOS { result.grub4DOS = try grub4DOS(sector, result, bytes) }
    // altmbr.bin has the number of the partition in byte 439 and does not look at active flags; Rufus's code
    // starts the first.
    let chosen: Int? =
      switch code.kind {
      case .syslinuxAltMBR: Int(sector.bytes[439])
      case .rufus: 1
      default: nil
      }
    result.active = try activePartitions(result, facts, bytes, chosen: chosen)
    facts.mbr = result
    if result.code == .isolinuxIsohybrid, let version = result.target?.isolinuxVersion, version >= 5 {
      facts.mbr?.lacksLdlinux = try LoaderFileDetector.isMissingOnDisc("ldlinux.c32", bytes)
    }
  }

  /// The logical partitions of every extended one.
  private static func findLogicalPartitions(
    of record: MasterBootRecord, _ bytes: CachedBytes, _ result: inout MBRFacts
  ) throws(FormatError) {
    for container in record.usedEntries where container.isExtended {
      let seen = try unlessUnseen { () throws(FormatError) in
        try LogicalPartitions(in: bytes, container: container)
      }
      guard let chain = seen else {
        result.isChainUnseen = true
        continue
      }
      if chain.defect != nil { result.brokenChain = UInt64(container.startLBA) * 512 }
      for partition in chain.partitions {
        guard let start = UInt32(exactly: partition.startLBA) else { continue }
        result.logical.append(
          ImageReport.MBRSummary.Entry(
            index: 5 + result.logical.count, active: partition.status == 0x80, type: partition.type,
            startLBA: start, sectors: partition.sectorCount))
      }
    }
  }

  /// The first partition with a FAT where blocks of 4096 bytes put it and none where those of 512 do.
  private static func firstFAT4096(
    _ entries: [ImageReport.MBRSummary.Entry], _ bytes: CachedBytes
  ) throws(FormatError) -> Int? {
    func hasFAT(_ offset: UInt64) throws(FormatError) -> Bool {
      let sector = try unlessUnseen { () throws(FormatError) in try bytes.prefixReader(at: offset, upTo: 512)
      }
      return sector.flatMap { try? FATBootSector(parsing: $0) } != nil
    }
    for entry in entries where entry.type != 0xEE && entry.startLBA > 0 {
      let isFAT4096 = try hasFAT(UInt64(entry.startLBA) * 4096)
      if isFAT4096, try !hasFAT(UInt64(entry.startLBA) * 512) { return entry.index }
    }
    return nil
  }

  /// The first two pieces of what the boot code loads.
  private static func target(
    _ pointer: BootCode.Pointer, _ code: BootCode.Kind, _ bytes: CachedBytes
  ) throws(FormatError) -> MBRFacts.Target {
    guard let offset = pointer.imageBlock.multiplied(by: 512), offset < bytes.byteCount else {
      return MBRFacts.Target(offset: .max, pointerOffset: pointer.offset, isInside: false)
    }
    // GRUB's and memtest86+'s hybrids skip the first 2048 bytes of their image.
    let loaded = Int(pointer.value - pointer.imageBlock) * 512
    let seen = try unlessUnseen { () throws(FormatError) in
      try bytes.prefixReader(at: offset, upTo: max(2048, loaded + 512))
    }
    guard let start = seen else {
      var target = MBRFacts.Target(offset: offset, pointerOffset: pointer.offset)
      target.isUnseen = true
      return target
    }
    var target = MBRFacts.Target(
      offset: offset, pointerOffset: pointer.offset, isInside: start.count >= 512,
      isBlank: start.isZero(in: 0..<min(start.count, 2048)),
      hasIsolinuxMagic: start.has([0xFB, 0xC0, 0x78, 0x70], at: 64))
    if target.hasIsolinuxMagic, let name = start.firstOffset(of: "ISOLINUX ", in: 0..<2048),
      let digit = try? start.byte(at: name + 9), (0x30...0x39).contains(digit)
    {
      target.isolinuxVersion = Int(digit - 0x30)
    }
    if start.contains(8, count: 8) {
      target.bootInfo = MBRFacts.BootInfo(
        volumeBlock: try start.littleEndian(at: 8), imageBlock: try start.littleEndian(at: 12))
    }
    if start.contains(loaded, count: 512) {
      let sector = try start.slice(at: loaded, count: 512)
      target.isGPTHeader = sector.has("EFI PART", at: 0)
      target.coreBlock = try coreBlock(sector, code)
      if target.coreBlock != nil, code == .grub || code == .grubLegacy {
        try findRest(of: sector, code, bytes, &target)
      }
    }
    return target
  }

  /// Where the core goes on whose first sector, GRUB's diskboot.img, this is: it saves the drive (push dx) and
  /// has its list of blocks at the end, the first of them at 0x1F4 (GRUB, diskboot.S), and of GRUB legacy, which has
  /// shorter numbers, at 0x1F8 (GRUB 0.97, stage2/start.S).
  private static func coreBlock(
    _ sector: ByteReader, _ code: BootCode.Kind
  ) throws(FormatError) -> UInt64? {
    guard sector.has([0x52], at: 0), sector.firstOffset(of: "Geom", in: 0..<0x1F4) != nil else { return nil }
    if code == .grubLegacy { return UInt64(try sector.littleEndian(UInt32.self, at: 0x1F8)) }
    return try sector.littleEndian(UInt64.self, at: 0x1F4)
  }

  /// Looks for the rest of an installed GRUB's core, which the list at the end of its first sector names in one or more
  /// runs of blocks, each with its start, its length and where in memory it goes, from the last downwards until a
  /// length of 0.
  private static func findRest(
    of sector: ByteReader, _ code: BootCode.Kind, _ bytes: CachedBytes, _ target: inout MBRFacts.Target
  ) throws(FormatError) {
    let size = code == .grubLegacy ? 8 : 12
    // No program of either version reaches to 0x180.
    for offset in stride(from: 512 - size, through: 0x180, by: -size) {
      let count = UInt64(try sector.littleEndian(UInt16.self, at: offset + size - 4))
      guard count > 0 else { return }
      let start: UInt64
      if code == .grubLegacy {
        start = UInt64(try sector.littleEndian(UInt32.self, at: offset))
      } else {
        start = try sector.littleEndian(at: offset)
      }
      guard start.end(count: count, limit: (bytes.byteCount + 511) / 512) != nil,
        let place = start.multiplied(by: 512), place < bytes.byteCount
      else {
        target.coreFault = .behindEnd
        return
      }
      // Further runs may begin with zeroes that belong there.
      guard offset == 512 - size else { continue }
      let seen = try unlessUnseen { () throws(FormatError) in try bytes.prefixReader(at: place, upTo: 512) }
      guard let next = seen else {
        target.isUnseen = true
        return
      }
      if next.isZero(in: 0..<512) { target.coreFault = .blank }
    }
  }

  /// What grub4dos's boot code goes on with: the rest of itself, by a mark whose place and bytes stand in the code
  /// (mov bx and mov eax, in stage2/grldrstart.S), and GRLDR in the root directory of any partition.
  private static func grub4DOS(
    _ sector: ByteReader, _ mbr: MBRFacts, _ bytes: CachedBytes
  ) throws(FormatError) -> MBRFacts.GRUB4DOS {
    var result = MBRFacts.GRUB4DOS()
    let mark: [UInt8] = [0x47, 0x52, 0x55, 0xAA]
    if let offset = sector.firstOffset(of: "GRU", in: 0..<440), sector.has(mark, at: offset),
      sector.has([0xBB], at: offset - 5), sector.has([0x66, 0xB8], at: offset - 2)
    {
      let place = UInt64(try sector.littleEndian(UInt16.self, at: offset - 4))
      result.hasRest = try unlessUnseen { () throws(FormatError) -> Bool in
        guard place < bytes.byteCount else { return false }
        return try bytes.prefixReader(at: place, upTo: 4).has(mark, at: 0)
      }
    }
    for entry in (mbr.entries + mbr.logical).prefix(FATVolumeDetector.partitionLimit) {
      let start = UInt64(entry.startLBA) * 512
      guard start > 0, start.end(count: 512, limit: bytes.byteCount) != nil,
        try LoaderFileDetector.hasInRoot("grldr", at: start, bytes)
      else { continue }
      result.index = entry.index
      break
    }
    return result
  }

  /// Where boot code that asks for a marked partition goes on, or the file system's own boot sector.
  private static func activePartitions(
    _ mbr: MBRFacts, _ facts: BootFacts, _ bytes: CachedBytes, chosen: Int?
  ) throws(FormatError) -> [MBRFacts.ActivePartition] {
    if mbr.code.isFileSystemBootSector || mbr.hasBrokenFAT {
      return [MBRFacts.ActivePartition(index: 0, sector: try bootSector(at: 0, bytes))]
    }
    var result: [MBRFacts.ActivePartition] = []
    let marked =
      if let chosen {
        (mbr.entries + mbr.logical).filter { $0.index == chosen }
      } else if mbr.code == .syslinuxMBR {
        try markedForSYSLINUX(mbr, bytes)
      } else {
        mbr.entries.filter(\.active)
      }
    for entry in marked {
      let sector: BootSector =
        try entry.startLBA == 0
        ? .itself
        : bootSector(
          at: UInt64(entry.startLBA) * 512, bytes, isHandedEntry: mbr.code.handsOverEntry && entry.type != 0)
      result.append(MBRFacts.ActivePartition(index: entry.index, sector: sector))
    }
    guard let gpt = facts.gpt else { return result }
    for partition in gpt.summary.partitions where gpt.bootableIndexes.contains(partition.index) {
      let offset = partition.firstLBA.multiplied(by: UInt64(gpt.summary.sectorSize)) ?? .max
      let sector = try bootSector(at: offset, bytes, isHandedEntry: mbr.code.handsOverEntry)
      result.append(MBRFacts.ActivePartition(index: partition.index, isGPT: true, sector: sector))
    }
    return result
  }

  /// The partitions that mbr.bin of syslinux takes for marked: those of the first table with bit 7 set in a status byte,
  /// whatever the length of the entry, on the way from the disk's own table along the extended partitions (syslinux,
  /// mbr/mbr.S: scan_partition_table).
  private static func markedForSYSLINUX(
    _ mbr: MBRFacts, _ bytes: CachedBytes
  ) throws(FormatError) -> [ImageReport.MBRSummary.Entry] {
    var tables: [(block: UInt32, origin: UInt32)] = [(0, 0)]
    var visited = 0
    while let (block, origin) = tables.popLast(), visited < LogicalPartitions.limit {
      visited += 1
      let seen = try unlessUnseen { () throws(FormatError) in
        try bytes.prefixReader(at: UInt64(block) * 512, upTo: MasterBootRecord.byteCount)
      }
      // What cannot be looked at may hold the mark.
      guard let table = seen else { return [] }
      guard table.count == MasterBootRecord.byteCount else { continue }
      var entries: [MasterBootRecord.Entry] = []
      for index in 1...4 {
        entries.append(try MasterBootRecord.Entry(index: index, parsing: table, at: 446 + (index - 1) * 16))
      }
      let marked = entries.filter { $0.status & 0x80 != 0 }
      guard marked.isEmpty else {
        return marked.map { entry in
          // Like the code, which adds in 32 bits.
          let start = block &+ entry.startLBA
          let logical = mbr.logical.first { $0.startLBA == start }?.index ?? visited + 3
          return ImageReport.MBRSummary.Entry(
            index: block == 0 ? entry.index : logical, active: true, type: entry.type, startLBA: start,
            sectors: entry.sectorCount)
        }
      }
      for container in entries.reversed() where container.isExtended {
        let next = origin &+ container.startLBA
        tables.append((next, origin == 0 ? next : origin))
      }
    }
    return []
  }

  /// What a first sector does when it is started.
  /// - Parameters:
  ///   - offset: where it lies, in bytes.
  ///   - isHandedEntry: whether what starts it tells it where its partition begins.
  private static func bootSector(
    at offset: UInt64, _ bytes: CachedBytes, isHandedEntry: Bool = false
  ) throws(FormatError) -> BootSector {
    guard offset.end(count: 512, limit: bytes.byteCount) != nil else { return .missing }
    let seen = try unlessUnseen { () throws(FormatError) in try bytes.reader(at: offset, count: 512) }
    guard let sector = seen else { return .unseen }
    guard sector.has([0x55, 0xAA], at: 510) else { return .noCode }
    // A disk inside has a partition table behind that, which is no code.
    if sector.isZero(in: 0..<MasterBootRecord.bootCodeByteCount) { return .noCode }
    // exFAT has its boot code filled with the instruction to halt where there is none (specification 3.1.17).
    if sector.has("EXFAT   ", at: 3), sector.bytes[120..<510].allSatisfy({ $0 == 0xF4 || $0 == 0 }) {
      return .noCode
    }
    let loader = BootSectorLoader(sector)
    let name: String
    switch loader {
    case .none: return hasShortCode(sector) ? .shortCode : .noCode
    case .notBootableStub: return .stub
    case .hardDiskStub: return .hardDisk
    case .unknown: return lacksMark(sector) ? .withoutMark : .unknown
    case .syslinux:
      let found = try LoaderFileDetector.syslinux(sector, at: offset, bytes)
      return try isHandedEntry ? found : counting(found, loader, sector, at: offset)
    case .grub: return try grub(sector, bytes)
    case .ntldr: name = "Windows NT"
    case .bootmgr: name = "Windows"
    case .dos: name = "DOS"
    case .freeDOS: name = "FreeDOS"
    }
    let found = try LoaderFileDetector.bootSector(of: loader, named: name, at: offset, bytes)
    return try counting(found, loader, sector, at: offset)
  }

  /// What a boot sector does that finds its files by the number of hidden sectors in bytes 28–31, which is to be the
  /// place of its file system on the disk.
  private static func counting(
    _ found: BootSector, _ loader: BootSectorLoader, _ sector: ByteReader, at offset: UInt64
  ) throws(FormatError) -> BootSector {
    guard case .loader(let name) = found else { return found }
    // The number has 32 bits only where an extended boot signature follows; that of exFAT stands elsewhere.
    let isLong =
      loader == .syslinux || sector.has([0x29], at: 38) || sector.has([0x29], at: 66)
      || sector.has("NTFS    ", at: 3)
    guard isLong, !sector.has("EXFAT   ", at: 3) else { return found }
    let hidden = UInt64(try sector.littleEndian(UInt32.self, at: 28))
    guard hidden != offset / 512 else { return found }
    // Programs other than SYSLINUX's may hand over the entry too.
    return .misplaced(loader: name, hidden: hidden, isCertain: loader == .syslinux && offset == 0)
  }

  /// What GRUB's boot sector in front of a file system starts, whose number counts from the beginning of the disk.
  private static func grub(_ sector: ByteReader, _ bytes: CachedBytes) throws(FormatError) -> BootSector {
    let name = "GRUB"
    let code = BootCode(sector)
    guard code.kind == .grub || code.kind == .grubLegacy, let pointer = code.pointer else {
      return .loader(name)
    }
    let core = try target(pointer, code.kind, bytes)
    if core.isUnseen { return .unseen }
    guard core.offset > 0, core.isInside, !core.isBlank, !core.isGPTHeader, core.coreFault == nil else {
      return .astray(loader: name)
    }
    return core.coreBlock == nil ? .unsure(loader: name) : .loader(name)
  }

  /// Whether it is another copy of a program that starts the marked partition of the table in its own sector, where
  /// none is marked.
  private static func lacksMark(_ sector: ByteReader) -> Bool {
    guard let record = try? MasterBootRecord(parsing: sector),
      !record.entries.contains(where: { $0.status & 0x80 != 0 })
    else { return false }
    return switch BootCode(sector).kind {
    case .windows: true
    // It goes on along the extended partitions.
    case .syslinuxMBR: !record.entries.contains(where: \.isExtended)
    default: false
    }
  }

  /// Whether anything but zeroes stands where a sector is started, before the place of the code of a FAT32.
  ///
  /// That is where its first jump leads, and without one its very beginning, unless a file system begins there.
  private static func hasShortCode(_ sector: ByteReader) -> Bool {
    let start: Int
    if sector.has([0xEB], at: 0) {
      start = 2 + Int(sector.bytes[1])
    } else if sector.has([0xE9], at: 0) {
      start = 3 + Int(sector.bytes[1]) + Int(sector.bytes[2]) << 8
    } else if (try? FATBootSector(parsing: sector)) != nil {
      return false
    } else {
      start = 0
    }
    // A jump backwards is an endless loop, or leads out of the sector.
    return start < 0x5A && !sector.isZero(in: start..<510)
  }

  /// Entries that share blocks; those of type 0x00 are hidden from everyone by design.
  ///
  /// A protective one stands aside only for the GPT that it protects: without that, EDK2's PartitionValidMbr
  /// (PartitionDxe/Mbr.c) compares it like any other and drops the table.
  private static func overlaps(_ record: MasterBootRecord, _ gpt: GPTFacts?) -> [MBRFacts.Pair] {
    let protectsGPT = record.hasProtectiveEntry && gpt?.isUsable == true
    let visible = record.usedEntries.filter { $0.type != 0 && !($0.isProtective && protectsGPT) }
    var pairs: [MBRFacts.Pair] = []
    for (position, first) in visible.enumerated() {
      for second in visible[(position + 1)...]
      where UInt64(first.startLBA) < second.endLBA && UInt64(second.startLBA) < first.endLBA {
        pairs.append(MBRFacts.Pair(first: first.index, second: second.index))
      }
    }
    return pairs
  }
}
