/// Why a file is no block map that burin goes by.
public struct BlockMapError: Error, Hashable, Sendable {
  /// What is wrong.
  public enum Reason: Hashable, Sendable {
    /// It has more bytes than any map needs.
    case tooLarge
    /// It lists more ranges than burin keeps.
    case tooManyRanges
    /// It is no well-formed XML of the kind that maps are written in.
    case syntax
    /// Its elements are nested more deeply than those of a map.
    case tooDeep
    /// It declares a document type, which a map never does.
    case documentType
    /// It refers to an entity beyond the five of XML.
    case entity
    /// It holds a processing instruction or a section of raw text.
    case construct
    /// Its outermost element is not `bmap`.
    case noMap
    /// It names a version that is not known.
    case version
    /// An element that every map of its version has is not there.
    case missing(Field)
    /// An element is there twice.
    case repeated(Field)
    /// The text of an element is not what belongs there.
    case value(Field)
    /// A range is no number of a block, nor two of them.
    case range
    /// A range begins before the one above it has ended.
    case order
    /// A range ends behind the image.
    case bounds
    /// The checksum of a range has not the digits of its kind.
    case rangeChecksum
    /// The number of blocks is not that of an image of this size.
    case blockCount
    /// The ranges hold another number of blocks than it says.
    case mappedBlockCount
    /// Its own checksum is not that of its bytes.
    case ownChecksum
  }

  /// The elements that describe the map as a whole.
  public enum Field: String, Hashable, Sendable, CaseIterable {
    case imageSize = "ImageSize"
    case blockSize = "BlockSize"
    case blocksCount = "BlocksCount"
    case mappedBlocksCount = "MappedBlocksCount"
    case checksumType = "ChecksumType"
    case ownChecksum = "BmapFileChecksum"
    case ownSHA1 = "BmapFileSHA1"
    case blockMap = "BlockMap"
  }

  /// What is wrong.
  public let reason: Reason
  /// Where, in bytes of the file.
  public let offset: Int

  init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }
}
