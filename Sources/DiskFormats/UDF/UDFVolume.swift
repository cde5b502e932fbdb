public import BlockIO

/// A UDF volume of one partition of plain blocks: what ISO images of revision 1.02 to 2.01 are (UDF 2.2.4).
public struct UDFVolume: Sendable {
  /// The image.
  public let bytes: any RandomAccessBytes
  /// How it was recognised.
  public let recognition: UDFRecognition
  /// The identifier of the logical volume, foreign text.
  public let volumeIdentifier: String
  /// The revision as `1.02`, from the domain identifier (UDF 2.1.5.3); nil where it is not readable.
  public let revision: String?
  /// The size of a logical block, in bytes.
  public let blockSize: UInt64
  /// Where the partition begins, in bytes.
  public let partitionStart: UInt64
  /// The length of the partition in bytes.
  public let partitionByteCount: UInt64
  /// Whether the partition map is one that this reader knows; without it there is no tree.
  public let isSupported: Bool
  /// The file set descriptor's block in the partition.
  private let fileSetBlock: UInt32

  /// How many descriptors of the volume descriptor sequence are looked at.
  static let sequenceLimit = 64

  /// Reads the descriptors that the anchor points to; nil where the volume or its partition is missing.
  public init?(_ bytes: any RandomAccessBytes, recognition: UDFRecognition) throws(FormatError) {
    guard recognition.anchorOffset != nil else { return nil }
    var volume: ByteReader?
    var partitions: [UInt16: (start: UInt32, count: UInt32)] = [:]
    for index in 0..<UInt64(Self.sequenceLimit) {
      guard index * recognition.sectorSize < UInt64(recognition.sequence.byteCount) else { break }
      let offset = (UInt64(recognition.sequence.start) + index) * recognition.sectorSize
      let reader = try bytes.prefixReader(at: offset, upTo: 2048)
      guard let tag = UDFTag(reader), tag.identifier != UDFTag.terminating else { break }
      if tag.identifier == UDFTag.logicalVolume, reader.contains(0, count: 446) {
        volume = reader
      } else if tag.identifier == UDFTag.partition, reader.contains(0, count: 196) {
        let number: UInt16 = try reader.littleEndian(at: 22)
        partitions[number] = (try reader.littleEndian(at: 188), try reader.littleEndian(at: 192))
      }
    }
    guard let volume else { return nil }
    self.bytes = bytes
    self.recognition = recognition
    volumeIdentifier = UDFText.fixed(volume, at: 84, count: 128)
    revision = Self.revision(try volume.littleEndian(at: 216 + 24))
    let size: UInt32 = try volume.littleEndian(at: 212)
    blockSize = UInt64(size)
    // The first map: type 1, 6 bytes, and the number of the partition in bytes 4–5 (ECMA-167 3/10.7.2).
    let maps: UInt32 = try volume.littleEndian(at: 268)
    let number: UInt16 = try volume.littleEndian(at: 444)
    let partition = partitions[number]
    let isPlain = volume.has([1, 6], at: 440)
    isSupported = isPlain && maps >= 1 && partition != nil && [512, 1024, 2048, 4096].contains(size)
    partitionStart = UInt64(partition?.start ?? 0) * recognition.sectorSize
    partitionByteCount = UInt64(partition?.count ?? 0) * recognition.sectorSize
    // A long allocation descriptor: length, block, number of the partition map (ECMA-167 4/14.14.2).
    fileSetBlock = try volume.littleEndian(at: 248 + 4)
  }

  /// Where the volume ends, in bytes.
  public var byteCount: UInt64 { partitionStart + partitionByteCount }

  /// The files; nil where the partition map is not known or the root cannot be found.
  public func tree() throws(FormatError) -> UDFTree? {
    guard isSupported else { return nil }
    let offset = partitionStart + UInt64(fileSetBlock) * blockSize
    let reader = try bytes.prefixReader(at: offset, upTo: 512)
    guard let tag = UDFTag(reader), tag.identifier == UDFTag.fileSet, reader.contains(400, count: 16)
    else { return nil }
    return UDFTree(
      bytes, partitionStart: partitionStart, blockSize: blockSize,
      rootBlock: try reader.littleEndian(at: 404))
  }

  /// Binary coded decimal: 0x0102 is 1.02.
  private static func revision(_ code: UInt16) -> String? {
    let major = code >> 8
    let minor = code & 0xFF
    guard (1...9).contains(major), minor & 0x0F <= 9, minor >> 4 <= 9 else { return nil }
    return "\(major).\(minor >> 4)\(minor & 0x0F)"
  }
}
