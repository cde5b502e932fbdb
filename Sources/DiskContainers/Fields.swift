/// Numbers in a structure that lies in memory whole.
///
/// Offsets are those of its specification, and whoever asks has read as many bytes as it has.
struct Fields {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// A number, its lowest byte first.
  func little<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type = Number.self, at offset: Int
  ) -> Number {
    (0..<Number.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Number(bytes[offset + $1]) }
  }

  /// A number, its highest byte first.
  func big<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type = Number.self, at offset: Int
  ) -> Number {
    (0..<Number.bitWidth / 8).reduce(0) { $0 << 8 | Number(bytes[offset + $1]) }
  }

  /// Whether exactly these bytes stand at an offset; false where the end comes first.
  func has(_ magic: [UInt8], at offset: Int) -> Bool {
    offset + magic.count <= bytes.count && bytes[offset..<offset + magic.count].elementsEqual(magic)
  }

  /// Whether exactly this text stands at an offset; false where the end comes first.
  func has(_ magic: StaticString, at offset: Int) -> Bool { has(Array(magic.description.utf8), at: offset) }
}
