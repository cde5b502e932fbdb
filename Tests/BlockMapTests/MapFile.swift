import BlockIO

@testable import BlockMap

/// A map as text, in any version, right or wrong.
struct MapFile {
  var version = "2.0"
  var imageByteCount = "10000"
  var blockByteCount = "4096"
  var blocks = "3"
  var mapped = "2"
  var algorithm: String? = "sha256"
  /// The name of the element with the checksum of the file; nil for none.
  var ownChecksum: String? = "BmapFileChecksum"
  var ranges = "<Range> 0 </Range><Range> 2 </Range>"
  var prologue = "<?xml version=\"1.0\" ?>\n<!-- a map -->\n"
  var more = ""

  /// The bytes, with the right checksum of themselves.
  var bytes: [UInt8] {
    let digest = DigestAlgorithm(pythonName: ownChecksum == "BmapFileSHA1" ? "sha1" : algorithm ?? "sha1")
    let zeros = String(repeating: "0", count: (digest?.byteCount ?? 20) * 2)
    let own = ownChecksum.map { "<\($0)> \(zeros) </\($0)>" } ?? ""
    let type = algorithm.map { "<ChecksumType> \($0) </ChecksumType>" } ?? ""
    let text = """
      \(prologue)<bmap version="\(version)">
      <ImageSize> \(imageByteCount) </ImageSize> <BlockSize>\(blockByteCount)</BlockSize>
      <BlocksCount> \(blocks) </BlocksCount> <MappedBlocksCount> \(mapped) </MappedBlocksCount>
      \(type) \(own) \(more)
      <BlockMap> \(ranges) </BlockMap>
      </bmap>

      """
    guard ownChecksum != nil, let digest, var making = MessageDigest(digest) else { return Array(text.utf8) }
    making.update(Array(text.utf8).span)
    let found = making.finish().hexadecimal
    guard let place = text.firstRange(of: zeros) else { return Array(text.utf8) }
    return Array(text.replacingCharacters(in: place, with: found).utf8)
  }

  /// The map of it.
  func parsed() throws(BlockMapError) -> BlockMap { try BlockMap(parsing: bytes) }

  /// Why it is no map; nil where it is one.
  var reason: BlockMapError.Reason? {
    do throws(BlockMapError) { _ = try parsed() } catch { return error.reason }
    return nil
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }

  fileprivate func firstRange(of text: String) -> Range<Index>? {
    indices.lazy.filter { self[$0...].hasPrefix(text) }.first.map { $0..<index($0, offsetBy: text.count) }
  }
}
