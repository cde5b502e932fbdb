import BlockIO

/// What becomes of the bytes of a disk on their way into a file; they come in order.
protocol BackupEncoder {
  /// Takes the first bytes of a buffer; whole blocks of 4096 bytes but at the end.
  mutating func add(_ buffer: borrowing AlignedBuffer, count: Int) throws(SystemCallError)
  /// Ends the file.
  mutating func finish() throws(SystemCallError)
}

/// The bytes as they are; blocks of zeros become holes.
struct SparseEncoder: BackupEncoder {
  private let file: GrowingFile
  private var position: UInt64 = 0

  /// The smallest hole, in bytes: a block of most file systems.
  private static let blockByteCount = 4096

  init(into file: GrowingFile) { self.file = file }

  mutating func add(_ buffer: borrowing AlignedBuffer, count: Int) throws(SystemCallError) {
    var start: Int?
    for offset in stride(from: 0, to: count, by: Self.blockByteCount) {
      let isHole = buffer.isZero(offset..<min(offset + Self.blockByteCount, count))
      if isHole, let first = start {
        try file.write(buffer, range: first..<offset, at: position + UInt64(first))
        start = nil
      } else if !isHole, start == nil {
        start = offset
      }
    }
    if let start { try file.write(buffer, range: start..<count, at: position + UInt64(start)) }
    position += UInt64(count)
  }

  mutating func finish() throws(SystemCallError) { try file.setLength(position) }
}
