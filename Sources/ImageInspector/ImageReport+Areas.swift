extension ImageReport {
  /// The part of a medium that a byte belongs to.
  public struct Area: Hashable, Sendable {
    /// What lies there by the layout of the whole.
    public enum Region: Hashable, Sendable {
      /// The first 512 bytes: boot code and MBR.
      case bootSector
      /// The headers and entries of a GPT or an Apple map, before the first partition.
      case partitionTable
      /// The first 32768 bytes of a disc, apart from tables.
      case systemArea
      /// The ISO 9660 or UDF volume.
      case discVolume
      /// Behind the end of the disc's volume.
      case behindVolume
      /// A disk's blocks, partitioned or not.
      case disk
      /// The file system of a medium without a table.
      case fileSystem
      /// Behind the end of the image.
      case behindImage
    }

    /// A partition that a byte falls in.
    public struct Partition: Hashable, Sendable {
      /// Its number, as in device names.
      public var number: Int
      /// The name in the GPT, foreign text; nil for an MBR partition.
      public var name: String?
    }

    /// What lies there by the layout of the whole.
    public var region: Region
    /// The smallest partition around the byte, if any: on hybrid images they lie inside each other.
    public var partition: Partition?

    /// One line in plain words; a partition's name is left out, since it is foreign text.
    public var words: String {
      let part = partition.map { "partition \($0.number)" }
      let whole =
        switch region {
        case .bootSector: "the boot sector"
        case .partitionTable: "the partition table"
        case .systemArea: "the system area of the ISO"
        case .discVolume: "the ISO volume"
        case .behindVolume: "behind the ISO volume"
        case .disk: part == nil ? "outside all partitions" : ""
        case .fileSystem: "the file system"
        case .behindImage: "behind the end of the image"
        }
      return [part, whole].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ", ")
    }
  }

  /// The area that a byte of the medium falls in.
  ///
  /// - Parameter offset: the place of the byte from the start of the medium.
  public func area(containing offset: UInt64) -> Area {
    guard offset < rawByteCount ?? .max else { return Area(region: .behindImage) }
    let partition = smallestPartition(around: offset)
    if offset < 512, mbr != nil { return Area(region: .bootSector) }
    if offset < tableEnd, partition.map({ $0.start == 0 }) ?? true {
      return Area(region: .partitionTable)
    }
    return Area(region: region(of: offset), partition: partition?.partition)
  }

  private func region(of offset: UInt64) -> Area.Region {
    switch rawKind {
    case .iso9660, .udf:
      guard offset >= 32_768 else { return .systemArea }
      return offset < (volume?.blocks ?? 0) &* 2048 ? .discVolume : .behindVolume
    case .superfloppy: return .fileSystem
    case .disk, .compressed, .container, .unknown: return .disk
    }
  }

  /// Where the tables at the beginning end: 34 blocks, unless a partition begins before.
  private var tableEnd: UInt64 {
    guard let gpt else { return 0 }
    let blockSize = UInt64(gpt.sectorSize)
    let first = gpt.partitions.map(\.firstLBA).filter { $0 > 0 }.min() ?? .max
    let blocks = 2 + 128 * 128 / blockSize
    return min(first, blocks) * blockSize
  }

  private func smallestPartition(
    around offset: UInt64
  ) -> (partition: Area.Partition, start: UInt64, count: UInt64)? {
    let blockSize = UInt64(gpt?.sectorSize ?? 512)
    let block = offset / blockSize
    var found: [(partition: Area.Partition, start: UInt64, count: UInt64)] = []
    for entry in gpt?.partitions ?? [] where entry.firstLBA <= block && block <= entry.lastLBA {
      let partition = Area.Partition(number: entry.index, name: entry.name)
      found.append((partition, entry.firstLBA, entry.lastLBA - entry.firstLBA))
    }
    for entry in mbr?.entries ?? [] where entry.type != 0xEE {
      let start = UInt64(entry.startLBA)
      guard start <= block, block < start + UInt64(entry.sectors) else { continue }
      found.append((Area.Partition(number: entry.index, name: nil), start, UInt64(entry.sectors) - 1))
    }
    return found.min { $0.count < $1.count }
  }
}
