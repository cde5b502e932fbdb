import Decompression

/// What extended headers say of the next member (POSIX.1-2017 pax, "Extended Header"; GNU tar, "Storing Sparse Files").
struct TarAttributes {
  /// The name, in place of the header's.
  var name: [UInt8]?
  /// The length of what is stored, in place of the header's, in bytes.
  var byteCount: UInt64?
  /// The length of a sparse file, in bytes.
  private(set) var realByteCount: UInt64?
  /// The map of a sparse file, in the forms before 1.0.
  private(set) var fragments: [TarFragment]?
  /// Whether the map stands before the data, as in form 1.0.
  private(set) var hasMapInData = false
  private var pendingOffset: UInt64?

  /// Whether the member is a sparse file.
  var isSparse: Bool { hasMapInData || fragments != nil }

  /// More parts than a file may have.
  static let mostFragments = 1 << 16

  /// Takes the records of an extended header, `length keyword=value` and a line feed each.
  /// - Returns: whether it is one.
  mutating func take(_ records: [UInt8]) -> Bool {
    var rest = records[...]
    // What is filled up with zeros ends there.
    while let first = rest.first, first != 0 {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard digits.count < 9, let length = Self.decimal(digits), length <= rest.count,
        length > digits.count + 2, rest[rest.startIndex + digits.count] == 0x20,
        rest[rest.startIndex + length - 1] == 0x0A
      else { return false }
      let record = rest.prefix(length - 1).dropFirst(digits.count + 1)
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { return false }
      let key = String(decoding: record[..<equals], as: UTF8.self)
      guard take(key, record[(equals + 1)...]) else { return false }
      rest = rest.dropFirst(length)
    }
    return true
  }

  private mutating func take(_ key: String, _ value: ArraySlice<UInt8>) -> Bool {
    switch key {
    case "path" where !isSparse: name = Array(value)
    case "GNU.sparse.name": name = Array(value)
    case "size":
      guard let number = Self.number(value) else { return false }
      byteCount = number
    case "GNU.sparse.realsize", "GNU.sparse.size":
      guard let number = Self.number(value) else { return false }
      realByteCount = number
      // Form 1.0 has no other mark before its version.
      if fragments == nil, key == "GNU.sparse.size" { fragments = [] }
    case "GNU.sparse.major": hasMapInData = value.elementsEqual("1".utf8)
    case "GNU.sparse.map": return takeMap(value)
    case "GNU.sparse.offset":
      pendingOffset = Self.number(value)
      return pendingOffset != nil
    case "GNU.sparse.numbytes":
      guard let offset = pendingOffset, let count = Self.number(value) else { return false }
      pendingOffset = nil
      // In place: a copy for each of them would take minutes.
      fragments = fragments ?? []
      fragments?.append(TarFragment(offset: offset, byteCount: count))
      return (fragments?.count ?? 0) <= Self.mostFragments
    default: break
    }
    return true
  }

  private mutating func takeMap(_ value: ArraySlice<UInt8>) -> Bool {
    let numbers = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(Self.number)
    guard numbers.count.isMultiple(of: 2), numbers.count / 2 <= Self.mostFragments else { return false }
    var map: [TarFragment] = []
    for index in stride(from: 0, to: numbers.count, by: 2) {
      guard let offset = numbers[index], let count = numbers[index + 1] else { return false }
      map.append(TarFragment(offset: offset, byteCount: count))
    }
    fragments = map
    return true
  }

  /// A number of a file's length in decimal digits.
  static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
  }

  private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? { number(digits).map(Int.init) }
}
