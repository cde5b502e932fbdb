import BlockIO
import Decompression

/// The directory of a 7z file: its members, and where each lies (7zFormat.txt, "Header structure").
struct SevenZipDirectory {
  /// A member that has content.
  struct Place: Hashable {
    var folder: Int
    /// Where it begins in what the folder unpacks to, in bytes.
    var offset: UInt64
    var checksum: UInt32?
  }

  /// Every member.
  private(set) var members: [ArchiveMember] = []
  /// Where the content of each lies; nil for one without content.
  private(set) var places: [Place?] = []
  /// How everything is packed.
  private(set) var folders: [SevenZipFolder] = []

  private enum Property {
    static let (end, header, archive, additional, main, files): (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) =
      (0, 1, 2, 3, 4, 5)
    static let (emptyStream, emptyFile, names, attributes, encoded): (UInt8, UInt8, UInt8, UInt8, UInt8) =
      (14, 15, 17, 21, 23)
  }

  /// A directory may be packed itself, and that once more; not more often (R49).
  private static let deepest = 3

  /// Reads the directory at the end of a file.
  init(
    of file: any PackedInput, _ limits: DecodingLimits, _ watch: UnpackingWatch
  ) throws(UnpackingError) {
    let start = try SevenZipStart(of: file)
    var bytes = try file.piece(at: start.directory.lowerBound, count: Int(start.directory.count))
    guard start.checksum == ContentSum(of: bytes).value else {
      throw .decoding(.checksumWrong(offset: start.directory.upperBound), layer: 0)
    }
    let place = start.directory.lowerBound
    // An archive without members has no directory.
    guard !bytes.isEmpty else { return }
    for _ in 0..<Self.deepest {
      guard bytes.first == Property.encoded else { break }
      bytes = try Self.decoded(bytes, file, place, limits, watch)
    }
    do throws(SevenZipReader.Fault) { try read(bytes, before: place) } catch {
      throw Self.described(error, at: place)
    }
  }

  private static func described(_ fault: SevenZipReader.Fault, at place: UInt64) -> UnpackingError {
    switch fault {
    case .corrupt: .decoding(.corrupt(offset: place), layer: 0)
    case .unsupported(let feature): .decoding(.unsupported(feature, offset: place), layer: 0)
    case .encrypted: .archive(.encrypted)
    }
  }

  private static func decoded(
    _ bytes: [UInt8], _ file: any PackedInput, _ place: UInt64, _ limits: DecodingLimits,
    _ watch: UnpackingWatch
  ) throws(UnpackingError) -> [UInt8] {
    var reader = SevenZipReader(Array(bytes.dropFirst()))
    let folders: [SevenZipFolder]
    do throws(SevenZipReader.Fault) { folders = try reader.folders(before: place) } catch {
      throw described(error, at: place)
    }
    guard let folder = folders.first, folders.count == 1 else {
      throw .decoding(.corrupt(offset: place), layer: 0)
    }
    guard folder.byteCount <= SevenZipStart.longest else {
      throw .decoding(.memoryLimit(needed: folder.byteCount, allowed: SevenZipStart.longest), layer: 0)
    }
    let feed = CheckedFeed(
      try folder.open(in: file, limits, watch.beside), byteCount: folder.byteCount, checksum: folder.checksum,
      requiresEnd: false, endingAt: folder.packed.upperBound, layer: 0)
    // One byte more than there is makes it look at its checksum.
    return try feed.bytes(Int(folder.byteCount) + 1)
  }

  private mutating func read(_ bytes: [UInt8], before limit: UInt64) throws(SevenZipReader.Fault) {
    var reader = SevenZipReader(bytes)
    try reader.requireProperty(Property.header)
    while true {
      switch try reader.byte() {
      case Property.end:
        // Nobody says what stands behind the end.
        guard reader.remaining == 0 else { throw .corrupt }
        return
      case Property.archive: try Self.passProperties(&reader)
      case Property.additional: throw .unsupported(.options)
      case Property.main: folders = try reader.folders(before: limit)
      case Property.files: try readFiles(&reader)
      default: throw .corrupt
      }
    }
  }

  private static func passProperties(_ reader: inout SevenZipReader) throws(SevenZipReader.Fault) {
    while try reader.byte() != Property.end { _ = try reader.bytes(try reader.count()) }
  }

  private mutating func readFiles(_ reader: inout SevenZipReader) throws(SevenZipReader.Fault) {
    let count = try reader.count()
    var isEmpty = [Bool](repeating: false, count: count)
    var isFile = isEmpty
    var names: [String] = []
    var attributes = [UInt32](repeating: 0, count: count)
    while true {
      let property = try reader.byte()
      guard property != Property.end else { break }
      let length = try reader.number()
      guard length <= UInt64(reader.remaining) else { throw .corrupt }
      var field = SevenZipReader(try reader.bytes(Int(length)))
      switch property {
      case Property.emptyStream: isEmpty = try field.bits(count)
      case Property.emptyFile:
        for (index, bit) in zip(isEmpty.indices.filter { isEmpty[$0] }, try field.bits(isEmpty.count { $0 }))
        {
          isFile[index] = bit
        }
      case Property.names: names = try Self.names(&field, count)
      case Property.attributes:
        let isDefined = try field.optionalBits(count)
        guard try field.byte() == 0 else { throw .unsupported(.options) }
        for index in isDefined.indices where isDefined[index] {
          attributes[index] = UInt32(littleEndianBytes: try field.bytes(4))
        }
      default: break
      }
    }
    guard names.isEmpty || names.count == count else { throw .corrupt }
    try place(names, isEmpty: isEmpty, isFile: isFile, attributes)
  }

  private static func names(
    _ field: inout SevenZipReader, _ count: Int
  ) throws(SevenZipReader.Fault) -> [String] {
    guard try field.byte() == 0 else { throw .unsupported(.options) }
    var names: [String] = []
    var units: [UInt16] = []
    while field.remaining > 0 {
      let unit = UInt16(littleEndianBytes: try field.bytes(2))
      if unit == 0 {
        names.append(String(decoding: units, as: UTF16.self))
        units = []
      } else {
        units.append(unit)
      }
    }
    guard names.count == count, units.isEmpty else { throw .corrupt }
    return names
  }

  /// Hands the content of the folders out, in order, to the members that have any.
  private mutating func place(
    _ names: [String], isEmpty: [Bool], isFile: [Bool], _ attributes: [UInt32]
  ) throws(SevenZipReader.Fault) {
    var parts: [(Place, UInt64)] = []
    for (index, folder) in folders.enumerated() {
      var offset: UInt64 = 0
      for file in folder.files {
        parts.append((Place(folder: index, offset: offset, checksum: file.checksum), file.byteCount))
        offset += file.byteCount
      }
    }
    var next = parts[...]
    for index in isEmpty.indices {
      let part = isEmpty[index] ? nil : next.popFirst()
      guard isEmpty[index] || part != nil else { throw .corrupt }
      places.append(part?.0)
      let name = names.isEmpty ? "" : names[index]
      members.append(
        ArchiveMember(
          name: name, byteCount: part?.1 ?? 0,
          isFile: (!isEmpty[index] || isFile[index]) && !Self.isLinkOrFolder(attributes[index])))
    }
    guard next.isEmpty else { throw .corrupt }
  }

  /// The higher half is the mode of Unix where bit 15 says so; bit 4 is a folder.
  private static func isLinkOrFolder(_ attributes: UInt32) -> Bool {
    let kind = attributes >> 28
    return attributes & 0x10 != 0 || (attributes & 0x8000 != 0 && kind != 0 && kind != 8)
  }
}
