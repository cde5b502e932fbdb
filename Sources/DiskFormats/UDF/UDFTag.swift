/// The tag that every UDF descriptor begins with (ECMA-167 3/7.2).
struct UDFTag: Hashable, Sendable {
  /// Bytes 0–1: which descriptor it is.
  let identifier: UInt16
  /// Bytes 12–15: the block that the descriptor says it lies in.
  let location: UInt32

  static let primaryVolume: UInt16 = 1
  static let anchor: UInt16 = 2
  static let partition: UInt16 = 5
  static let logicalVolume: UInt16 = 6
  static let terminating: UInt16 = 8
  static let fileSet: UInt16 = 256
  static let fileIdentifier: UInt16 = 257
  static let allocationExtent: UInt16 = 258
  static let fileEntry: UInt16 = 261
  static let extendedFileEntry: UInt16 = 266

  /// Parses a tag and checks the sum over its 16 bytes; nil where it is wrong or where all is zero.
  init?(_ reader: ByteReader) {
    guard reader.contains(0, count: 16), !reader.isZero(in: 0..<16),
      let identifier: UInt16 = try? reader.littleEndian(at: 0),
      let location: UInt32 = try? reader.littleEndian(at: 12)
    else { return nil }
    var sum: UInt8 = 0
    for index in 0..<16 where index != 4 { sum &+= reader.bytes[index] }
    guard sum == reader.bytes[4] else { return nil }
    self.identifier = identifier
    self.location = location
  }
}

/// Text of UDF: OSTA compressed Unicode (UDF 2.1.1).
enum UDFText {
  /// A first byte of 8 stands for Latin-1, 16 for UTF-16 big-endian; anything else is no text.
  static func decode(_ bytes: ArraySlice<UInt8>) -> String {
    guard let kind = bytes.first else { return "" }
    let content = bytes.dropFirst()
    if kind == 8 { return String(String.UnicodeScalarView(content.map { Unicode.Scalar($0) })) }
    guard kind == 16 else { return "" }
    var units: [UInt16] = []
    var high: UInt16?
    for byte in content {
      if let first = high {
        units.append(first << 8 | UInt16(byte))
        high = nil
      } else {
        high = UInt16(byte)
      }
    }
    return String(decoding: units, as: UTF16.self)
  }

  /// A field of fixed size whose last byte says how many bytes are used (UDF 2.1.3).
  static func fixed(_ reader: ByteReader, at offset: Int, count: Int) -> String {
    guard let field = try? reader.bytes(at: offset, count: count), let used = field.last else { return "" }
    return decode(field.prefix(min(Int(used), count - 1)))
  }
}
