import DeviceProbe
import DiskFormats

/// Puts the fields of a description one behind the other.
struct FieldWriter {
  private(set) var bytes: [UInt8] = []
  /// Foreign text is cut here, in bytes of UTF-8.
  static let textLimit = 4096

  mutating func put(_ number: some FixedWidthInteger & UnsignedInteger) {
    var rest = number
    for _ in 0..<(rest.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest = rest >> 8
    }
  }

  mutating func put(bytes more: [UInt8]) { bytes += more }

  mutating func put(_ text: String) {
    let content = text.utf8.prefix(Self.textLimit)
    put(UInt16(content.count))
    bytes += content
  }

  mutating func put(_ text: String?) {
    put(UInt8(text == nil ? 0 : 1))
    if let text { put(text) }
  }

  mutating func put(_ range: Range<UInt64>) {
    put(range.lowerBound)
    put(range.upperBound)
  }

  mutating func put(_ ranges: ByteRanges) {
    // Those that are left out count as written and not as lost; there are never so many.
    let list = ranges.ranges.prefix(RecordFormat.listLimit)
    put(UInt32(list.count))
    for range in list { put(range) }
  }

  mutating func put(_ disk: DiskFingerprint) {
    switch disk.kind {
    case .disk(let identity):
      put(UInt8(0))
      put(identity.vendor)
      put(identity.model)
      put(identity.serial)
      put(identity.wwn)
    case .virtualStick(let fileSystem, let inode):
      put(UInt8(1))
      put(fileSystem)
      put(inode)
    }
    put(disk.transport)
    put(disk.port)
    put(disk.path)
    put(disk.byteCount)
    put(UInt32(clamping: disk.logicalBlockSize))
    put(UInt32(clamping: disk.physicalBlockSize))
    put(UInt8(disk.diskSequence == nil ? 0 : 1))
    put(disk.diskSequence ?? 0)
    put(disk.bootID)
  }
}

/// Reads the fields of a description in their order; each is checked.
struct FieldReader {
  private let reader: ByteReader
  private var position = 0

  init(_ bytes: [UInt8]) { reader = ByteReader(bytes) }

  var isAtEnd: Bool { position == reader.count }

  mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type = UInt64.self
  ) throws(FormatError) -> Number {
    defer { position += Number.bitWidth / 8 }
    return try reader.littleEndian(at: position)
  }

  mutating func count(limit: Int) throws(FormatError) -> Int {
    let count = Int(try number(UInt32.self))
    guard count <= limit else { throw invalid("count", UInt64(count)) }
    return count
  }

  mutating func digest() throws(FormatError) -> [UInt8] {
    defer { position += 32 }
    return try reader.bytes(at: position, count: 32)
  }

  mutating func bytes(count: Int) throws(FormatError) -> [UInt8] {
    defer { position += count }
    return try reader.bytes(at: position, count: count)
  }

  mutating func text() throws(FormatError) -> String {
    let count = Int(try number(UInt16.self))
    guard count <= FieldWriter.textLimit else { throw invalid("text", UInt64(count)) }
    defer { position += count }
    return String(decoding: try reader.bytes(at: position, count: count), as: UTF8.self)
  }

  mutating func optionalText() throws(FormatError) -> String? { try flag() ? try text() : nil }

  mutating func range() throws(FormatError) -> Range<UInt64> {
    let lower: UInt64 = try number()
    let upper: UInt64 = try number()
    guard lower <= upper, upper <= UInt64(Int64.max) else { throw invalid("range", upper) }
    return lower..<upper
  }

  mutating func ranges() throws(FormatError) -> ByteRanges {
    var ranges: [Range<UInt64>] = []
    for _ in 0..<(try count(limit: RecordFormat.listLimit)) { ranges.append(try range()) }
    return ByteRanges(ranges)
  }

  mutating func fingerprint() throws(FormatError) -> DiskFingerprint {
    let kind: DiskFingerprint.Kind
    if try flag() {
      kind = .virtualStick(fileSystem: try number(), inode: try number())
    } else {
      kind = .disk(
        HardwareIdentity(
          vendor: try optionalText(), model: try optionalText(), serial: try optionalText(),
          wwn: try optionalText()))
    }
    var disk = DiskFingerprint(
      kind: kind, transport: try text(), port: try optionalText(), path: try text(), byteCount: try number(),
      logicalBlockSize: Int(try number(UInt32.self)), physicalBlockSize: Int(try number(UInt32.self)),
      diskSequence: nil, bootID: "")
    let hasSequence = try flag()
    let sequence: UInt64 = try number()
    disk.diskSequence = hasSequence ? sequence : nil
    disk.bootID = try text()
    return disk
  }

  private mutating func flag() throws(FormatError) -> Bool {
    let value = try number(UInt8.self)
    guard value <= 1 else { throw invalid("flag", UInt64(value)) }
    return value == 1
  }

  private func invalid(_ field: String, _ value: UInt64) -> FormatError {
    .invalid(.other, field: field, value: value, offset: UInt64(position))
  }
}
