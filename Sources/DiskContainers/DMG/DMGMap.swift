import Decompression
import DiskFormats

/// Where the bytes of a disk lie in a DMG: in the pieces of its parts, whose checksums are proven.
struct DMGMap: GuestMap {
  private let trailer: DMGTrailer
  private let parts: [DMGPart]

  init(in file: inout MetadataReader) throws(ContainerError) {
    trailer = try DMGTrailer(in: file)
    let list = try file.structure(
      at: trailer.list.lowerBound, count: trailer.list.count, of: .descriptor)
    var parts: [DMGPart] = []
    var checksums: [UInt8] = []
    for table in try DMGPropertyList.tables(in: list.bytes, at: trailer.list.lowerBound) {
      let part = try DMGPart(table, in: trailer)
      parts.append(part)
      if let checksum = part.checksum { checksums += checksum.bigEndianBytes }
    }
    if let checksum = trailer.checksum, checksums.count == 4 * parts.count {
      // The checksum of all checksums, in the order of the list.
      guard CRC32.checksum(of: checksums) == checksum else {
        throw .checksumWrong(.footer, offset: trailer.offset + 360)
      }
    }
    parts.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (part, next) in zip(parts, parts.dropFirst())
    where part.range.upperBound > next.range.lowerBound {
      throw .damaged(.descriptor, offset: trailer.list.lowerBound)
    }
    self.parts = parts
  }

  var byteCount: UInt64 { trailer.byteCount }

  var checksums: [GuestChecksum] {
    parts.compactMap { part in
      part.checksum.flatMap { crc in
        part.range.isEmpty
          ? nil : GuestChecksum(range: part.range, crc: crc, offset: trailer.list.lowerBound)
      }
    }
  }

  mutating func extent(
    at offset: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent {
    let part = parts.lastIndex(startingUpTo: offset, by: \.range.lowerBound)
    guard let part, parts[part].range.contains(offset) else {
      let next = part.map { $0 + 1 } ?? 0
      let end = next < parts.count ? parts[next].range.lowerBound : byteCount
      return GuestExtent(content: .zeros, byteCount: end - offset)
    }
    let pieces = parts[part].pieces
    let index = pieces.lastIndex(startingUpTo: offset, by: \.start)
    guard let index, offset - pieces[index].start < pieces[index].byteCount else {
      let next = index.map { $0 + 1 } ?? 0
      let end = next < pieces.count ? pieces[next].start : parts[part].range.upperBound
      return GuestExtent(content: .unused, byteCount: end - offset)
    }
    return extent(of: pieces[index], at: offset)
  }

  private func extent(of piece: DMGPart.Piece, at offset: UInt64) -> GuestExtent {
    let within = offset - piece.start
    let content: GuestExtent.Content =
      switch piece.kind {
      case .zeros: .zeros
      case .unused: .unused
      case .stored: .stored(piece.offset + within)
      case .packed(let method):
        .packed(
          PackedCluster(
            offset: piece.offset, packedByteCount: Int(piece.packedByteCount),
            method: .piece(method, mayGoOn: false), byteCount: Int(piece.byteCount)),
          from: Int(within))
      }
    return GuestExtent(content: content, byteCount: piece.byteCount - within)
  }
}

extension Array {
  /// The last element of a sorted array that begins at an offset or before it.
  fileprivate func lastIndex(startingUpTo offset: UInt64, by start: (Element) -> UInt64) -> Int? {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if start(self[middle]) <= offset { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : low - 1
  }
}

extension UInt32 {
  fileprivate var bigEndianBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * $0)) } }
}
