import Decompression

/// A part of a DMG: a partition, or what lies between two of them, as a row of pieces.
///
/// ```
///  0 "mish"  4 version (4)  8 first sector (8)  16 sectors (8)  24 offset of the data (8)
/// 64 checksum: type (4), bits (4), value  200 pieces (4)
/// each piece: 0 type (4)  8 first sector (8)  16 sectors (8)  24 offset (8)  32 length (8)
/// ```
/// Source: libdmg-hfsplus, includes/dmg/dmg.h, `BLKXTable`; the highest byte comes first.
struct DMGPart: Hashable, Sendable {
  /// A piece, in bytes of the disk and of the file.
  struct Piece: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
      case zeros
      case unused
      case stored
      case packed(PieceMethod)
    }

    var kind: Kind
    var start: UInt64
    var byteCount: UInt64
    var offset: UInt64
    var packedByteCount: UInt64
  }

  /// What of the disk it is, in bytes.
  let range: Range<UInt64>
  /// Its pieces in their order.
  let pieces: [Piece]
  /// The CRC-32 of its bytes; nil where there is none.
  let checksum: UInt32?

  private static let headByteCount = 204
  private static let pieceByteCount = 40
  private static let crc32: UInt32 = 2
  private static let sector: UInt64 = 512
  /// The longest piece in bytes, packed or not: those that tools make have a megabyte.
  private static let longestPiece: UInt64 = 8 << 20

  /// Reads a part.
  /// - Parameters:
  ///   - table: the part's table.
  ///   - trailer: what it belongs to.
  ///   - place: where the property list lies, for errors.
  init(_ table: [UInt8], in trailer: DMGTrailer) throws(ContainerError) {
    let place = trailer.list.lowerBound
    let fields = Fields(table)
    guard table.count >= Self.headByteCount, fields.has("mish", at: 0) else {
      throw .damaged(.descriptor, offset: place)
    }
    let (first, sectors): (UInt64, UInt64) = (fields.big(at: 8), fields.big(at: 16))
    let limit = trailer.byteCount / Self.sector
    guard first <= limit, sectors <= limit - first else { throw .damaged(.descriptor, offset: place) }
    range = first * Self.sector..<(first + sectors) * Self.sector
    checksum = fields.big(UInt32.self, at: 64) == Self.crc32 ? fields.big(at: 72) : nil
    let count = Int(fields.big(UInt32.self, at: 200))
    guard count <= (table.count - Self.headByteCount) / Self.pieceByteCount else {
      throw .damaged(.descriptor, offset: place)
    }
    let base = trailer.dataOffset.addingReportingOverflow(fields.big(at: 24))
    guard !base.overflow else { throw .damaged(.descriptor, offset: place) }
    var pieces: [Piece] = []
    for index in 0..<count {
      let entry = Fields(
        Array(table[(Self.headByteCount + index * Self.pieceByteCount)...].prefix(Self.pieceByteCount)))
      guard let kind = try Self.kind(entry.big(at: 0)) else { continue }
      pieces.append(try Self.piece(entry, kind, in: range, base: base.partialValue, trailer))
    }
    self.pieces = pieces
    try requireOrder(at: place)
  }

  /// - Returns: nil for what is no piece.
  private static func kind(_ type: UInt32) throws(ContainerError) -> Piece.Kind? {
    switch type {
    case 0: .zeros
    case 1: .stored
    case 2: .unused
    case 0x8000_0005: .packed(.zlib)
    case 0x8000_0006: .packed(.bzip2)
    case 0x8000_0008: .packed(.xz)
    // A comment, and the end.
    case 0x7FFF_FFFE, 0xFFFF_FFFF: nil
    // ADC is 0x80000004, LZFSE 0x80000007.
    default: throw .needs(.method)
    }
  }

  private static func piece(
    _ entry: Fields, _ kind: Piece.Kind, in range: Range<UInt64>, base: UInt64, _ trailer: DMGTrailer
  ) throws(ContainerError) -> Piece {
    let place = trailer.list.lowerBound
    let (first, sectors): (UInt64, UInt64) = (entry.big(at: 8), entry.big(at: 16))
    let limit = UInt64(range.count) / sector
    guard sectors > 0, first <= limit, sectors <= limit - first else {
      throw .damaged(.descriptor, offset: place)
    }
    var piece = Piece(
      kind: kind, start: range.lowerBound + first * sector, byteCount: sectors * sector, offset: 0,
      packedByteCount: 0)
    if kind == .zeros || kind == .unused { return piece }
    let start = base.addingReportingOverflow(entry.big(at: 24))
    piece.offset = start.partialValue
    piece.packedByteCount = entry.big(at: 32)
    guard !start.overflow, piece.offset <= trailer.offset,
      piece.packedByteCount <= trailer.offset - piece.offset
    else { throw .cutOff(.data, offset: start.partialValue) }
    if kind == .stored {
      guard piece.packedByteCount >= piece.byteCount else { throw .damaged(.descriptor, offset: place) }
    } else if max(piece.byteCount, piece.packedByteCount) > longestPiece {
      throw .tooLong(.data, byteCount: max(piece.byteCount, piece.packedByteCount))
    }
    return piece
  }

  private func requireOrder(at place: UInt64) throws(ContainerError) {
    var end = range.lowerBound
    for piece in pieces {
      guard piece.start >= end else { throw .damaged(.descriptor, offset: place) }
      end = piece.start + piece.byteCount
    }
  }
}
