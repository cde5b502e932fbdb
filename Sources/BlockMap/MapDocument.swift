/// The versions of the format, by what they call their checksums.
enum MapVersion {
  /// 1.0 to 1.2: no checksum of the file, SHA-1 of ranges at most.
  case early
  /// 1.3: SHA-1 of both.
  case sha1
  /// 2.x, and 1.4, which is 2.0 under a name given by mistake.
  case current

  init?(_ text: String) {
    switch text {
    case "1.0", "1.1", "1.2": self = .early
    case "1.3": self = .sha1
    case "1.4": self = .current
    default:
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0] == "2", !parts[1].isEmpty,
        parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
      else { return nil }
      self = .current
    }
  }

  var ownChecksum: BlockMapError.Field? {
    switch self {
    case .early: nil
    case .sha1: .ownSHA1
    case .current: .ownChecksum
    }
  }

  /// The attribute of a range that holds its checksum.
  var rangeAttribute: String { self == .current ? "chksum" : "sha1" }
}

/// The elements of a map as they stand in its file.
struct MapDocument {
  struct Text {
    var bytes: [UInt8] = []
    /// Where it lies in the file; nil where it comes in several parts.
    var place: Range<Int>?
    let start: Int
  }

  struct RangeText {
    let bytes: [UInt8]
    let checksum: String?
    let offset: Int
  }

  private(set) var fields: [BlockMapError.Field: Text] = [:]
  private(set) var ranges: [RangeText] = []
  let version: MapVersion
  private let rangeLimit: Int

  init(reading file: [UInt8], rangeLimit: Int) throws(BlockMapError) {
    var reader = try XMLReader(file)
    guard case .start("bmap", let attributes)? = try reader.next() else { throw BlockMapError(.noMap, at: 0) }
    guard let name = attributes.first(where: { $0.name == "version" }), let version = MapVersion(name.value)
    else { throw BlockMapError(.version, at: 0) }
    self.version = version
    self.rangeLimit = rangeLimit
    try readFields(&reader)
    // Nothing but white space and comments may follow; the reader makes sure of it.
    guard try reader.next() == nil else { throw BlockMapError(.syntax, at: reader.position) }
  }

  private mutating func readFields(_ reader: inout XMLReader) throws(BlockMapError) {
    while let event = try reader.next() {
      switch event {
      case .end: return
      case .text(let text, let place):
        guard text.allSatisfy(\.isXMLSpace) else { throw BlockMapError(.syntax, at: place.lowerBound) }
      case .start(let name, _):
        let start = reader.position
        // What is not known belongs to a later minor version, which changes nothing of the rest.
        guard let field = BlockMapError.Field(rawValue: name) else {
          _ = try Self.leaf(&reader)
          continue
        }
        guard fields[field] == nil else { throw BlockMapError(.repeated(field), at: start) }
        if field == .blockMap {
          fields[field] = Text(start: start)
          try readRanges(&reader)
        } else {
          fields[field] = try Self.leaf(&reader)
        }
      }
    }
  }

  private mutating func readRanges(_ reader: inout XMLReader) throws(BlockMapError) {
    while let event = try reader.next() {
      switch event {
      case .end: return
      case .text(let text, let place):
        guard text.allSatisfy(\.isXMLSpace) else { throw BlockMapError(.syntax, at: place.lowerBound) }
      case .start(let name, let attributes):
        let start = reader.position
        let text = try Self.leaf(&reader)
        guard name == "Range" else { continue }
        guard ranges.count < rangeLimit else { throw BlockMapError(.tooManyRanges, at: start) }
        ranges.append(
          RangeText(
            bytes: text.bytes, checksum: attributes.first { $0.name == version.rangeAttribute }?.value,
            offset: start))
      }
    }
  }

  /// The text of an element that has begun; elements in it count for nothing.
  private static func leaf(_ reader: inout XMLReader) throws(BlockMapError) -> Text {
    var text = Text(start: reader.position)
    var depth = 1
    while let event = try reader.next() {
      switch event {
      case .start: depth += 1
      case .end:
        depth -= 1
        if depth == 0 { return text }
      case .text(let bytes, let place):
        guard depth == 1 else { continue }
        text.place = text.bytes.isEmpty && bytes.count == place.count ? place : nil
        text.bytes += bytes
      }
    }
    return text
  }
}
