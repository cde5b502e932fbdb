/// Reads the part of XML 1.0 that block maps are written in, and refuses the rest of it.
///
/// No document types, and so no entities but the five, no processing instructions, no raw text: what is not there
/// cannot be used against the reader. Every name, text and list has a bound.
struct XMLReader {
  /// What comes next in the document.
  enum Event: Equatable {
    case start(name: String, attributes: [Attribute])
    case end
    /// Text between two tags or comments, and where it lies in the document.
    case text([UInt8], Range<Int>)
  }

  struct Attribute: Equatable {
    let name: String
    let value: String
  }

  static let largestDepth = 4
  private static let largestName = 64
  private static let largestText = 4096
  private static let largestAttributes = 8

  private let bytes: [UInt8]
  private(set) var position = 0
  private var open: [String] = []
  /// An empty element has begun, whose end has not been told yet.
  private var endIsDue = false
  private var hasRoot = false

  init(_ bytes: [UInt8]) throws(BlockMapError) {
    self.bytes = bytes
    _ = take("\u{FEFF}")
    guard take("<?xml") else { return }
    guard let space = bytes.at(position), space.isXMLSpace else { throw error(.syntax) }
    try skip(behind: "?>")
  }

  /// The next event; nil where the document ends as it should.
  mutating func next() throws(BlockMapError) -> Event? {
    if endIsDue {
      endIsDue = false
      open.removeLast()
      return .end
    }
    while true {
      let start = position
      if bytes.at(position) == .lessThan {
        if take("<!--") {
          try skipComment()
        } else if take("</") {
          return try endTag()
        } else {
          return try startTag()
        }
      } else if position < bytes.count {
        let text = try text(until: .lessThan)
        if !open.isEmpty { return .text(text, start..<position) }
        guard text.allSatisfy(\.isXMLSpace) else { throw BlockMapError(.syntax, at: start) }
      } else {
        guard hasRoot, open.isEmpty else { throw error(.syntax) }
        return nil
      }
    }
  }

  private mutating func startTag() throws(BlockMapError) -> Event {
    let start = position
    if take("<!DOCTYPE") { throw BlockMapError(.documentType, at: start) }
    if take("<!") || take("<?") { throw BlockMapError(.construct, at: start) }
    position += 1
    let name = try name()
    guard !open.isEmpty || !hasRoot else { throw BlockMapError(.syntax, at: start) }
    guard open.count < Self.largestDepth else { throw BlockMapError(.tooDeep, at: start) }
    var attributes: [Attribute] = []
    while true {
      let spaced = skipSpace()
      if take(">") { break }
      if take("/>") {
        endIsDue = true
        break
      }
      guard spaced, attributes.count < Self.largestAttributes else { throw error(.syntax) }
      let attribute = try attribute()
      guard !attributes.contains(where: { $0.name == attribute.name }) else { throw error(.syntax) }
      attributes.append(attribute)
    }
    open.append(name)
    hasRoot = true
    return .start(name: name, attributes: attributes)
  }

  private mutating func endTag() throws(BlockMapError) -> Event {
    let start = position
    let name = try name()
    skipSpace()
    guard take(">"), open.popLast() == name else { throw BlockMapError(.syntax, at: start) }
    return .end
  }

  private mutating func attribute() throws(BlockMapError) -> Attribute {
    let name = try name()
    skipSpace()
    guard take("=") else { throw error(.syntax) }
    skipSpace()
    guard let quote = bytes.at(position), quote == .quote || quote == .apostrophe else {
      throw error(.syntax)
    }
    position += 1
    let value = try text(until: quote)
    guard bytes.at(position) == quote else { throw error(.syntax) }
    position += 1
    return Attribute(name: name, value: String(decoding: value, as: UTF8.self))
  }

  private mutating func name() throws(BlockMapError) -> String {
    let start = position
    while let byte = bytes.at(position), byte.isNameByte(first: position == start) {
      guard position - start < Self.largestName else { throw BlockMapError(.syntax, at: start) }
      position += 1
    }
    guard position > start else { throw error(.syntax) }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// The bytes up to a delimiter or to the end, with entities replaced.
  private mutating func text(until delimiter: UInt8) throws(BlockMapError) -> [UInt8] {
    var text: [UInt8] = []
    while let byte = bytes.at(position), byte != delimiter {
      guard text.count < Self.largestText, byte >= 0x20 || byte.isXMLSpace, byte != .lessThan else {
        throw error(.syntax)
      }
      if byte == .ampersand {
        text.append(try entity())
      } else {
        text.append(byte)
        position += 1
      }
    }
    return text
  }

  private mutating func entity() throws(BlockMapError) -> UInt8 {
    for (name, byte) in Self.entities where take(name) { return byte }
    throw error(.entity)
  }

  private static let entities: [(String, UInt8)] = [
    ("&lt;", .lessThan), ("&gt;", .greaterThan), ("&amp;", .ampersand), ("&quot;", .quote),
    ("&apos;", .apostrophe),
  ]

  /// A comment must not hold two hyphens, or nobody could tell where it ends.
  private mutating func skipComment() throws(BlockMapError) {
    try skip(behind: "--")
    guard take(">") else { throw error(.syntax) }
  }

  private mutating func skip(behind mark: String) throws(BlockMapError) {
    let start = position
    while position < bytes.count {
      if take(mark) { return }
      position += 1
    }
    throw BlockMapError(.syntax, at: start)
  }

  @discardableResult private mutating func skipSpace() -> Bool {
    let start = position
    while let byte = bytes.at(position), byte.isXMLSpace { position += 1 }
    return position > start
  }

  /// Moves behind some text if it comes next.
  private mutating func take(_ text: String) -> Bool {
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private func error(_ reason: BlockMapError.Reason) -> BlockMapError { BlockMapError(reason, at: position) }
}

extension [UInt8] {
  /// The byte at an index; nil behind the last one.
  fileprivate func at(_ index: Int) -> UInt8? { index < count ? self[index] : nil }
}

extension UInt8 {
  fileprivate static let lessThan = UInt8(ascii: "<")
  fileprivate static let greaterThan = UInt8(ascii: ">")
  fileprivate static let ampersand = UInt8(ascii: "&")
  fileprivate static let quote = UInt8(ascii: "\"")
  fileprivate static let apostrophe = UInt8(ascii: "'")

  /// Whether it is white space in XML.
  var isXMLSpace: Bool { self == 0x20 || (0x09...0x0A).contains(self) || self == 0x0D }

  fileprivate func isNameByte(first: Bool) -> Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"):
      !first
    default: false
    }
  }
}
