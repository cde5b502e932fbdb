import BlockIO

/// The memory of one piece, which goes from hand to hand and back into the pool.
final class PieceMemory: @unchecked Sendable {
  // Sendable: filled by the one task that took it from the pool, before it is shared; read-only afterwards,
  // until the last reader lets go of its piece and the memory is back in the pool.
  fileprivate(set) var buffer = AlignedBuffer(byteCount: WritePlan.pieceByteCount)

  /// Lets the single owner fill the memory.
  func fill<Result, Failure: Error>(
    _ body: (inout AlignedBuffer) throws(Failure) -> Result
  ) throws(Failure) -> Result { try body(&buffer) }
}

/// A piece of the image on its way to the hasher and to the medium; immutable.
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
  /// What of it is written, the image's bytes and the zeros after them; nothing where it is only hashed.
  let parts: [Part]
  /// How much of the image's file was consumed up to its end, in bytes.
  let consumedByteCount: UInt64
  let memory: PieceMemory
  private let pool: BufferPool?

  init(
    at offset: UInt64, imageCount: Int, parts: [Part] = [], consumed: UInt64, memory: PieceMemory,
    pool: BufferPool?
  ) {
    self.offset = offset
    self.parts = parts
    self.imageCount = imageCount
    consumedByteCount = consumed
    self.memory = memory
    self.pool = pool
  }

  deinit { pool?.give(memory) }
}

/// A fixed number of aligned buffers, allocated once; the only large memory of a run.
final class BufferPool: Sendable {
  private let free = Channel<PieceMemory>()

  /// Four: two at the device, one being read, one being hashed.
  static let count = 4

  init(count: Int = BufferPool.count) {
    for _ in 0..<count { free.send(PieceMemory()) }
  }

  /// Waits for memory; nil once the pool is closed.
  func take() async -> PieceMemory? { await free.next() }

  /// Says that no more memory is given out.
  func close() { free.abandon() }

  /// Puts memory back.
  func give(_ memory: PieceMemory) { free.send(memory) }
}
