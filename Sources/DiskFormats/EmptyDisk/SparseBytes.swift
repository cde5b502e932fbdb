public import BlockIO

/// The bytes of a disk that is zero nearly everywhere: what is not, and where.
public struct SparseBytes: Hashable, Sendable {
  /// Bytes at a place.
  public struct Part: Hashable, Sendable {
    /// Where the first one lies, in bytes.
    public let offset: UInt64
    /// The bytes.
    public let bytes: [UInt8]

    init(_ bytes: [UInt8], at offset: UInt64) {
      self.offset = offset
      self.bytes = bytes
    }

    /// The same bytes on the disk that a part of begins at an offset in bytes.
    func moved(by start: UInt64) -> Part { Part(bytes, at: offset + start) }
  }

  /// The length in bytes.
  public let byteCount: UInt64
  /// What is not zero, in the order of its places, which are disjoint.
  public let parts: [Part]

  init(byteCount: UInt64, parts: [Part]) {
    self.byteCount = byteCount
    self.parts = parts.sorted { $0.offset < $1.offset }
    var end: UInt64 = 0
    for part in self.parts {
      precondition(part.offset >= end, "parts that overlap")
      end = part.offset + UInt64(part.bytes.count)
    }
    precondition(end <= byteCount, "a part behind the end")
  }

  /// Copies what lies from an offset on into a range of a buffer, which must not reach behind the end.
  public func copy(from offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>) {
    let end = offset + UInt64(range.count)
    precondition(end <= byteCount, "behind the end")
    buffer.zero(range)
    for part in parts {
      let here = (part.offset..<(part.offset + UInt64(part.bytes.count))).clamped(to: offset..<end)
      guard !here.isEmpty else { continue }
      let first = Int(here.lowerBound - part.offset)
      let place = range.lowerBound + Int(here.lowerBound - offset)
      buffer.copy(from: part.bytes.span.extracting(first..<(first + here.count)), at: place)
    }
  }
}
