import Decompression

/// A header of a tar file: 512 bytes, with numbers as digits (POSIX.1-2017 pax, "ustar Interchange Format").
struct TarHeader {
  static let byteCount = 512

  /// Bytes 156: what follows.
  let kind: UInt8
  /// The name, with the prefix where the dialect has one.
  let name: [UInt8]
  /// Bytes 124 to 135: the length of what follows, in bytes.
  let byteCount: UInt64
  private let bytes: [UInt8]

  /// Whether it says that it is one, as all but the oldest do: with a wrong sum it is a damaged one, and not a disk.
  static func hasMagic(_ bytes: [UInt8]) -> Bool {
    bytes.count >= byteCount && bytes[0] != 0 && bytes[257..<262].elementsEqual("ustar".utf8)
  }

  /// Whether the sum of the bytes is the one in the header; some have added them up as signed numbers.
  static func isHeader(_ bytes: [UInt8]) -> Bool {
    // Without a digit the field says nothing: a disk's first sector may have zeros there, and add up to nothing.
    guard bytes.count == byteCount, bytes[0] != 0, let sum = number(bytes[148..<156]), sum > 0 else {
      return false
    }
    let others = bytes[..<148] + bytes[156...]
    let unsigned = others.reduce(8 * 32) { $0 + Int($1) }
    let signed = others.reduce(8 * 32) { $0 + Int(Int8(bitPattern: $1)) }
    return sum == UInt64(unsigned) || (signed > 0 && sum == UInt64(signed))
  }

  /// Reads a header; nil for what is none.
  init?(_ bytes: [UInt8]) {
    // A header of an extension may lack a name.
    guard bytes.count == Self.byteCount, Self.isHeader(bytes), let length = Self.number(bytes[124..<136])
    else { return nil }
    self.bytes = bytes
    kind = bytes[156]
    byteCount = length
    let name = Self.text(bytes[0..<100])
    // Six bytes of magic: GNU's old one ends in a blank, and uses the prefix for other things.
    let hasPrefix = bytes[257..<263].elementsEqual(Array("ustar".utf8) + [0]) && bytes[345] != 0
    self.name = hasPrefix ? Self.text(bytes[345..<500]) + [UInt8(ascii: "/")] + name : name
  }

  /// The entries of the map of a sparse file in GNU's old form, from byte 386 on, and the length of the file.
  var oldSparseMap: (fragments: [TarFragment], byteCount: UInt64, goesOn: Bool)? {
    guard let length = Self.number(bytes[483..<495]),
      let fragments = Self.fragments(bytes[386..<482], count: 4)
    else { return nil }
    return (fragments, length, bytes[482] != 0)
  }

  /// Entries of twice twelve bytes, up to the first empty one.
  static func fragments(_ bytes: ArraySlice<UInt8>, count: Int) -> [TarFragment]? {
    var fragments: [TarFragment] = []
    for index in 0..<count {
      let start = bytes.startIndex + index * 24
      guard bytes[start] != 0 else { break }
      guard let offset = number(bytes[start..<start + 12]),
        let length = number(bytes[start + 12..<start + 24])
      else { return nil }
      fragments.append(TarFragment(offset: offset, byteCount: length))
    }
    return fragments
  }

  /// A number in octal digits, or, where the highest bit is set, in binary (GNU tar, "base-256").
  static func number(_ field: ArraySlice<UInt8>) -> UInt64? {
    guard let first = field.first else { return nil }
    if first & 0x80 != 0 {
      guard first == 0x80 else { return nil }
      var value: UInt64 = 0
      for byte in field.dropFirst() {
        guard value >> 56 == 0 else { return nil }
        value = value << 8 | UInt64(byte)
      }
      // More is no length of a file, and could not be added up.
      return value <= UInt64(Int64.max) ? value : nil
    }
    let digits = field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
    let rest = field.drop { $0 == 0x20 }.dropFirst(digits.count)
    guard rest.allSatisfy({ $0 == 0 || $0 == 0x20 }), digits.count <= 20 else { return nil }
    return digits.reduce(0) { $0 << 3 | UInt64($1 - 0x30) }
  }

  private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }
}

/// A part of a sparse file that holds data; between them are zeros.
struct TarFragment: Hashable {
  /// Where it lies in the file, in bytes.
  var offset: UInt64
  /// How long it is, in bytes.
  var byteCount: UInt64
}
