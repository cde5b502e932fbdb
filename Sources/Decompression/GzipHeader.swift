import CIsal

/// Reads the header of a gzip member, byte by byte (RFC 1952, 2.3); what it says is not needed, but checked.
struct GzipHeader {
  private enum Part {
    case fixed
    case extraLength
    case extra(end: Int)
    case name
    case comment
    case check
  }

  private enum Flag {
    static let check: UInt8 = 1 << 1
    static let extra: UInt8 = 1 << 2
    static let name: UInt8 = 1 << 3
    static let comment: UInt8 = 1 << 4
    static let reserved: UInt8 = 0xE0
  }

  private static let fixedByteCount = 10
  /// Names have no limit in the format; a longer one than any path is none.
  private static let limit = 1 << 20

  private var part = Part.fixed
  /// Which of the optional parts are still to come.
  private var flags: UInt8 = 0
  private var startOfPart = 0

  /// Looks at the byte that came last.
  /// - Returns: whether the header ends with it.
  mutating func isComplete(_ head: [UInt8]) throws(CodecFault) -> Bool {
    guard let byte = head.last, head.count <= Self.limit else { throw .corrupt }
    let count = head.count - startOfPart
    switch part {
    case .fixed:
      try checkFixed(byte, at: head.count - 1)
      return head.count == Self.fixedByteCount && next(head.count)
    case .extraLength:
      guard count == 2 else { return false }
      let length = Int(UInt16(littleEndianBytes: head.suffix(2)))
      part = .extra(end: head.count + length)
      return length == 0 && next(head.count)
    case .extra(let end): return head.count == end && next(head.count)
    case .name, .comment: return byte == 0 && next(head.count)
    case .check:
      guard count == 2 else { return false }
      try verify(head)
      return true
    }
  }

  private mutating func checkFixed(_ byte: UInt8, at index: Int) throws(CodecFault) {
    switch index {
    case 0: guard byte == 0x1F else { throw .foreign }
    case 1: guard byte == 0x8B else { throw .foreign }
    case 2: guard byte == 8 else { throw .unsupported(.method) }
    case 3:
      guard byte & Flag.reserved == 0 else { throw .unsupported(.method) }
      flags = byte
    default: break
    }
  }

  /// Goes on to the next part that there is.
  /// - Returns: whether there is none.
  private mutating func next(_ start: Int) -> Bool {
    startOfPart = start
    for (flag, following) in [
      (Flag.extra, Part.extraLength), (Flag.name, .name), (Flag.comment, .comment), (Flag.check, .check),
    ] where flags & flag != 0 {
      flags &= ~flag
      part = following
      return false
    }
    return true
  }

  /// The header's own check is the lower half of the CRC32 of what precedes it.
  private func verify(_ head: [UInt8]) throws(CodecFault) {
    let crc = unsafe crc32_gzip_refl(0, head, UInt64(head.count - 2))
    guard UInt16(truncatingIfNeeded: crc) == UInt16(littleEndianBytes: head.suffix(2)) else {
      throw .checksum
    }
  }
}
