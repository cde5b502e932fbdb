import BlockIO

extension BlockMap {
  /// The file of the map, in version 2.0, as bmaptool reads it.
  /// - Returns: nil where this machine's libcrypto is forbidden to compute the digest of the map.
  public func serialised() -> [UInt8]? {
    let algorithm = algorithm ?? .sha256
    let blocks = (imageByteCount - 1) / blockByteCount + 1
    let zeros = String(repeating: "0", count: algorithm.byteCount * 2)
    let head = """
      <?xml version="1.0" ?>
      <!-- Which blocks of an image file matter: those that are not listed need not be written. Ranges are
           numbers of blocks, the last one included; their checksums are those of their bytes. -->
      <bmap version="2.0">
          <ImageSize> \(imageByteCount) </ImageSize>
          <BlockSize> \(blockByteCount) </BlockSize>
          <BlocksCount> \(blocks) </BlocksCount>
          <MappedBlocksCount> \(mappedBlockCount) </MappedBlocksCount>
          <ChecksumType> \(algorithm.pythonName) </ChecksumType>
          <!-- The checksum of this file, taken with zeros in its own place. -->
          <BmapFileChecksum>
      """
    var file = Array(head.utf8)
    let place = file.count + 1
    file += Array(" \(zeros) </BmapFileChecksum>\n    <BlockMap>\n".utf8)
    for range in ranges {
      let first = range.bytes.lowerBound / blockByteCount
      let last = (range.bytes.upperBound - 1) / blockByteCount
      let checksum = range.digest.map { " chksum=\"\($0.hexadecimal)\"" } ?? ""
      let numbers = first == last ? "\(first)" : "\(first)-\(last)"
      file += Array("        <Range\(checksum)> \(numbers) </Range>\n".utf8)
    }
    file += Array("    </BlockMap>\n</bmap>\n".utf8)
    guard var digest = MessageDigest(algorithm) else { return nil }
    digest.update(file.span)
    file.replaceSubrange(place..<(place + zeros.utf8.count), with: Array(digest.finish().hexadecimal.utf8))
    return file
  }

  private var mappedBlockCount: UInt64 {
    ranges.reduce(0) { $0 + (UInt64($1.bytes.count) - 1) / blockByteCount + 1 }
  }
}
