import DeviceProbe
import TestSupport
import Testing

@testable import UndoStore

@Suite("The file of a record")
struct RecordFormatTests {
  @Test("what is written is read back, whatever the record says")
  func roundTrip() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let record = Self.record(&random)
      let dataEnd = RecordFormat.dataOffset + 64 << 20
      let parsed = try RecordFormat.parse(RecordFormat.description(of: record), dataEnd: dataEnd)
      #expect(parsed == record, "seed \(seed)")
    }
  }

  @Test("a byte that changes anywhere but in what was saved makes the record unusable, or tells nothing new")
  func flippedBytes() throws {
    let situation = Situation(byteCount: 3 * mebibyte, written: mebibyte)
    let sink = MemorySink()
    let disk = MemoryDisk(situation.before)
    let record = try situation.save(from: disk, into: sink)
    let file = try #require(sink.lasting)
    let whole = try StoredRecord(parsing: file, id: sink.id)
    #expect(whole.record == record)
    let header = Int(RecordFormat.headerOffset)
    // The header's own padding is zero and covered by nothing, because nothing reads it.
    let places = Array(header..<(header + 96)) + Array((file.count - 200)..<file.count)
    for place in places {
      var broken = file
      broken[place] ^= 0x10
      #expect(throws: RecordDamage.self, "byte \(place)") {
        try StoredRecord(parsing: broken, id: sink.id)
      }
    }
    for count in [0, 1, 8191, 8192, 12_287, 12_288, file.count - 1] {
      #expect(throws: RecordDamage.self, "\(count) bytes") {
        try StoredRecord(parsing: Array(file.prefix(count)), id: sink.id)
      }
    }
    #expect(throws: RecordDamage.self) { try StoredRecord(parsing: file + [0], id: sink.id) }
    #expect(throws: RecordDamage.invalid) { try StoredRecord(parsing: file, id: "undo-other000") }
  }

  @Test("a torn slot may have said that the write began, until it is over; a record with neither is none")
  func tornSlots() throws {
    let situation = Situation(byteCount: 3 * mebibyte, written: mebibyte)
    let sink = MemorySink()
    _ = try situation.save(from: MemoryDisk(situation.before), into: sink)
    let journal = UndoJournal(sink)
    try journal.willBegin()
    let file = try #require(sink.lasting)
    #expect(try StoredRecord(parsing: file, id: sink.id).progress.stage == .begun)
    var torn = file
    // The second state lies in the second slot.
    torn[4096 + 20] ^= 1
    let stored = try StoredRecord(parsing: torn, id: sink.id)
    #expect(stored.progress == UndoProgress(stage: .begun, upTo: .max) && !stored.isNeedless)
    let changed = UndoBalance(stored.record, stored.progress).changed
    #expect(changed == stored.record.erased.union(ByteRanges([0..<stored.record.writtenByteCount])))
    torn[20] ^= 1
    #expect(throws: RecordDamage.wrongDigest) { try StoredRecord(parsing: torn, id: sink.id) }
    try journal.didComplete(upTo: 262_144)
    var complete = try #require(sink.lasting)
    complete[4096 + 20] ^= 1
    #expect(
      try StoredRecord(parsing: complete, id: sink.id).progress
        == UndoProgress(stage: .completed, upTo: 262_144))
  }

  @Test("a description that leads outside the disk, the file or its blocks is refused")
  func hostile() throws {
    let end = RecordFormat.dataOffset + 1_048_576
    let good = UndoRecord.Piece(
      range: 0..<4096, content: .stored(at: RecordFormat.dataOffset, sha256: [UInt8](repeating: 1, count: 32))
    )
    #expect(try Self.parsed(pieces: [good], dataEnd: end).pieces == [good])
    let pieces: [[UndoRecord.Piece]] = [
      // Not in blocks, beyond the disk, twice the same place, in the wrong order, empty.
      [UndoRecord.Piece(range: 1..<513, content: .zeros)],
      [UndoRecord.Piece(range: 0..<513, content: .zeros)],
      [UndoRecord.Piece(range: 0..<(1 << 40), content: .zeros)],
      [good, good],
      [UndoRecord.Piece(range: 8192..<12_288, content: .zeros), good],
      [UndoRecord.Piece(range: 4096..<4096, content: .zeros)],
      // From the header, beyond the end of the data, longer than a buffer.
      [
        UndoRecord.Piece(
          range: 0..<4096, content: .stored(at: 4096, sha256: [UInt8](repeating: 1, count: 32)))
      ],
      [
        UndoRecord.Piece(
          range: 0..<4096, content: .stored(at: end - 512, sha256: [UInt8](repeating: 1, count: 32)))
      ],
      [
        UndoRecord.Piece(
          range: 0..<2_097_152,
          content: .stored(at: RecordFormat.dataOffset, sha256: [UInt8](repeating: 1, count: 32)))
      ],
    ]
    for list in pieces {
      #expect(throws: RecordDamage.invalid, "\(list)") { try Self.parsed(pieces: list, dataEnd: end) }
    }
    var record = Situation().record
    record.disk.logicalBlockSize = 0
    #expect(throws: RecordDamage.invalid) {
      try RecordFormat.parse(RecordFormat.description(of: record), dataEnd: end)
    }
  }

  private static func parsed(
    pieces: [UndoRecord.Piece], dataEnd: UInt64
  ) throws(RecordDamage) -> UndoRecord {
    var record = Situation().record
    record.pieces = pieces
    return try RecordFormat.parse(RecordFormat.description(of: record), dataEnd: dataEnd)
  }

  private static func record(_ random: inout SeededGenerator) -> UndoRecord {
    func text(_ random: inout SeededGenerator) -> String {
      String(
        (0..<Int.random(in: 0...20, using: &random)).map { _ in
          "aZ 9é漢\u{1B}\n".randomElement(using: &random) ?? "x"
        })
    }
    func maybe(_ random: inout SeededGenerator) -> String? {
      Bool.random(using: &random) ? text(&random) : nil
    }
    let size = UInt64.random(in: 1...200_000, using: &random) * 512
    func place(_ random: inout SeededGenerator) -> Range<UInt64> {
      let start = UInt64.random(in: 0..<(size / 512), using: &random)
      return (start * 512)..<(UInt64.random(in: (start + 1)...(size / 512), using: &random) * 512)
    }
    var record = UndoRecord(
      id: text(&random),
      disk: DiskFingerprint(
        kind: Bool.random(using: &random)
          ? .virtualStick(fileSystem: .random(in: 0 ... .max, using: &random), inode: 7)
          : .disk(
            HardwareIdentity(
              vendor: maybe(&random), model: maybe(&random), serial: maybe(&random), wwn: maybe(&random))),
        transport: text(&random), port: maybe(&random), path: text(&random), byteCount: size,
        logicalBlockSize: 512, physicalBlockSize: 4096,
        diskSequence: Bool.random(using: &random) ? .random(in: 0 ... .max, using: &random) : nil,
        bootID: text(&random)),
      time: .random(in: .min ... .max, using: &random), image: text(&random),
      writtenByteCount: UInt64.random(in: 0...size, using: &random), erased: ByteRanges([place(&random)]),
      table: text(&random), partitions: [])
    record.number = .random(in: 0 ... .max, using: &random)
    for number in 0..<Int.random(in: 0...5, using: &random) {
      record.partitions.append(
        UndoRecord.Partition(
          number: number, range: place(&random), fileSystem: maybe(&random), name: maybe(&random)))
    }
    var start: UInt64 = 0
    while start < size, record.pieces.count < 20 {
      let end = min(size, start + UInt64.random(in: 1...2048, using: &random) * 512)
      let content: UndoRecord.Piece.Content =
        Bool.random(using: &random)
        ? .zeros
        : .stored(
          at: RecordFormat.dataOffset + start / 4, sha256: [UInt8].random(32, seed: start))
      record.pieces.append(UndoRecord.Piece(range: start..<end, content: content))
      start = end + UInt64.random(in: 0...8, using: &random) * 512
    }
    record.unreadable = ByteRanges([place(&random)])
    return record
  }
}
