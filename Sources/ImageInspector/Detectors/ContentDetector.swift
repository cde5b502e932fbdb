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
        guard !isDisc else { continue }
        facts.content = signature.id.hasPrefix("wim") ? .container("wim") : .compressed(signature.id)
      case .container:
        // A fixed VHD and a DMG are the disk's bytes with a trailer; only their first bytes can tell more.
        facts.content = .container(signature.id)
      case .fileSystem: facts.content = .fileSystem(signature.id)
      case .notAnImage:
        // A program may have 55 AA by chance, as memtest86+'s does, or because it is a Linux kernel.
        if isDisc { continue }
        if try isBootable(bytes), try !isBareProgram(bytes) { continue }
        facts.content = .document(signature.id)
      case .empty:
        let isAllZero = try unlessUnseen { () throws(FormatError) in try isZero(bytes) } ?? false
        facts.content = isAllZero ? .zeroes : .unknown
      }
      return
    }
  }

  private static func hasVolumeDescriptor(_ bytes: CachedBytes) throws(FormatError) -> Bool {
    let reader = try bytes.prefixReader(at: VolumeDescriptorSet.start, upTo: 16)
    return ["CD001", "BEA01", "NSR02", "NSR03"].contains { reader.has($0, at: 1) }
  }

  private static func isBootable(_ bytes: CachedBytes) throws(FormatError) -> Bool {
    try bytes.reader(at: 0, count: 512).has([0x55, 0xAA], at: 510)
  }

  /// Whether there is a PE program for certain, and neither a partition behind the first block nor a GPT.
  private static func isBareProgram(_ bytes: CachedBytes) throws(FormatError) -> Bool {
    let sector = try bytes.reader(at: 0, count: 512)
    let program = try unlessUnseen { () throws(FormatError) in
      try unlessMalformed { () throws(FormatError) in try PortableExecutable(parsing: bytes) }
    }.flatMap { $0 }
    let next = try bytes.prefixReader(at: 512, upTo: 8)
    guard program != nil, !next.has("EFI PART", at: 0) else { return false }
    let blockCount = bytes.byteCount / 512
    guard let record = try? MasterBootRecord(parsing: sector),
      record.isTablePlausible(blockCount: blockCount)
    else { return true }
    return !record.usedEntries.contains { $0.startLBA > 0 && $0.endLBA <= blockCount }
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
