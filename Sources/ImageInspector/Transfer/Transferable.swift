import DiskFormats

/// A value that crosses from the confined process that made it to one that does not trust it.
///
/// Numbers have a fixed width, the least significant byte first; text and lists have their count before them.
protocol Transferable {
  /// Reads what ``transfer(to:)`` wrote; whatever the bytes are, it ends and checks each of them.
  init(from reader: inout TransferReader) throws(FormatError)
  /// Appends the value.
  func transfer(to bytes: inout [UInt8])
}

/// Reads one value after the other.
struct TransferReader {
  private let reader: ByteReader
  private(set) var offset = 0

  init(_ bytes: [UInt8]) { reader = ByteReader(bytes) }

  /// How many bytes are left.
  var remaining: Int { reader.count - offset }

  mutating func number<Number: FixedWidthInteger & UnsignedInteger>() throws(FormatError) -> Number {
    let value: Number = try reader.littleEndian(at: offset)
    offset += Number.bitWidth / 8
    return value
  }

  mutating func bytes(count: Int) throws(FormatError) -> [UInt8] {
    let bytes = try reader.bytes(at: offset, count: count)
    offset += count
    return bytes
  }

  /// A count of things of which each takes a byte at least, so that none promises more than is there.
  mutating func count() throws(FormatError) -> Int {
    let count: UInt32 = try number()
    guard count <= remaining else { throw malformed() }
    return Int(count)
  }

  /// What is thrown for a value that no honest process writes.
  func malformed() -> FormatError {
    .invalid(.other, field: "transferred value", value: 0, offset: UInt64(offset))
  }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  init(from reader: inout TransferReader) throws(FormatError) { self = try reader.number() }

  func transfer(to bytes: inout [UInt8]) {
    for shift in stride(from: 0, to: Self.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: self >> shift))
    }
  }
}

extension UInt8: Transferable {}
extension UInt16: Transferable {}
extension UInt32: Transferable {}
extension UInt64: Transferable {}

extension Int: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    let pattern: UInt64 = try reader.number()
    self = Int(Int64(bitPattern: pattern))
  }

  func transfer(to bytes: inout [UInt8]) { UInt64(bitPattern: Int64(self)).transfer(to: &bytes) }
}

extension Bool: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    switch try UInt8(from: &reader) {
    case 0: self = false
    case 1: self = true
    default: throw reader.malformed()
    }
  }

  func transfer(to bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}

extension String: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    let content = try reader.bytes(count: reader.count())
    guard let text = String(validating: content, as: UTF8.self) else { throw reader.malformed() }
    self = text
  }

  func transfer(to bytes: inout [UInt8]) {
    UInt32(utf8.count).transfer(to: &bytes)
    bytes += utf8
  }
}

extension Optional: Transferable where Wrapped: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self = try Bool(from: &reader) ? Wrapped(from: &reader) : nil
  }

  func transfer(to bytes: inout [UInt8]) {
    (self != nil).transfer(to: &bytes)
    if let self { self.transfer(to: &bytes) }
  }
}

extension Array: Transferable where Element: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    let count = try reader.count()
    self = []
    for _ in 0..<count { append(try Element(from: &reader)) }
  }

  func transfer(to bytes: inout [UInt8]) {
    UInt32(count).transfer(to: &bytes)
    for element in self { element.transfer(to: &bytes) }
  }
}

/// Enumerations go by their names.
extension RawRepresentable where RawValue == String {
  init(from reader: inout TransferReader) throws(FormatError) {
    guard let value = Self(rawValue: try String(from: &reader)) else { throw reader.malformed() }
    self = value
  }

  func transfer(to bytes: inout [UInt8]) { rawValue.transfer(to: &bytes) }
}
