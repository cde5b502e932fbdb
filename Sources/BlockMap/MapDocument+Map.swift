import BlockIO

extension MapDocument {
  /// The map that the document describes.
  func map(of file: [UInt8]) throws(BlockMapError) -> BlockMap {
    let algorithm = try algorithm()
    if let field = version.ownChecksum, let algorithm { try requireOwnChecksum(field, algorithm, of: file) }
    let imageByteCount = try number(.imageSize, in: 1...UInt64(Int64.max))
    let blockByteCount = try number(.blockSize, in: BlockMap.blockSizes)
    let blocks = try number(.blocksCount, in: 1...UInt64(Int64.max))
    guard blocks == (imageByteCount - 1) / blockByteCount + 1 else { throw error(.blockCount, .blocksCount) }
    let ranges = try mappedRanges(blocks, blockByteCount, imageByteCount, algorithm)
    let mapped = ranges.reduce(0) { $0 + (UInt64($1.bytes.count) - 1) / blockByteCount + 1 }
    guard mapped == (try number(.mappedBlocksCount, in: 0...UInt64(Int64.max))) else {
      throw error(.mappedBlockCount, .mappedBlocksCount)
    }
    let hasDigests = ranges.contains { $0.digest != nil }
    return BlockMap(
      imageByteCount: imageByteCount, blockByteCount: blockByteCount, algorithm: hasDigests ? algorithm : nil,
      ranges: ranges)
  }

  private func mappedRanges(
    _ blocks: UInt64, _ blockByteCount: UInt64, _ imageByteCount: UInt64, _ algorithm: DigestAlgorithm?
  ) throws(BlockMapError) -> [MappedRange] {
    guard fields[.blockMap] != nil else { throw BlockMapError(.missing(.blockMap), at: 0) }
    var next: UInt64 = 0
    var found: [MappedRange] = []
    found.reserveCapacity(ranges.count)
    for range in ranges {
      guard let (first, last) = range.bytes.blockNumbers else {
        throw BlockMapError(.range, at: range.offset)
      }
      guard first >= next else { throw BlockMapError(.order, at: range.offset) }
      guard last < blocks else { throw BlockMapError(.bounds, at: range.offset) }
      next = last + 1
      var digest: [UInt8]?
      if let checksum = range.checksum, let algorithm {
        digest = Array(checksum.utf8).fromHexadecimal
        guard digest?.count == algorithm.byteCount else {
          throw BlockMapError(.rangeChecksum, at: range.offset)
        }
      }
      let end = last == blocks - 1 ? imageByteCount : next * blockByteCount
      found.append(MappedRange((first * blockByteCount)..<end, digest: digest))
    }
    return found
  }

  private func algorithm() throws(BlockMapError) -> DigestAlgorithm? {
    guard version == .current else { return .sha1 }
    let text = try text(.checksumType)
    guard let found = DigestAlgorithm(pythonName: String(decoding: text.trimmed, as: UTF8.self)) else {
      throw error(.value(.checksumType), .checksumType)
    }
    return found
  }

  /// The checksum is taken of the whole file (R50), with the digits of the checksum itself as zeros.
  private func requireOwnChecksum(
    _ field: BlockMapError.Field, _ algorithm: DigestAlgorithm, of file: [UInt8]
  ) throws(BlockMapError) {
    let text = try self.text(field)
    guard let place = fields[field]?.place, let expected = text.trimmed.fromHexadecimal,
      expected.count == algorithm.byteCount
    else { throw error(.value(field), field) }
    guard var digest = MessageDigest(algorithm) else { throw error(.value(.checksumType), .checksumType) }
    let zeroed = file[place].map { $0.isXMLSpace ? $0 : UInt8(ascii: "0") }
    digest.update(file.span.extracting(0..<place.lowerBound))
    digest.update(zeroed.span)
    digest.update(file.span.extracting(place.upperBound..<file.count))
    guard digest.finish() == expected else { throw error(.ownChecksum, field) }
  }

  private func text(_ field: BlockMapError.Field) throws(BlockMapError) -> [UInt8] {
    guard let text = fields[field] else { throw BlockMapError(.missing(field), at: 0) }
    return text.bytes
  }

  private func number(
    _ field: BlockMapError.Field, in range: ClosedRange<UInt64>
  ) throws(BlockMapError) -> UInt64 {
    guard let value = try text(field).trimmed.decimal, range.contains(value) else {
      throw error(.value(field), field)
    }
    return value
  }

  private func error(_ reason: BlockMapError.Reason, _ field: BlockMapError.Field) -> BlockMapError {
    BlockMapError(reason, at: fields[field]?.start ?? 0)
  }
}

extension DigestAlgorithm {
  /// The digest of a name of Python's hashlib, which is what maps use.
  init?(pythonName: String) {
    self.init(rawValue: String(pythonName.lowercased().map { $0 == "_" ? "-" : $0 }))
  }

  /// The name that Python's hashlib knows it by.
  var pythonName: String { String(rawValue.map { $0 == "-" ? "_" : $0 }) }
}
