public import BlockIO

/// The logical partitions inside an extended partition: a chain of boot records, each with one partition
/// and a link to the next.
public struct LogicalPartitions: Hashable, Sendable {
  /// So many links are followed; the kernel stops at 255 minors.
  public static let limit = 256

  /// One logical partition.
  public struct Partition: Hashable, Sendable {
    /// 5 and up, as in device names.
    public var index: Int
    /// The status byte; 0x80 if active.
    public var status: UInt8
    /// The partition type.
    public var type: UInt8
    /// The first logical block on the disk.
    public var startLBA: UInt64
    /// The length in logical blocks.
    public var sectorCount: UInt32
    /// Where the boot record that describes it lies.
    public var recordLBA: UInt64
  }

  /// Why the chain ended before its end.
  public enum Defect: Hashable, Sendable {
    /// A record lies beyond the end of the disk.
    case recordBeyondEnd(lba: UInt64)
    /// A record lacks 55 AA.
    case signatureMissing(lba: UInt64)
    /// A record has been visited before: the chain runs in a circle.
    case circle(lba: UInt64)
  }

  /// In the order of the chain.
  public var partitions: [Partition] = []
  /// What ended the walk, if not the chain's end.
  public var defect: Defect?
  /// Whether the chain goes on behind ``limit`` records, which alone were looked at.
  public var isCutShort = false

  /// Walks the chain of the extended partition that an entry of the master boot record describes.
  ///
  /// - Throws: only where the bytes of the disk cannot be had.
  public init(
    in disk: some RandomAccessBytes, container: MasterBootRecord.Entry, blockSize: Int = 512
  ) throws(FormatError) {
    let origin = UInt64(container.startLBA)
    var recordLBA = origin
    var visited: Set<UInt64> = []
    while visited.count < Self.limit {
      guard visited.insert(recordLBA).inserted else {
        defect = .circle(lba: recordLBA)
        return
      }
      let record: MasterBootRecord
      do throws(FormatError) {
        guard let offset = recordLBA.multiplied(by: UInt64(max(1, blockSize))) else {
          throw FormatError.outOfBounds(offset: .max, count: 512)
        }
        record = try MasterBootRecord(parsing: disk.reader(at: offset, count: 512))
      } catch .outOfBounds {
        defect = .recordBeyondEnd(lba: recordLBA)
        return
      } catch .signatureMissing {
        defect = .signatureMissing(lba: recordLBA)
        return
      }
      append(record, at: recordLBA)
      guard let link = record.entries.first(where: { $0.isExtended && !$0.isEmpty }) else { return }
      recordLBA = origin + UInt64(link.startLBA)
    }
    isCutShort = true
  }

  /// Links count from the container, partitions from their own record.
  private mutating func append(_ record: MasterBootRecord, at recordLBA: UInt64) {
    for entry in record.entries where !entry.isEmpty && !entry.isExtended && entry.type != 0 {
      partitions.append(
        Partition(
          index: 5 + partitions.count, status: entry.status, type: entry.type,
          startLBA: recordLBA + UInt64(entry.startLBA), sectorCount: entry.sectorCount, recordLBA: recordLBA))
    }
  }
}
