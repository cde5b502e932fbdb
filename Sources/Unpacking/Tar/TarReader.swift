import BlockIO
import Decompression

/// Goes through a tar file from member to member, to an end that is proven: two blocks of zeros, then only zeros, and
/// behind them nothing but an index of pixz (R49).
final class TarReader {
  /// More than the name or the attributes of a file take, in bytes.
  private static let longestExtension: UInt64 = 1 << 20
  /// More than anybody packs besides an image.
  private static let mostMembers = 1 << 20

  private let source: any ByteFeed
  private let layer: Int
  /// How far it has read, in bytes.
  private(set) var place: UInt64 = 0
  /// What is stored of the member and not read yet, in bytes.
  private var storedLeft: UInt64 = 0
  private var padding: UInt64 = 0
  private var count = 0
  private var content: TarContent?
  private var isAtEnd = false

  init(_ source: any ByteFeed, layer: Int) {
    self.source = source
    self.layer = layer
  }

  var isChecked: Bool { source.isChecked }

  func workAhead() throws(UnpackingError) { try source.workAhead() }

  /// Goes on to the next member, whatever is left of this one.
  /// - Returns: nil at the end.
  func next() throws(UnpackingError) -> ArchiveMember? {
    guard !isAtEnd else { return nil }
    try pass(storedLeft + padding)
    var attributes = TarAttributes()
    while true {
      let start = place
      let bytes = try take(TarHeader.byteCount)
      if bytes.allSatisfy({ $0 == 0 }) {
        try finish()
        return nil
      }
      guard let header = TarHeader(bytes) else { throw corrupt(start) }
      count += 1
      guard count <= Self.mostMembers else {
        throw .decoding(.unsupported(.options, offset: start), layer: layer)
      }
      guard let member = try member(header, &attributes, at: start) else { continue }
      return member
    }
  }

  /// - Returns: nil for a header that only says something of the next one.
  private func member(
    _ header: TarHeader, _ attributes: inout TarAttributes, at start: UInt64
  ) throws(UnpackingError) -> ArchiveMember? {
    switch header.kind {
    case UInt8(ascii: "x"), UInt8(ascii: "X"):
      guard attributes.take(try contentOfExtension(header, at: start)) else { throw corrupt(start) }
      return nil
    case UInt8(ascii: "L"):
      attributes.name = Array(try contentOfExtension(header, at: start).prefix { $0 != 0 })
      return nil
    case UInt8(ascii: "g"), UInt8(ascii: "K"), UInt8(ascii: "V"):
      try pass(Self.padded(header.byteCount))
      return nil
    case UInt8(ascii: "M"):
      // The rest of a member that begins in another file.
      throw .decoding(.unsupported(.options, offset: start), layer: layer)
    default: break
    }
    let name = String(decoding: attributes.name ?? header.name, as: UTF8.self)
    return try begin(header, attributes, name, at: start)
  }

  private func begin(
    _ header: TarHeader, _ attributes: TarAttributes, _ name: String, at start: UInt64
  ) throws(UnpackingError) -> ArchiveMember {
    let isSparse = header.kind == UInt8(ascii: "S")
    let isFile = [0, UInt8(ascii: "0"), UInt8(ascii: "7"), UInt8(ascii: "S")].contains(header.kind)
    // Links, devices and folders have a length at times, and nothing behind their header.
    let hasData = !(UInt8(ascii: "1")...UInt8(ascii: "6")).contains(header.kind)
    storedLeft = hasData ? attributes.byteCount ?? header.byteCount : 0
    padding = Self.padded(storedLeft) - storedLeft
    // Old writers mark a folder by its name alone.
    let isFolder = name.hasSuffix("/")
    if isSparse {
      content = try oldSparse(header, at: start)
    } else if attributes.isSparse, isFile {
      content = try newSparse(attributes, at: start)
    } else {
      content = TarContent(byteCount: storedLeft)
    }
    let length = content?.byteCount ?? 0
    return ArchiveMember(name: name, byteCount: length, isFile: isFile && !isFolder)
  }

  // MARK: - Content

  /// Reads on in the member; fewer bytes only at its end.
  func read(into output: inout MutableRawSpan) throws(UnpackingError) -> Int {
    var done = 0
    while done < output.byteCount, let piece = content?.take(output.byteCount - done) {
      var room = output._mutatingExtracting(done..<done + piece.count)
      if piece.isData {
        let count = try source.read(into: &room)
        place += UInt64(count)
        guard count == piece.count else { throw truncated }
        storedLeft -= UInt64(count)
      } else {
        room.zero()
      }
      done += piece.count
    }
    return done
  }

  /// What the member begins with, from its start on; nothing else of it has been read before.
  func beginning(_ count: Int) throws(UnpackingError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let done = try bytes.withRoom(from: 0) { room throws(UnpackingError) in try read(into: &room) }
    bytes.removeLast(count - done)
    return bytes
  }

  private func oldSparse(_ header: TarHeader, at start: UInt64) throws(UnpackingError) -> TarContent {
    guard var map = header.oldSparseMap else { throw corrupt(start) }
    while map.goesOn {
      let bytes = try take(TarHeader.byteCount)
      guard let more = TarHeader.fragments(bytes[0..<504], count: 21),
        map.fragments.count + more.count <= TarAttributes.mostFragments
      else { throw corrupt(start) }
      map.fragments += more
      map.goesOn = bytes[504] != 0
    }
    return try sparse(map.fragments, map.byteCount, at: start)
  }

  private func newSparse(_ attributes: TarAttributes, at start: UInt64) throws(UnpackingError) -> TarContent {
    guard let length = attributes.realByteCount else { throw corrupt(start) }
    guard attributes.hasMapInData else { return try sparse(attributes.fragments ?? [], length, at: start) }
    // Decimal numbers with a line feed behind each, the count of entries first, filled up to whole blocks.
    var numbers: [UInt64] = []
    var digits: [UInt8] = []
    var wanted = 1
    while numbers.count < wanted {
      guard storedLeft >= UInt64(TarHeader.byteCount) else { throw corrupt(start) }
      storedLeft -= UInt64(TarHeader.byteCount)
      for byte in try take(TarHeader.byteCount) where numbers.count < wanted {
        guard byte == 0x0A else {
          digits.append(byte)
          continue
        }
        guard let number = TarAttributes.number(digits[...]) else { throw corrupt(start) }
        numbers.append(number)
        digits = []
        guard numbers.count == 1 else { continue }
        guard number <= UInt64(TarAttributes.mostFragments) else { throw corrupt(start) }
        wanted = 1 + 2 * Int(number)
      }
      guard digits.count <= 20 else { throw corrupt(start) }
    }
    let fragments = stride(from: 1, to: wanted, by: 2).map {
      TarFragment(offset: numbers[$0], byteCount: numbers[$0 + 1])
    }
    return try sparse(fragments, length, at: start)
  }

  private func sparse(
    _ fragments: [TarFragment], _ byteCount: UInt64, at start: UInt64
  ) throws(UnpackingError) -> TarContent {
    guard let content = TarContent(fragments, byteCount: byteCount, stored: storedLeft) else {
      throw corrupt(start)
    }
    return content
  }

  // MARK: - Bytes

  private func contentOfExtension(_ header: TarHeader, at start: UInt64) throws(UnpackingError) -> [UInt8] {
    guard header.byteCount <= Self.longestExtension else { throw corrupt(start) }
    let bytes = try take(Int(header.byteCount))
    try pass(Self.padded(header.byteCount) - header.byteCount)
    return bytes
  }

  private func take(_ count: Int) throws(UnpackingError) -> [UInt8] {
    let bytes = try source.bytes(count)
    place += UInt64(bytes.count)
    guard bytes.count == count else { throw truncated }
    return bytes
  }

  private func pass(_ count: UInt64) throws(UnpackingError) {
    let passed = try source.skip(count)
    place += passed
    guard passed == count else { throw truncated }
  }

  /// Behind a first block of zeros a second one is the end, and nothing but zeros and an index follows it.
  private func finish() throws(UnpackingError) {
    guard try take(TarHeader.byteCount).allSatisfy({ $0 == 0 }) else {
      throw corrupt(place - UInt64(TarHeader.byteCount))
    }
    while true {
      let bytes = try source.bytes(64 << 10)
      if let start = bytes.firstIndex(where: { $0 != 0 }) {
        place += UInt64(start)
        try passIndex(beginningWith: Array(bytes[start...]))
        break
      }
      place += UInt64(bytes.count)
      guard bytes.count == 64 << 10 else { break }
    }
    isAtEnd = true
    storedLeft = 0
    content = nil
  }

  /// - Parameter begun: what was read of it already.
  private func passIndex(beginningWith begun: [UInt8]) throws(UnpackingError) {
    let rest = begun + (try source.bytes(PixzIndex.longest - begun.count))
    guard rest.count < PixzIndex.longest, PixzIndex.isIndex(rest[...], of: place) else {
      throw .decoding(.trailingGarbage(offset: place), layer: layer)
    }
    place += UInt64(rest.count)
  }

  private static func padded(_ count: UInt64) -> UInt64 { (count + 511) & ~511 }

  private var truncated: UnpackingError { .decoding(.truncated(offset: place), layer: layer) }

  private func corrupt(_ offset: UInt64) -> UnpackingError {
    .decoding(.corrupt(offset: offset), layer: layer)
  }
}
