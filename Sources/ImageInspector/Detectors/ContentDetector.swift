import BlockIO
import DiskFormats

/// What the first bytes say, unless a volume or a table says otherwise.
enum ContentDetector {
  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    guard bytes.byteCount > 0 else {
      facts.content = .empty
      return
    }
    guard bytes.byteCount >= 512 else {
      facts.content = .tooShort
      // An error page saved under the name of an image is short as well, and worth its own words.
      for signature in try ContentSignature.all(in: bytes) where signature.category == .notAnImage {
        facts.content = .document(signature.id)
      }
      return
    }
    // A disc is a disc whatever its unused first sectors hold, and so is a disk with a table.
    let isDisc = try hasVolumeDescriptor(bytes)
    for signature in try ContentSignature.all(in: bytes) {
      switch signature.category {
      case .compressed, .archive:
        if isDisc { continue }
        if weak.contains(signature.id), try isDisk(bytes) { continue }
        facts.content = signature.id.hasPrefix("wim") ? .container("wim") : .compressed(signature.id)
      case .container:
        // A fixed VHD and a DMG are the disk's bytes with a trailer; only their first bytes can tell more.
        facts.content = .container(signature.id)
      case .fileSystem: facts.content = .fileSystem(signature.id)
      case .notAnImage:
        // A program may have 55 AA by chance, as memtest86+'s does, or because it is a Linux kernel.
        if isDisc { continue }
        if try isBootable(bytes), try !isBare(signature, bytes) { continue }
        facts.content = .document(signature.id)
        if signature.id == "pe", try holdsArchive(bytes) { facts.content = .document("self-extracting") }
      case .empty:
        let isAllZero = try unlessUnseen { () throws(FormatError) in try isZero(bytes) } ?? false
        facts.content = isAllZero ? .zeroes : .unknown
      }
      return
    }
  }

  /// Formats with few bytes for a magic number, which boot code in front of a partition table may have by chance.
  private static let weak: Set<String> = ["lzma", "compress", "lz4-legacy", "lzip", "lrzip", "rpm", "tar"]

  private static func hasVolumeDescriptor(_ bytes: CachedBytes) throws(FormatError) -> Bool {
    let reader = try bytes.prefixReader(at: VolumeDescriptorSet.start, upTo: 16)
    return ["CD001", "BEA01", "NSR02", "NSR03"].contains { reader.has($0, at: 1) }
  }

  private static func isBootable(_ bytes: CachedBytes) throws(FormatError) -> Bool {
    try bytes.reader(at: 0, count: 512).has([0x55, 0xAA], at: 510)
  }

  /// Whether the first sector ends with 55 AA, and there is a GPT or a partition behind that sector.
  private static func isDisk(_ bytes: CachedBytes) throws(FormatError) -> Bool {
    guard try isBootable(bytes) else { return false }
    return try hasPartition(bytes, among: 1...4)
  }

  /// Whether something is what its signature says in spite of 55 AA, with neither a partition behind the first block
  /// nor a GPT.
  private static func isBare(
    _ signature: ContentSignature, _ bytes: CachedBytes
  ) throws(FormatError) -> Bool {
    switch signature.id {
    case "cpio": return try !hasPartition(bytes, among: 1...4)
    // The fields of a kernel's header begin in the fourth entry.
    case "linux-kernel": return try !hasPartition(bytes, among: 1...3)
    default:
      let program = try unlessUnseen { () throws(FormatError) in
        try unlessMalformed { () throws(FormatError) in try PortableExecutable(parsing: bytes) }
      }.flatMap { $0 }
      guard program != nil else { return false }
      return try !hasPartition(bytes, among: 1...4)
    }
  }

  /// Whether there is a GPT, or a partition behind the first block.
  private static func hasPartition(
    _ bytes: CachedBytes, among indexes: ClosedRange<Int>
  ) throws(FormatError) -> Bool {
    let sector = try bytes.reader(at: 0, count: 512)
    if try bytes.prefixReader(at: 512, upTo: 8).has("EFI PART", at: 0) { return true }
    let blockCount = bytes.byteCount / 512
    guard let record = try? MasterBootRecord(parsing: sector),
      record.isTablePlausible(blockCount: blockCount)
    else { return false }
    return record.usedEntries.contains {
      indexes.contains($0.index) && $0.startLBA > 0 && $0.endLBA <= blockCount
    }
  }

  /// Whether an archive stands behind a PE program, where those that unpack themselves have it.
  ///
  /// A 7z may have a text with its settings in front, of a few KiB at most.
  private static func holdsArchive(_ bytes: CachedBytes) throws(FormatError) -> Bool {
    let magics: [[UInt8]] = [
      [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], [0x52, 0x61, 0x72, 0x21, 0x1A, 0x07],
    ]
    let found = try unlessUnseen { () throws(FormatError) -> Bool? in
      try unlessMalformed { () throws(FormatError) -> Bool in
        let end = try PortableExecutable.endOfSections(in: bytes)
        guard end > 0, end < bytes.byteCount else { return false }
        let behind = try bytes.prefixReader(at: end, upTo: 8192)
        return behind.has([0x50, 0x4B, 0x03, 0x04], at: 0)
          || (0..<behind.count).contains { offset in magics.contains { behind.has($0, at: offset) } }
      }
    }
    return found.flatMap { $0 } ?? false
  }

  /// Whether samples across the whole length are zero as well.
  private static func isZero(_ bytes: CachedBytes) throws(FormatError) -> Bool {
    let samples: UInt64 = 256
    for index in 0..<samples {
      let offset = bytes.byteCount / samples * index
      let reader = try bytes.prefixReader(at: offset, upTo: 4096)
      if !reader.isZero(in: 0..<reader.count) { return false }
    }
    return true
  }
}
