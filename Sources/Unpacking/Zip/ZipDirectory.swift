import BlockIO
import Decompression

/// The directory at the end of a zip file, which alone says what is in it (APPNOTE 6.3, 4.3.12 to 4.3.16).
struct ZipDirectory {
  /// What a file begins with: its first member, or the end of an empty directory.
  static let beginnings: [[UInt8]] = [[0x50, 0x4B, 3, 4], endMark]

  private static let endMark: [UInt8] = [0x50, 0x4B, 5, 6]
  private static let end64Mark: [UInt8] = [0x50, 0x4B, 6, 6]
  private static let locatorMark: [UInt8] = [0x50, 0x4B, 6, 7]
  private static let endByteCount = 22
  private static let locatorByteCount: UInt64 = 20
  private static let end64ByteCount: UInt64 = 56
  private static let longestComment = 0xFFFF
  /// More than the directory of an archive with an image in it has, in bytes.
  private static let longest: UInt64 = 16 << 20

  /// Every member, in the order of the directory.
  let entries: [ZipEntry]
  /// Where the directory begins in the file, in bytes.
  let start: UInt64

  /// Reads the directory, and refuses one that is not whole or not at the end, or whose members overlap (R49).
  init(of file: any PackedInput) throws(UnpackingError) {
    let (place, count) = try Self.place(in: file)
    guard place.count <= Self.longest else {
      throw .decoding(.memoryLimit(needed: UInt64(place.count), allowed: Self.longest), layer: 0)
    }
    let bytes = try file.piece(at: place.lowerBound, count: Int(place.count))
    var entries: [ZipEntry] = []
    var offset = 0
    while offset < bytes.count {
      let entry = try ZipEntry(bytes, at: &offset, fileOffset: place.lowerBound)
      entries.append(entry)
    }
    // Without zip64 there is room for sixteen bits of it.
    guard UInt64(entries.count) & 0xFFFF == count & 0xFFFF else {
      throw .decoding(.corrupt(offset: place.upperBound), layer: 0)
    }
    self.entries = entries
    start = place.lowerBound
    try requireApart()
  }

  /// Members that share bytes are a bomb, or a different file for every program that looks.
  private func requireApart() throws(UnpackingError) {
    var end: UInt64 = 0
    for entry in entries.sorted(by: { $0.headerOffset < $1.headerOffset }) {
      guard entry.headerOffset >= end else {
        throw .decoding(.corrupt(offset: entry.headerOffset), layer: 0)
      }
      guard let next = entry.leastEnd, next <= start else {
        throw .decoding(.corrupt(offset: entry.headerOffset), layer: 0)
      }
      end = next
    }
  }

  // MARK: - Where it lies

  private static func place(
    in file: any PackedInput
  ) throws(UnpackingError) -> (range: Range<UInt64>, count: UInt64) {
    let tailByteCount = min(file.byteCount, UInt64(endByteCount + longestComment))
    let tailOffset = file.byteCount - tailByteCount
    let tail = try file.piece(at: tailOffset, count: Int(tailByteCount))
    let index = try endIndex(in: tail, tailOffset)
    let end = tailOffset + UInt64(index)
    let record = tail[index...]
    var numbers = EndNumbers(
      disks: [record.number(4, 2), record.number(6, 2)], counts: [record.number(8, 2), record.number(10, 2)],
      byteCount: record.number(12, 4), offset: record.number(16, 4))
    var endOfDirectory = end
    if let found = try end64(before: end, in: file) {
      numbers.replace(by: found.numbers)
      endOfDirectory = found.offset
    }
    guard numbers.disks == [0, 0], numbers.counts[0] == numbers.counts[1] else {
      // Parts of it are in other files.
      throw .decoding(.unsupported(.volumes, offset: end), layer: 0)
    }
    let (sum, overflows) = numbers.offset.addingReportingOverflow(numbers.byteCount)
    guard !overflows, sum == endOfDirectory else { throw .decoding(.corrupt(offset: end), layer: 0) }
    return (numbers.offset..<sum, numbers.counts[0])
  }

  /// The last record whose comment ends where the file does.
  private static func endIndex(in tail: [UInt8], _ offset: UInt64) throws(UnpackingError) -> Int {
    var other: Int?
    for index in stride(from: tail.count - endByteCount, through: 0, by: -1) {
      guard tail[index] == endMark[0], tail[index...].starts(with: endMark) else { continue }
      let end = index + endByteCount + Int(tail[index...].number(20, 2))
      if end == tail.count { return index }
      if end < tail.count, other == nil { other = end }
    }
    if let other { throw .decoding(.trailingGarbage(offset: offset + UInt64(other)), layer: 0) }
    throw .decoding(.truncated(offset: offset + UInt64(tail.count)), layer: 0)
  }

  /// Whether a file ends as the last of several volumes does, which begins with anything.
  static func isLastVolume(_ file: some RandomAccessBytes) throws(ByteReadError) -> Bool {
    guard file.byteCount >= UInt64(endByteCount) else { return false }
    let record: ArraySlice<UInt8>
    do throws(ByteReadError) {
      record = try file.bytes(at: file.byteCount - UInt64(endByteCount), count: endByteCount)[...]
    } catch {
      // What comes in order has no end yet that could be looked at.
      if case .notLookedAt = error { return false }
      throw error
    }
    let disk = record.number(4, 2)
    return record.starts(with: endMark) && (1..<0xFFFF).contains(disk) && record.number(6, 2) <= disk
      && record.number(20, 2) == 0
  }

  private struct EndNumbers {
    var disks: [UInt64]
    var counts: [UInt64]
    var byteCount: UInt64
    var offset: UInt64

    /// Numbers that have no room in the old record are all ones there.
    mutating func replace(by other: EndNumbers) {
      for index in 0...1 {
        if disks[index] == 0xFFFF { disks[index] = other.disks[index] }
        if counts[index] == 0xFFFF { counts[index] = other.counts[index] }
      }
      if byteCount == 0xFFFF_FFFF { byteCount = other.byteCount }
      if offset == 0xFFFF_FFFF { offset = other.offset }
    }
  }

  private static func end64(
    before end: UInt64, in file: any PackedInput
  ) throws(UnpackingError) -> (numbers: EndNumbers, offset: UInt64)? {
    guard end >= locatorByteCount + end64ByteCount else { return nil }
    let locator = try file.piece(at: end - locatorByteCount, count: Int(locatorByteCount))
    guard locator.starts(with: locatorMark) else { return nil }
    let offset = locator[...].number(8, 8)
    guard offset <= end - locatorByteCount - end64ByteCount else {
      throw .decoding(.corrupt(offset: end - locatorByteCount), layer: 0)
    }
    let record = try file.piece(at: offset, count: Int(end64ByteCount))
    let length = record[...].number(4, 8)
    guard record.starts(with: end64Mark), length == end - locatorByteCount - offset - 12 else {
      throw .decoding(.corrupt(offset: offset), layer: 0)
    }
    let numbers = EndNumbers(
      disks: [record[...].number(16, 4), record[...].number(20, 4)],
      counts: [record[...].number(24, 8), record[...].number(32, 8)], byteCount: record[...].number(40, 8),
      offset: record[...].number(48, 8))
    return (numbers, offset)
  }
}

extension PackedInput {
  /// Bytes that must be there.
  func piece(at offset: UInt64, count: Int) throws(UnpackingError) -> [UInt8] {
    do throws(ByteReadError) { return try bytes(at: offset, count: count) } catch {
      guard case .outOfBounds = error else { throw .reading(error) }
      throw .decoding(.truncated(offset: byteCount), layer: 0)
    }
  }
}

extension ArraySlice<UInt8> {
  /// A number of so many bytes from a place on, counted from the beginning; the lowest byte comes first.
  func number(_ offset: Int, _ count: Int) -> UInt64 {
    UInt64(littleEndianBytes: self[startIndex + offset..<startIndex + offset + count])
  }
}
