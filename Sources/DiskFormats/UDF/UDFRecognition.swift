public import BlockIO

/// Whether a volume says that it is UDF: the recognition sequence and the anchor (ECMA-167 2/8 and 3/8.4.2).
public struct UDFRecognition: Hashable, Sendable {
  /// Where `NSR02` or `NSR03` stands, in bytes; nil where neither does.
  public let recognitionOffset: UInt64?
  /// Whether the descriptor is `NSR03`: UDF 2.00 and later.
  public let isSecondGeneration: Bool
  /// Where the anchor lies, in bytes; nil where none is found.
  public let anchorOffset: UInt64?
  /// The size of a sector, with which the anchor was found, in bytes.
  public let sectorSize: UInt64
  /// The extent of the main volume descriptor sequence: its first sector and its length in bytes.
  let sequence: (start: UInt32, byteCount: UInt32)

  /// The sizes to try, the commonest first.
  static let sectorSizes: [UInt64] = [2048, 512, 4096, 1024]
  /// How many descriptors of the recognition sequence are looked at.
  static let recognitionLimit = 64

  /// Looks for UDF; nil where the recognition sequence names it not.
  public init?(reading bytes: any RandomAccessBytes) throws(FormatError) {
    guard let found = try Self.recognise(bytes) else { return nil }
    recognitionOffset = found.offset
    isSecondGeneration = found.isSecondGeneration
    for size in Self.sectorSizes {
      guard let anchor = try Self.anchor(in: bytes, sectorSize: size) else { continue }
      anchorOffset = anchor.base
      sectorSize = size
      sequence = (try anchor.littleEndian(at: 20), try anchor.littleEndian(at: 16))
      return
    }
    anchorOffset = nil
    sectorSize = 2048
    sequence = (0, 0)
  }

  /// Walks the sequence in steps of 2048 bytes, and of 4096 for media of that sector size.
  private static func recognise(
    _ bytes: any RandomAccessBytes
  ) throws(FormatError) -> (offset: UInt64, isSecondGeneration: Bool)? {
    for step: UInt64 in [2048, 4096] {
      for index in 0..<UInt64(recognitionLimit) {
        let offset = VolumeDescriptorSet.start + index * step
        let reader = try bytes.prefixReader(at: offset, upTo: 8)
        if reader.has("NSR02", at: 1) { return (offset, false) }
        if reader.has("NSR03", at: 1) { return (offset, true) }
        guard known.contains(where: { reader.has($0, at: 1) }) else { break }
      }
    }
    return nil
  }

  /// What may stand before the descriptor that is looked for.
  private static let known: [StaticString] = ["CD001", "BEA01", "BOOT2", "CDW02", "TEA01"]

  /// The anchor at sector 256, at the last one, or 256 before it.
  private static func anchor(
    in bytes: any RandomAccessBytes, sectorSize: UInt64
  ) throws(FormatError) -> ByteReader? {
    let count = bytes.byteCount / sectorSize
    for sector in [256, count.subtracting(1), count.subtracting(257), 512] {
      guard let sector, let offset = sector.multiplied(by: sectorSize) else { continue }
      let seen = try unlessUnseen { () throws(FormatError) in try bytes.prefixReader(at: offset, upTo: 512) }
      guard let reader = seen, let tag = UDFTag(reader), tag.identifier == UDFTag.anchor,
        UInt64(tag.location) == sector,
        reader.contains(0, count: 32)
      else { continue }
      return reader
    }
    return nil
  }

  /// Two are equal where every fact of theirs is.
  public static func == (left: UDFRecognition, right: UDFRecognition) -> Bool {
    left.recognitionOffset == right.recognitionOffset && left.anchorOffset == right.anchorOffset
      && left.isSecondGeneration == right.isSecondGeneration && left.sectorSize == right.sectorSize
      && left.sequence == right.sequence
  }

  /// Hashes the facts that tell two apart.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(recognitionOffset)
    hasher.combine(anchorOffset)
  }
}
