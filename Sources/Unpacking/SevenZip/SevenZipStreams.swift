import Decompression

/// How a folder of a 7z file is packed: files one after the other, through one chain of methods.
struct SevenZipFolder: Hashable {
  /// One method.
  struct Coder: Hashable {
    var method: [UInt8]
    var properties: [UInt8]
  }

  /// The methods, from the one that gives the files to the one that reads the file; simple chains alone.
  var chain: [Coder]
  /// The length of all files together, in bytes.
  var byteCount: UInt64
  /// The CRC-32 of all files together, where there is one.
  var checksum: UInt32?
  /// What it takes up in the file.
  var packed: Range<UInt64> = 0..<0
  /// Files in it.
  var files: [Part] = []

  /// A file in a folder.
  struct Part: Hashable {
    var byteCount: UInt64
    var checksum: UInt32?
  }
}

extension SevenZipReader {
  private enum Property {
    static let (end, packInfo, unpackInfo, subStreams): (UInt8, UInt8, UInt8, UInt8) = (0, 6, 7, 8)
    static let (size, checksum, folder, unpackSize, streamCount): (UInt8, UInt8, UInt8, UInt8, UInt8) =
      (9, 10, 11, 12, 13)
  }

  /// Where the folders lie and how they are packed (7zFormat.txt, "Streams Info").
  /// - Parameter limit: where the packed data ends at the latest, in bytes.
  mutating func folders(before limit: UInt64) throws(Fault) -> [SevenZipFolder] {
    var sizes: [UInt64] = []
    var start: UInt64 = 0
    var folders: [SevenZipFolder] = []
    var property = try byte()
    if property == Property.packInfo {
      (start, sizes) = try packInfo()
      property = try byte()
    }
    if property == Property.unpackInfo {
      folders = try unpackInfo()
      property = try byte()
    }
    for index in folders.indices {
      folders[index].files = [.init(byteCount: folders[index].byteCount, checksum: folders[index].checksum)]
    }
    if property == Property.subStreams {
      try subStreams(&folders)
      property = try byte()
    }
    guard property == Property.end, sizes.count == folders.count else { throw .corrupt }
    guard start <= limit else { throw .corrupt }
    var place = UInt64(SevenZipStart.byteCount) + start
    for (index, size) in sizes.enumerated() {
      guard place <= limit, size <= limit - place else { throw .corrupt }
      folders[index].packed = place..<place + size
      place += size
    }
    return folders
  }

  private mutating func packInfo() throws(Fault) -> (start: UInt64, sizes: [UInt64]) {
    let start = try number()
    let streams = try count()
    var sizes: [UInt64] = []
    while true {
      switch try byte() {
      case Property.end:
        guard sizes.count == streams else { throw .corrupt }
        return (start, sizes)
      case Property.size:
        sizes = []
        for _ in 0..<streams { sizes.append(try number()) }
      case Property.checksum: _ = try checksums(streams)
      default: throw .corrupt
      }
    }
  }

  /// More than an archive has of them, even where every file is packed for itself; each takes some hundred bytes.
  private static var mostFolders: Int { 1 << 16 }

  private mutating func unpackInfo() throws(Fault) -> [SevenZipFolder] {
    try requireProperty(Property.folder)
    let folderCount = try count()
    guard folderCount <= Self.mostFolders else { throw .unsupported(.options) }
    // The directory may lie elsewhere, in a stream of its own; nobody writes that.
    guard try byte() == 0 else { throw .unsupported(.options) }
    var shapes: [FolderShape] = []
    for _ in 0..<folderCount { shapes.append(try folderShape()) }
    try requireProperty(Property.unpackSize)
    var folders: [SevenZipFolder] = []
    for shape in shapes {
      var sizes: [UInt64] = []
      for _ in shape.coders { sizes.append(try number()) }
      folders.append(
        SevenZipFolder(chain: shape.order.map { shape.coders[$0] }, byteCount: sizes[shape.order[0]]))
    }
    while true {
      switch try byte() {
      case Property.end: return folders
      case Property.checksum:
        let sums = try checksums(folders.count)
        for index in folders.indices { folders[index].checksum = sums[index] }
      default: throw .corrupt
      }
    }
  }

  private struct FolderShape {
    var coders: [SevenZipFolder.Coder]
    /// The coders from the one whose output is the files to the one that reads the file.
    var order: [Int]
  }

  private static var mostCoders: UInt64 { 4 }

  private mutating func folderShape() throws(Fault) -> FolderShape {
    let coderCount = try number()
    guard (1...Self.mostCoders).contains(coderCount) else { throw .unsupported(.options) }
    var coders: [SevenZipFolder.Coder] = []
    for _ in 0..<coderCount {
      let flags = try byte()
      let method = try bytes(Int(flags & 0x0F))
      // Encryption has one input as well and is told apart before its shape is.
      if method.starts(with: [0x06, 0xF1, 0x07]) { throw .encrypted }
      // Several inputs or outputs: BCJ2, for programs alone.
      guard flags & 0x90 == 0 else { throw .unsupported(.method) }
      let properties = flags & 0x20 == 0 ? [] : try bytes(try count())
      coders.append(.init(method: method, properties: properties))
    }
    // One pair less than coders; each says whose output is whose input.
    var source = [Int?](repeating: nil, count: coders.count)
    var isUsed = [Bool](repeating: false, count: coders.count)
    for _ in 1..<coders.count {
      let (input, output) = (try number(), try number())
      guard input < coderCount, output < coderCount, source[Int(input)] == nil, !isUsed[Int(output)] else {
        throw .corrupt
      }
      source[Int(input)] = Int(output)
      isUsed[Int(output)] = true
    }
    guard var coder = isUsed.firstIndex(of: false) else { throw .corrupt }
    var order = [coder]
    while let next = source[coder], order.count < coders.count {
      order.append(next)
      coder = next
    }
    guard order.count == coders.count else { throw .corrupt }
    return FolderShape(coders: coders, order: order)
  }

  private mutating func subStreams(_ folders: inout [SevenZipFolder]) throws(Fault) {
    var counts = [Int](repeating: 1, count: folders.count)
    var property = try byte()
    if property == Property.streamCount {
      for index in counts.indices { counts[index] = try count() }
      // Each folder may have many files, and all together no more.
      guard counts.reduce(0, +) <= Int(Self.mostThings) else { throw .unsupported(.options) }
      property = try byte()
    }
    let hasSizes = property == Property.size
    for (index, count) in counts.enumerated() {
      try split(&folders[index], into: count, readsSizes: hasSizes)
    }
    if hasSizes { property = try byte() }
    while property != Property.end {
      guard property == Property.checksum else { throw .corrupt }
      try assignChecksums(&folders)
      property = try byte()
    }
  }

  /// The last file has what the others leave.
  private mutating func split(
    _ folder: inout SevenZipFolder, into count: Int, readsSizes: Bool
  ) throws(Fault) {
    guard count != 1 else { return }
    var left = folder.byteCount
    var files: [SevenZipFolder.Part] = []
    for _ in 1..<max(count, 1) {
      guard readsSizes else { throw .corrupt }
      let size = try number()
      guard size <= left else { throw .corrupt }
      left -= size
      files.append(.init(byteCount: size))
    }
    if count > 0 { files.append(.init(byteCount: left)) }
    folder.files = files
  }

  /// Only what has none yet is listed.
  private mutating func assignChecksums(_ folders: inout [SevenZipFolder]) throws(Fault) {
    var places: [(folder: Int, file: Int)] = []
    for (index, folder) in folders.enumerated() where folder.files.count != 1 || folder.checksum == nil {
      places += folder.files.indices.map { (index, $0) }
    }
    for (place, sum) in zip(places, try checksums(places.count)) {
      folders[place.folder].files[place.file].checksum = sum
    }
  }
}
