import BlockIO
import DiskFormats

// MARK: - FAT: what a mount leaves of it (R46)

extension MountWitness {
  /// How much of the table is looked at, behind the boot sector: the first two entries, which belong to no cluster.
  private static let tableByteCount = 8

  /// FAT: the boot sector and the beginning of the table.
  ///
  /// Besides what the volume is called by (3, eight bytes), only
  /// the flags of a mounted file system may change: in the boot sector (37, FAT32 65) and in the second entry.
  static func fat(_ boot: FATBootSector, in range: Range<UInt64>, _ bytes: some RandomAccessBytes) -> Self? {
    let table = range.lowerBound + boot.tableOffset
    let places = [
      range.lowerBound..<(range.lowerBound + 512), table..<(table + UInt64(tableByteCount)),
    ]
    let form: Form =
      switch boot.kind {
      case .fat12: .fat12
      case .fat16: .fat16
      case .fat32: .fat32
      }
    return contents(of: places, bytes).map { Self(form: form, places: places, expected: $0) }
  }

  func isSoundFAT(_ found: [UInt8]) -> Bool {
    guard found.count == 512 + Self.tableByteCount else { return false }
    let flags = form == .fat32 ? 65 : 37
    // The entries behind the second one belong to clusters, and change with files.
    let entries = 512 + (form == .fat32 ? 8 : form == .fat16 ? 4 : 3)
    let tableFlags = form == .fat12 ? entries..<entries : (entries - 1)..<entries
    return isEqual(found, but: [3..<11, flags..<(flags + 1), tableFlags, entries..<found.count])
  }
}

// MARK: - exFAT, ext and NTFS

extension MountWitness {
  /// exFAT: the boot sector, of which only the flags and the percentage in use may change.
  static func exFAT(in range: Range<UInt64>, _ bytes: some RandomAccessBytes) -> Self? {
    let place = range.lowerBound..<(range.lowerBound + 512)
    return contents(of: [place], bytes).map { Self(form: .exFAT, places: [place], expected: $0) }
  }

  /// ext: the superblock, which must be of the same file system, whole by its checksum where it has one, and have
  /// another time of the last mount or write, or another number of mounts.
  ///
  /// Source: Linux, Documentation/filesystems/ext4/super.rst (`s_uuid` at 104, `s_checksum` at 1020).
  static func ext(in range: Range<UInt64>, _ bytes: some RandomAccessBytes) -> Self? {
    let start = range.lowerBound + ExtSuperblock.offset
    let place = start..<(start + 1024)
    return contents(of: [place], bytes).map { Self(form: .ext, places: [place], expected: $0) }
  }

  func isMountedExt(_ found: [UInt8]) -> Bool {
    guard found.count == 1024, expected.count == 1024 else { return false }
    // Sizes and numbers that no mount changes, the magic, the revision, the size of an inode, and the UUID.
    let fixed = [0..<8, 20..<28, 32..<36, 40..<44, 56..<58, 76..<80, 88..<90, 104..<120]
    let times = 44..<54
    return fixed.allSatisfy { found[$0] == expected[$0] } && found[times] != expected[times]
      && Self.hasExtChecksum(found)
  }

  /// Whether a superblock has the checksum that it says it has (`metadata_csum`, 0x400 of the features at 100).
  private static func hasExtChecksum(_ superblock: [UInt8]) -> Bool {
    guard superblock[101] & 4 != 0 else { return true }
    // ext4 keeps it without the inversion at the end.
    let sum = ~CRC32C.checksum(of: Array(superblock[..<1020]), withZerosAt: 0..<0)
    return (try? ByteReader(superblock).littleEndian(UInt32.self, at: 1020)) == sum
  }

  /// NTFS: the log has a restart page with another number, as Windows and Linux leave it, or nothing any more, as
  /// ntfs-3g leaves it.
  static func ntfs(_ log: [Range<UInt64>], in range: Range<UInt64>, _ bytes: some RandomAccessBytes) -> Self?
  {
    let pages = UInt64(2 * NTFSVolume.restartPageByteCount)
    guard let first = log.first, let last = log.last, first.upperBound - first.lowerBound >= pages,
      log.allSatisfy({ $0.upperBound <= range.upperBound - range.lowerBound })
    else { return nil }
    let (start, end) = (range.lowerBound + first.lowerBound, range.lowerBound + last.upperBound)
    let places = [start..<(start + pages), (end - 512)..<end]
    return contents(of: places, bytes).map {
      var states: [UInt8] = []
      for state in logStates(in: $0) { state.transfer(to: &states) }
      return Self(form: .ntfs, places: places, expected: states)
    }
  }

  /// The numbers of the restart pages that are whole; all bits set for a log that was emptied.
  static func logStates(in bytes: [UInt8]) -> [UInt64] {
    guard !bytes.allSatisfy({ $0 == 0xFF }) else { return [.max] }
    let size = NTFSVolume.restartPageByteCount
    return [0..<size, size..<(2 * size)].compactMap { page in
      page.upperBound <= bytes.count ? NTFSVolume.restartNumber(of: Array(bytes[page])) : nil
    }
  }

  /// Those that the log has in the image.
  var knownLogStates: [UInt64] {
    let reader = ByteReader(expected)
    return stride(from: 0, to: expected.count, by: 8).compactMap { try? reader.littleEndian(at: $0) }
  }

  private static func contents(
    of places: [Range<UInt64>], _ bytes: some RandomAccessBytes
  ) -> [UInt8]? {
    var contents: [UInt8] = []
    for place in places {
      guard let part = try? bytes.bytes(at: place.lowerBound, count: place.count) else { return nil }
      contents += part
    }
    return contents
  }
}
