import BlockIO
import ImageSource
import Synchronization

/// The memory of one piece, which goes from hand to hand and back into the pool.
final class PieceMemory: @unchecked Sendable {
  // Sendable: filled by the one task that took it from the pool, before it is shared; read-only afterwards,
  // until the last reader lets go of its piece and the memory is back in the pool.
  fileprivate(set) var buffer = AlignedBuffer(byteCount: WritePlan.pieceByteCount)

  /// Lets the single owner fill the memory.
  func fill<Result, Failure: Error>(
    _ body: (inout AlignedBuffer) throws(Failure) -> Result
  ) throws(Failure) -> Result { try body(&buffer) }

  /// Reads a range of the image that the stream has come to, and zeroes what lies beyond its end (R35).
  /// - Returns: the number of bytes that are the image's.
  func fill(with range: Range<UInt64>, from stream: any ImageStream) throws(WriteError) -> Int {
    try fill { buffer throws(WriteError) in
      let count: Int
      do throws(ImageSourceError) { count = try stream.read(into: &buffer, range: 0..<range.count) } catch {
        throw WriteError(reading: error)
      }
      buffer.zero(count..<range.count)
      return count
    }
  }

  /// Zeroes ranges of the medium in memory that holds what comes there from an offset on.
  func blank(_ ranges: [Range<UInt64>], from offset: UInt64) {
    fill { buffer in
      for range in ranges {
        buffer.zero(Int(range.lowerBound - offset)..<Int(range.upperBound - offset))
      }
    }
  }
}

/// A piece of the image on its way to the hasher and to the media; immutable.
///
/// When its last reference goes, its memory returns to the pool: waiting there is the only back-pressure.
final class Piece: Sendable {
  /// A part that is written with one request.
  struct Part: Sendable {
    /// Which one of the layout's pieces it is.
    let index: Int
    /// Where it lies in the memory.
    let range: Range<Int>
  }

  /// Where the image's bytes in it begin on the medium.
  let offset: UInt64
  /// The bytes of the image in it.
  let imageCount: Int
  /// How much of the image's file was consumed up to its end, in bytes.
  let consumedByteCount: UInt64
  let memory: PieceMemory
  private let pool: BufferPool?
  /// The digests of what was written of it, by place.
  private let digests = Mutex<[Range<Int>: ChunkDigest]>([:])

  init(at offset: UInt64, imageCount: Int, consumed: UInt64, memory: PieceMemory, pool: BufferPool?) {
    self.offset = offset
    self.imageCount = imageCount
    consumedByteCount = consumed
    self.memory = memory
    self.pool = pool
  }

  deinit { pool?.give(memory) }

  /// The digest of a part: taken once, however many media it is written to.
  func digest(of range: Range<Int>) -> ChunkDigest {
    digests.withLock { digests in
      if let digest = digests[range] { return digest }
      let digest = ChunkDigest(of: memory.buffer, range: range)
      digests[range] = digest
      return digest
    }
  }
}

/// A piece, and what of it is written to one medium: the image's bytes and the zeros after them.
struct Delivery: Sendable {
  let piece: Piece
  let parts: [Piece.Part]
}

/// A fixed number of aligned buffers, allocated once; the only large memory of a run.
final class BufferPool: Sendable {
  private let free = Channel<PieceMemory>()

  /// Four for one medium: two at the device, one being read, one being hashed.
  ///
  /// One more for each further medium, so that one may be behind the others for a moment.
  static func count(forMedia count: Int) -> Int { 3 + max(1, count) }

  init(count: Int) { expand(by: count) }

  /// Adds memory, for what nobody knows when it comes back.
  func expand(by count: Int) {
    for _ in 0..<count { free.send(PieceMemory()) }
  }

  /// Waits for memory; nil once the pool is closed.
  func take() async -> PieceMemory? { await free.next() }

  /// Whether somebody waits for memory.
  var isAwaited: Bool { free.waitingCount > 0 }

  /// Says that no more memory is given out.
  func close() { free.abandon() }

  /// Puts memory back.
  func give(_ memory: PieceMemory) { free.send(memory) }
}
