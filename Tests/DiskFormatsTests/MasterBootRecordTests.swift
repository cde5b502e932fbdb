import BlockIO
import DiskFormats
import TestSupport
import Testing

@Suite("master boot records")
struct MasterBootRecordTests {
  typealias Entry = MasterBootRecord.Entry

  static func random(_ generator: inout SeededGenerator) -> MasterBootRecord {
    MasterBootRecord(
      bootCode: .random(440, seed: generator.next()),
      diskSignature: .random(in: 0 ... .max, using: &generator),
      reserved: .random(in: 0 ... .max, using: &generator),
      entries: (1...4).map { index in
        Entry(
          index: index, status: .random(in: 0 ... .max, using: &generator),
          firstCHS: .random(in: 0 ... .max, using: &generator),
          type: .random(in: 0 ... .max, using: &generator),
          lastCHS: .random(in: 0 ... .max, using: &generator),
          startLBA: .random(in: 0 ... .max, using: &generator),
          sectorCount: .random(in: 0 ... .max, using: &generator))
      })
  }

  @Test("what is serialised is parsed again")
  func roundTrip() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let record = Self.random(&generator)
      let bytes = record.serialised()
      #expect(bytes.count == 512)
      #expect(try MasterBootRecord(parsing: ByteReader(bytes)) == record, "seed: \(seed)")
    }
  }

  @Test("without 55 AA there is no record; too few bytes are told apart by it, too")
  func signature() {
    var bytes = MasterBootRecord().serialised()
    bytes[511] = 0
    #expect(throws: FormatError.signatureMissing(.mbr, offset: 510)) {
      try MasterBootRecord(parsing: ByteReader(bytes))
    }
    #expect(throws: FormatError.self) { try MasterBootRecord(parsing: ByteReader([])) }
  }

  @Test("an isohybrid's first entry of type 0x00 is used, and the overlap by design is no denial")
  func isohybrid() {
    let record = MasterBootRecord(entries: [
      Entry(index: 1, status: 0x80, type: 0, startLBA: 0, sectorCount: 1000),
      Entry(index: 2, type: 0xEF, startLBA: 100, sectorCount: 50),
    ])
    #expect(record.usedEntries.map(\.index) == [1, 2])
    #expect(record.isTablePlausible())
    #expect(
      record.tableDefects(blockCount: 500) == [
        .startsAtZero(entry: 1), .beyondEnd(entry: 1, endLBA: 1000, blockCount: 500),
        .overlap(entry: 1, other: 2),
      ])
  }

  @Test("an odd status byte leaves a table standing in which all else is in order")
  func oddStatus() {
    func isPlausible(_ entries: [Entry], bootCode: [UInt8] = [], blockCount: UInt64? = nil) -> Bool {
      MasterBootRecord(bootCode: bootCode, entries: entries).isTablePlausible(blockCount: blockCount)
    }
    let first = Entry(index: 1, status: 0x81, type: 0x0C, startLBA: 64, sectorCount: 64)
    let second = Entry(index: 2, type: 0x83, startLBA: 128, sectorCount: 64)
    #expect(isPlausible([first, second]))
    #expect(isPlausible([first, second], blockCount: 192))
    #expect(!isPlausible([first, second], blockCount: 191))
    #expect(!isPlausible([first, Entry(index: 2, type: 0x83, startLBA: 127, sectorCount: 64)]))
    #expect(!isPlausible([first, Entry(index: 2, type: 0x6C, startLBA: 128, sectorCount: 64)]))
    #expect(!isPlausible([first, Entry(index: 2, type: 0x83, startLBA: 128, sectorCount: .max)]))
    #expect(!isPlausible([Entry(index: 1, status: 0x81, type: 0x0C, sectorCount: 64)]))
    #expect(!isPlausible([Entry(index: 1, status: 0x81)]))
    #expect(!isPlausible([first], bootCode: [0xEB, 0x52, 0x90] + Array("NTFS    ".utf8)))
  }

  @Test("a status byte that is neither 0x00 nor 0x80 denies the table where its type is unknown, too")
  func status() {
    let record = MasterBootRecord(entries: [
      Entry(index: 1, status: 0x20, type: 0x6C, startLBA: 1, sectorCount: 1)
    ])
    #expect(!record.isTablePlausible())
    #expect(record.tableDefects(blockCount: nil) == [.invalidStatus(entry: 1, status: 0x20)])
  }

  @Test("two active partitions are a defect that leaves the table standing")
  func twoActive() {
    let record = MasterBootRecord(entries: [
      Entry(index: 1, status: 0x80, type: 0x0C, startLBA: 1, sectorCount: 1),
      Entry(index: 2, status: 0x80, type: 0x0C, startLBA: 2, sectorCount: 1),
    ])
    #expect(record.tableDefects(blockCount: 3) == [.severalActive(entries: [1, 2])])
    #expect(record.isTablePlausible())
  }

  @Test("a protective entry of maximal length is no defect")
  func protective() {
    let record = MasterBootRecord(entries: [Entry(index: 1, type: 0xEE, startLBA: 1, sectorCount: .max)])
    #expect(record.hasProtectiveEntry)
    #expect(record.tableDefects(blockCount: 10) == [])
  }

  /// A disk whose logical partitions hang on a chain of records at these blocks.
  private func disk(chain: [UInt32], closing: UInt32? = nil, origin: UInt32 = 10) -> [UInt8] {
    var disk = [UInt8](repeating: 0, count: 100 * 512)
    for (position, lba) in chain.enumerated() {
      let next = position + 1 < chain.count ? chain[position + 1] : closing
      var entries = [Entry(index: 1, type: 0x83, startLBA: 1, sectorCount: 2)]
      if let next { entries.append(Entry(index: 2, type: 0x05, startLBA: next - origin, sectorCount: 3)) }
      let start = Int(lba) * 512
      disk.replaceSubrange(start..<(start + 512), with: MasterBootRecord(entries: entries).serialised())
    }
    return disk
  }

  private let container = Entry(index: 4, type: 0x0F, startLBA: 10, sectorCount: 90)

  @Test("logical partitions count from their own record, links from the container")
  func logical() throws {
    let logical = try LogicalPartitions(in: disk(chain: [10, 20, 30]), container: container)
    #expect(logical.partitions.map(\.index) == [5, 6, 7])
    #expect(logical.partitions.map(\.startLBA) == [11, 21, 31])
    #expect(logical.defect == nil)
  }

  @Test("a chain that runs in a circle ends where it closes")
  func circle() throws {
    let logical = try LogicalPartitions(in: disk(chain: [10, 20], closing: 10), container: container)
    #expect(logical.partitions.count == 2)
    #expect(logical.defect == .circle(lba: 10))
  }

  @Test("a chain that is longer than what is looked at is cut short, and not broken", arguments: [256, 257])
  func longChain(_ count: Int) throws {
    var disk = [UInt8](repeating: 0, count: (10 + 3 * count) * 512)
    for number in 0..<count {
      var entries = [Entry(index: 1, type: 0x83, startLBA: 1, sectorCount: 2)]
      if number + 1 < count {
        entries.append(Entry(index: 2, type: 0x05, startLBA: UInt32(3 * number + 3), sectorCount: 3))
      }
      let start = (10 + 3 * number) * 512
      disk.replaceSubrange(start..<(start + 512), with: MasterBootRecord(entries: entries).serialised())
    }
    let logical = try LogicalPartitions(
      in: disk, container: Entry(index: 4, type: 0x0F, startLBA: 10, sectorCount: UInt32(3 * count)))
    #expect(logical.partitions.count == LogicalPartitions.limit)
    #expect(logical.defect == nil)
    #expect(logical.isCutShort == (count > LogicalPartitions.limit))
  }

  @Test("EDK2 finds the partition in the first entry of each record, and only links in the second")
  func firmwareStarts() throws {
    /// What is found with these entries in the record at block 10, and a whole one at block 40.
    func starts(_ entries: [Entry]) throws -> Set<UInt64> {
      var disk = self.disk(chain: [40])
      disk.replaceSubrange(5120..<5632, with: MasterBootRecord(entries: entries).serialised())
      return try LogicalPartitions.firmwareStarts(in: disk, container: container)
    }
    let partition = Entry(index: 1, type: 0x83, startLBA: 1, sectorCount: 2)
    let link = Entry(index: 2, type: 0x05, startLBA: 30, sectorCount: 3)
    var (linuxLink, longLink, longPartition) = (link, link, partition)
    linuxLink.type = 0x85
    longLink.sectorCount = 61
    longPartition.sectorCount = 90
    let none = Entry(index: 1)
    #expect(try starts([partition, link]) == [11, 41])
    #expect(try starts([link]) == [41])
    #expect(try starts([none, link]) == [])
    #expect(try starts([none, partition]) == [])
    #expect(try starts([partition, linuxLink]) == [11])
    #expect(try starts([partition, none, link]) == [11])
    #expect(try starts([partition, longLink]) == [])
    #expect(try starts([longPartition]) == [])
    let circle = disk(chain: [10, 20], closing: 20)
    #expect(try LogicalPartitions.firmwareStarts(in: circle, container: container) == [])
  }

  @Test("a link beyond the end and a record without signature are told apart")
  func brokenChain() throws {
    #expect(
      try LogicalPartitions(in: disk(chain: [10], closing: 5000), container: container).defect
        == .recordBeyondEnd(lba: 5000))
    #expect(
      try LogicalPartitions(in: disk(chain: [10], closing: 50), container: container).defect
        == .signatureMissing(lba: 50))
  }
}
