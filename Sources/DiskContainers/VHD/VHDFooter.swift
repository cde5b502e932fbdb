/// The footer of a VHD, of which a copy stands at the beginning of those that grow.
///
/// ```
///  0 "conectix"  16 offset of the dynamic header (8)  48 length of the disk (8)  60 type (4)  64 checksum (4)
/// ```
/// Source: Microsoft, "Virtual Hard Disk Image Format Specification", 2006; the highest byte comes first.
struct VHDFooter: Hashable, Sendable {
  static let byteCount = 512

  let byteCount: UInt64
  let headerOffset: UInt64
  private let type: UInt32

  /// Reads a footer; nil for what is none, or does not have its checksum.
  init?(_ fields: Fields) {
    guard fields.bytes.count >= Self.byteCount, fields.has("conectix", at: 0) else { return nil }
    let footer = Fields(Array(fields.bytes.prefix(Self.byteCount)))
    guard footer.big(UInt32.self, at: 64) == Self.checksum(of: footer.bytes, at: 64) else { return nil }
    headerOffset = footer.big(at: 16)
    byteCount = footer.big(at: 48)
    type = footer.big(at: 60)
  }

  var isFixed: Bool { type == 2 }
  var isDynamic: Bool { type == 3 }
  var isDifferencing: Bool { type == 4 }

  /// The one's complement of the sum of all bytes but those of the checksum itself.
  static func checksum(of bytes: [UInt8], at place: Int) -> UInt32 {
    ~bytes.indices.reduce(UInt32(0)) { sum, index in
      (place..<place + 4).contains(index) ? sum : sum &+ UInt32(bytes[index])
    }
  }
}
