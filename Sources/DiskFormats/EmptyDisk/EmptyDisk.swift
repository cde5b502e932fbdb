/// Why a disk cannot be given one partition with an empty file system.
public enum EmptyDiskError: Error, Hashable, Sendable {
  /// It has blocks that neither FAT32 nor exFAT knows, in bytes.
  case blockSize(Int)
  /// It is too small for anything: the least and what it has, in bytes.
  case tooSmall(least: UInt64, found: UInt64)
  /// The file system that was asked for does not go with its length in bytes.
  case unfit(EmptyDisk.FileSystem, byteCount: UInt64)
  /// The file system cannot have this name.
  case label(String, EmptyDisk.FileSystem)
}

/// An ordinary empty stick: one partition with an empty file system, and nothing else that any tool recognises.
public struct EmptyDisk: Hashable, Sendable {
  /// What the partition holds.
  public enum FileSystem: String, Hashable, Sendable, CaseIterable {
    case fat32, exfat

    /// The type in the partition table: FAT32 by block numbers, or what NTFS and exFAT share.
    public var partitionType: UInt8 { self == .fat32 ? 0x0C : 0x07 }
  }

  /// The numbers by which systems know a disk and a file system; any will do that are not everybody's.
  public struct Identifiers: Hashable, Sendable {
    /// The disk signature of the partition table.
    public let disk: UInt32
    /// The serial number of the file system.
    public let volume: UInt32

    /// Creates them.
    public init(disk: UInt32, volume: UInt32) {
      self.disk = disk
      self.volume = volume
    }
  }

  /// The smallest disk, in bytes.
  public static let leastByteCount: UInt64 = 8 << 20
  /// The largest that the SD Association gives FAT32, in bytes.
  public static let largestFAT32: UInt64 = 32 << 30
  /// Tells the firmware to try the next disk (INT 18h), and waits for ever where it does not.
  static let bootCode: [UInt8] = [0xCD, 0x18, 0xF4, 0xEB, 0xFD]

  /// What the partition holds.
  public let fileSystem: FileSystem
  /// Its name; nil for none.
  public let label: VolumeLabel?
  /// Where the partition lies, in bytes.
  public let partition: Range<UInt64>
  /// Its bytes.
  public let content: SparseBytes
  /// What of it has to come onto the disk: all from the first byte on that the new table and file system use by now, in
  /// whole blocks of 4096 bytes.
  public let written: Range<UInt64>
  /// What has to be zero besides: ascending, disjoint, in whole blocks of 4096 bytes.
  ///
  /// Everything by which systems find a file system, an array or a table is in it, or in ``written``. The rest keeps
  /// what it had, as after every formatting: nothing names it any more.
  public let zeroed: [Range<UInt64>]

  /// Lays out a disk.
  /// - Parameters:
  ///   - byteCount: its length in bytes.
  ///   - blockSize: its logical block size in bytes.
  ///   - fileSystem: what the partition is to hold; nil for what goes with the length.
  ///   - label: its name; nil for none.
  public init(
    byteCount: UInt64, blockSize: Int, fileSystem: FileSystem? = nil, label: String? = nil,
    identifiers: Identifiers
  ) throws(EmptyDiskError) {
    guard [512, 1024, 2048, 4096].contains(blockSize) else { throw .blockSize(blockSize) }
    guard byteCount >= Self.leastByteCount else {
      throw .tooSmall(least: Self.leastByteCount, found: byteCount)
    }
    let place = Self.place(byteCount, blockSize)
    let chosen = fileSystem ?? Self.usual(byteCount, place)
    let name = label.flatMap { VolumeLabel($0, for: chosen) }
    if let label, name == nil { throw .label(label, chosen) }
    let volume: (parts: [SparseBytes.Part], byteCount: UInt64)?
    switch chosen {
    case .fat32:
      let format = FATFormat(place, label: name, volumeID: identifiers.volume)
      volume = format.map { ($0.parts, $0.metadataByteCount) }
    case .exfat:
      let format = ExFATFormat(place, label: name, volumeID: identifiers.volume)
      volume = format.map { ($0.parts, $0.metadataByteCount) }
    }
    guard let volume else { throw .unfit(chosen, byteCount: byteCount) }
    self.fileSystem = chosen
    self.label = name
    partition = place.start..<(place.start + place.byteCount)
    let table = Self.table(place, chosen, identifiers.disk)
    content = SparseBytes(
      byteCount: byteCount,
      parts: [SparseBytes.Part(table, at: 0)] + volume.parts.map { $0.moved(by: place.start) })
    written = 0..<min((place.start + volume.byteCount).rounded(upTo: 4096), byteCount)
    zeroed = Self.zeroed(byteCount, place, behind: written.upperBound)
  }

  /// FAT32 where it fits and cameras expect it, exFAT for all others.
  private static func usual(_ byteCount: UInt64, _ place: VolumePlace) -> FileSystem {
    guard byteCount <= largestFAT32, FATFormat(place, label: nil, volumeID: 0) != nil else { return .exfat }
    return .fat32
  }

  /// The one partition: as long as there is room, as far as its table can tell.
  private static func place(_ byteCount: UInt64, _ blockSize: Int) -> VolumePlace {
    let unit = byteCount < 64 << 20 ? 1 << 20 : VolumePlace.flashUnit
    let addressable = UInt64(UInt32.max) * UInt64(blockSize)
    let end = min(byteCount, addressable) / unit * unit
    return VolumePlace(start: unit, byteCount: end - unit, blockSize: blockSize)
  }

  private static func table(_ place: VolumePlace, _ fileSystem: FileSystem, _ signature: UInt32) -> [UInt8] {
    let sector = UInt64(place.blockSize)
    let first = place.start / sector
    let entry = MasterBootRecord.Entry(
      index: 1, firstCHS: chs(first), type: fileSystem.partitionType,
      lastCHS: chs(first + place.sectorCount - 1), startLBA: UInt32(first),
      sectorCount: UInt32(place.sectorCount))
    return MasterBootRecord(bootCode: bootCode, diskSignature: signature, entries: [entry]).serialised()
  }

  /// A block as cylinder, head and sector of 255 heads and 63 sectors; the usual mark where that cannot tell it.
  private static func chs(_ block: UInt64) -> UInt32 {
    let (cylinder, head, sector) = (block / (255 * 63), block / 63 % 255, block % 63 + 1)
    guard cylinder < 1024 else { return 0xFF_FFFE }
    return UInt32(head) | UInt32(sector | (cylinder & 0x300) >> 2) << 8 | UInt32(cylinder & 0xFF) << 16
  }
}

extension EmptyDisk {
  /// Where btrfs keeps copies of its super block, in bytes from its beginning.
  private static let btrfsCopies: [UInt64] = [64 << 20, 256 << 30]
  /// Second headers of LUKS lie up to so far from the beginning of a disk or partition, in bytes.
  private static let headByteCount: UInt64 = 8 << 20
  /// Arrays, pools and copies of super blocks lie within so much of the end, in bytes.
  private static let tailByteCount: UInt64 = 4 << 20

  /// What file system and arrays of the disk, or of a partition at the same place, are recognised by, but for what the
  /// new file system uses.
  private static func zeroed(
    _ byteCount: UInt64, _ place: VolumePlace, behind written: UInt64
  ) -> [Range<UInt64>] {
    let end = place.start + place.byteCount
    var ranges = [written..<max(written, place.start + headByteCount)]
    for start in [0, place.start] {
      ranges += btrfsCopies.map { (start + $0)..<(start + $0 + 4096) }
    }
    // Behind what its table can address a disk goes on for terabytes, of which only the end is looked at.
    ranges += [end, byteCount].map { ($0 - min(tailByteCount, $0))..<$0 }
    return ranges.compactMap { range in
      let start = max(range.lowerBound / 4096 * 4096, written)
      let end = min(range.upperBound.rounded(upTo: 4096), byteCount)
      return start < end ? start..<end : nil
    }
    .sorted { $0.lowerBound < $1.lowerBound }
    .reduce(into: []) { merged, range in
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
  }
}
