import BlockIO
import BlockMap
import Documents
import ImageSource
import ImageTrust
import SystemPackage
import Terminal

/// A map that a run goes by, and where it comes from.
struct OpenedMap: Hashable {
  /// Which parts of the image matter.
  let map: BlockMap
  /// The file of the map; nil where the image's own file has the holes.
  let path: String?
  /// The SHA-256 of that file, or of the file that would say the same as the holes, in hexadecimal digits.
  let sha256: String
  /// What a signature of that file proves; nil where there is none.
  var signature: JudgedSignature?

  /// Opens the map that is asked for; nil where there is none, which is an error only of one that was named.
  /// - Parameter keyrings: the files of the keys whose signatures of a map count; those of the system without any.
  static func open(
    _ choice: MapChoice, of image: OpenedImage, at imagePath: String, keyrings: [String], in context: Context
  ) throws(Refusal) -> OpenedMap? {
    // Keys are read where there is a map.
    let judge = { () throws(Refusal) in try context.judge(keyrings) }
    switch choice {
    case .all: return nil
    case .sparse: return try OpenedMap(holesOf: image, at: imagePath)
    case .file(let path): return try OpenedMap(opening: path, isNamed: true, judge)
    case .automatic:
      // The map of what is in a compressed file says nothing of the file as it is, and beside a disk or what comes
      // once lies nothing.
      guard !image.isAsIs, image.file.state?.kind == .regular else { return nil }
      for path in candidates(beside: image.file.path) {
        if let found = try OpenedMap(opening: path, isNamed: false, judge) { return found }
      }
      return nil
    }
  }

  /// Reads the file of a map.
  /// - Returns: nil where there is none and it was not named.
  private init?(
    opening path: String, isNamed: Bool, _ judge: () throws(Refusal) -> any SignatureJudge
  ) throws(Refusal) {
    let bytes: [UInt8]
    do throws(SystemCallError) {
      bytes = try SmallFile.bytes(ofRegularFile: FilePath(path), limit: BlockMap.largestFile)
    } catch {
      // A name that is too long once a suffix is added is that of no file.
      let isAbsent = [.noSuchFileOrDirectory, .notDirectory, .fileNameTooLong].contains(error.errno)
      guard isNamed || !isAbsent else { return nil }
      throw Refusal(diagnostic: .mapUnreadable(path, error))
    }
    let signature = try MapSignature(of: bytes, at: path, by: judge())
    do throws(BlockMapError) { map = try BlockMap(parsing: signature.text) } catch {
      throw Refusal(diagnostic: .mapInvalid(path, error))
    }
    // A stick that is merely erased would count as written.
    guard map.mappedByteCount > 0 else { throw Refusal(diagnostic: .mapOfNothing(path)) }
    self.signature = signature.judged
    self.path = path
    sha256 = Self.sha256(of: bytes)
  }

  /// Takes the holes of a sparse file as what does not matter.
  private init(holesOf image: OpenedImage, at path: String) throws(Refusal) {
    guard let file = image.rawFile else { throw Refusal(diagnostic: .imageNotSparse(path)) }
    let parts: [Range<UInt64>]?
    do throws(ImageSourceError) { parts = try file.dataRanges(limit: BlockMap.rangeLimit) } catch {
      throw Refusal(diagnostic: Diagnostic(error, image: path))
    }
    guard let parts else { throw Refusal(diagnostic: .mapTooLarge(path)) }
    let map = BlockMap(holding: parts, of: file.byteCount)
    guard map.mappedByteCount < map.imageByteCount else { throw Refusal(diagnostic: .imageNotSparse(path)) }
    guard let content = map.serialised() else { preconditionFailure("libcrypto has no SHA-256") }
    self.map = map
    self.path = nil
    sha256 = Self.sha256(of: content)
  }

  /// Where bmaptool looks for the map of an image: beside it, with its suffixes taken away one after another.
  static func candidates(beside image: String) -> [String] {
    let slash = image.lastIndex(of: "/").map { image.index(after: $0) } ?? image.startIndex
    let (folder, name) = (image[..<slash], image[slash...])
    // A dot that a name begins with begins no suffix.
    let start = name.firstIndex { $0 != "." } ?? name.endIndex
    var candidates = ["\(image).bmap"]
    var rest = name
    while let dot = rest.lastIndex(of: "."), dot > start {
      rest = rest[..<dot]
      candidates.append("\(folder)\(rest).bmap")
    }
    return candidates
  }

  private static func sha256(of bytes: [UInt8]) -> String {
    var digest = SHA256()
    digest.update(bytes.span)
    return digest.finish().hexadecimal
  }

  /// The choice that leads to the same map again.
  var choice: MapChoice { path.map { .file($0) } ?? .sparse }

  /// What it says, in JSON.
  var json: JSONValue {
    [
      "source": path == nil ? "sparse" : "bmap", "path": JSONValue(path), "sha256": JSONValue(sha256),
      "mappedBytes": JSONValue(map.mappedByteCount), "imageBytes": JSONValue(map.imageByteCount),
      "blockSize": JSONValue(map.blockByteCount), "ranges": JSONValue(map.ranges.count),
      "checkedRanges": JSONValue(map.digestCount), "algorithm": JSONValue(map.algorithm?.rawValue),
      "signature": signature?.json ?? .null,
    ]
  }

  /// How much of the image matters, and who says so.
  var text: SanitizedText {
    guard let path else { return "\(mappedText) by the holes of its file" }
    guard case .good(let signer) = signature?.verdict else { return "\(mappedText) by \(path)" }
    return "\(mappedText) by \(path), \(signer.text)"
  }

  /// How much of the image matters.
  var mappedText: SanitizedText {
    "\(SanitizedText(count: map.mappedByteCount)) of \(SanitizedText(exactBytes: map.imageByteCount)) mapped"
  }

  /// What a write proves less than without a map (R45).
  var doubts: [SanitizedText] {
    var doubts: [SanitizedText] = [
      "anything but \(text); the rest of the stick's blocks keep what they had and are not part of the claim"
    ]
    if path == nil {
      doubts.append("that the holes do not matter: only the file system that the image lies on says so")
    } else {
      if let signature, !signature.verdict.isGood {
        doubts.append("whose map that is: \(signature.text)")
      } else if signature == nil {
        doubts.append("whose map that is: it has no signature")
      }
      let unchecked = map.ranges.count - map.digestCount
      if unchecked > 0 {
        doubts.append(
          "that \(unchecked) of \(map.ranges.count) ranges are as in the map: it has no checksums of them")
      }
    }
    return doubts
  }
}

extension OpenedImage {
  /// The file whose bytes are the image's; nil where they are others, or there is no file but a disk or a pipe.
  var rawFile: RawImage? { packed == nil && file.state?.kind == .regular ? file as? RawImage : nil }
}

extension BlockMap {
  /// How burin counts in maps that it makes itself, in bytes: as bmaptool does.
  static let usualBlockSize: UInt64 = 4096

  /// The map of the blocks that hold some parts of a file; they ascend.
  init(holding parts: [Range<UInt64>], of byteCount: UInt64) {
    let block = Self.usualBlockSize
    let ranges = parts.reduce(into: [Range<UInt64>]()) { ranges, part in
      let start = part.lowerBound / block * block
      let end = min((part.upperBound - 1) / block * block + block, byteCount)
      if let last = ranges.last, start <= last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, end)
      } else {
        ranges.append(start..<end)
      }
    }
    self.init(imageByteCount: byteCount, blockByteCount: block, ranges: ranges.map { MappedRange($0) })
  }
}
