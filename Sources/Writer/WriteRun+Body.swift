import BlockIO
import ImageSource
import Synchronization
import SystemPackage

/// What writing the body leaves behind for the proof.
struct WrittenBody: ~Copyable {
  /// The withheld first bytes, zero-padded.
  var head: AlignedBuffer
  /// A digest of every piece of the body, of the very buffer that was submitted.
  var digests: [ChunkDigest]
  /// The SHA-256 of the image, if asked for.
  var sha256: [UInt8]?
  /// How many requests had to be repeated.
  var retries: Int
}

extension WriteRun {
  /// How many requests are in flight: the next one is queued before the last one ends.
  static let lanes = 2

  private enum Outcome: Sendable {
    case read(head: PieceMemory)
    case hashed([UInt8]?)
    case wrote([(index: Int, digest: ChunkDigest)], retries: Int)
    case failed(WriteError)
  }

  /// Streams the image: one task reads, one hashes, two write; the pool of buffers holds them together.
  ///
  /// Runs of zeros are written like everything else (R37).
  func writeBody() async throws(WriteError) -> WrittenBody {
    progress.begin(.writing, total: plan.writtenByteCount - UInt64(plan.headByteCount))
    let pool = BufferPool()
    let toWrite = Channel<Piece>()
    let toHash = Channel<Piece>()
    let outcomes = await withTaskGroup(of: Outcome.self) { group in
      group.addTask(executorPreference: LaneExecutor("burin.source")) {
        await self.readImage(pool: pool, toWrite: toWrite, toHash: toHash)
      }
      group.addTask(executorPreference: LaneExecutor("burin.hash")) { await self.hash(toHash) }
      for lane in 0..<Self.lanes {
        group.addTask(executorPreference: LaneExecutor("burin.write.\(lane)")) {
          await self.writePieces(from: toWrite)
        }
      }
      var outcomes: [Outcome] = []
      for await outcome in group {
        if case .failed = outcome {
          // Nobody may wait for a piece or for memory that will not come any more.
          toWrite.abandon()
          toHash.abandon()
          pool.close()
          group.cancelAll()
        }
        outcomes.append(outcome)
      }
      return outcomes
    }
    return try collect(outcomes)
  }

  private func collect(_ outcomes: [Outcome]) throws(WriteError) -> WrittenBody {
    // The first failure is the cause; a cancellation seen by the others is its consequence.
    for case .failed(let error) in outcomes { throw error }
    guard !Task.isCancelled else { throw .cancelled }
    var digests = [ChunkDigest?](repeating: nil, count: plan.bodyPieces.count)
    var head = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    var sha256: [UInt8]?
    var retries = 0
    for outcome in outcomes {
      switch outcome {
      case .read(let memory): head.copy(from: memory.buffer, count: plan.headByteCount)
      case .hashed(let digest): sha256 = digest
      case .wrote(let pieces, let repeated):
        retries += repeated
        for piece in pieces { digests[piece.index] = piece.digest }
      case .failed: break
      }
    }
    let complete = digests.compactMap(\.self)
    precondition(complete.count == digests.count, "a piece was neither written nor reported")
    return WrittenBody(head: head, digests: complete, sha256: sha256, retries: retries)
  }

  private func readImage(pool: BufferPool, toWrite: Channel<Piece>, toHash: Channel<Piece>) async -> Outcome {
    defer {
      toWrite.finish()
      toHash.finish()
    }
    do throws(WriteError) {
      let stream = try start()
      // The head is hashed like any other piece and stays in its memory until the commit.
      let head = PieceMemory()
      let headRange = 0..<UInt64(plan.headByteCount)
      let headCount = try fill(head, with: headRange, from: stream)
      if plan.digest == .sha256 {
        toHash.send(Piece(index: -1, range: headRange, imageCount: headCount, memory: head, pool: nil))
      }
      for (index, range) in plan.bodyPieces.enumerated() {
        guard !Task.isCancelled, let memory = await pool.take() else { return .failed(.cancelled) }
        let count: Int
        do throws(WriteError) { count = try fill(memory, with: range, from: stream) } catch {
          pool.give(memory)
          throw error
        }
        let piece = Piece(index: index, range: range, imageCount: count, memory: memory, pool: pool)
        if plan.digest == .sha256 { toHash.send(piece) }
        toWrite.send(piece)
      }
      return .read(head: head)
    } catch { return .failed(error) }
  }

  /// Begins a pass over the image.
  func start() throws(WriteError) -> any ImageStream {
    do throws(ImageSourceError) { return try image.start() } catch { throw .image(error) }
  }

  /// Reads a range of the image that the stream has come to, and zeroes what lies beyond its end (R35).
  /// - Returns: the number of bytes that are the image's.
  func fill(
    _ memory: PieceMemory, with range: Range<UInt64>, from stream: any ImageStream
  ) throws(WriteError) -> Int {
    let wanted = Int(min(range.upperBound, plan.imageByteCount) - range.lowerBound)
    return try memory.fill { buffer throws(WriteError) in
      let count: Int
      do throws(ImageSourceError) {
        count = try stream.read(into: &buffer, range: 0..<wanted)
      } catch { throw .image(error) }
      guard count == wanted else {
        let found = range.lowerBound + UInt64(count)
        throw .image(.shrank(expected: plan.imageByteCount, found: found))
      }
      buffer.zero(wanted..<Int(range.upperBound - range.lowerBound))
      return wanted
    }
  }

  private func hash(_ pieces: Channel<Piece>) async -> Outcome {
    guard plan.digest == .sha256 else { return .hashed(nil) }
    var digest = SHA256()
    while let piece = await pieces.next() {
      digest.update(piece.memory.buffer, count: piece.imageCount)
    }
    return .hashed(digest.finish())
  }

  private func writePieces(from pieces: Channel<Piece>) async -> Outcome {
    var written: [(index: Int, digest: ChunkDigest)] = []
    var retries = 0
    do throws(WriteError) {
      while let piece = await pieces.next() {
        guard !Task.isCancelled else { throw .cancelled }
        let end = piece.offset + UInt64(piece.writtenCount)
        try tellJournal { journal throws(SystemCallError) in try journal.willWrite(upTo: end) }
        retries += try write(piece)
        let digest = ChunkDigest(of: piece.memory.buffer, count: piece.writtenCount)
        written.append((piece.index, digest))
        progress.advance(by: piece.writtenCount)
      }
      return .wrote(written, retries: retries)
    } catch { return .failed(error) }
  }

  /// Writes a piece; an I/O error is tried once more in small requests, to name the place or to get past it (R38).
  /// - Returns: 1 where that was needed, else 0.
  private func write(_ piece: Piece) throws(WriteError) -> Int {
    do throws(SystemCallError) {
      try medium.write(piece.memory.buffer, range: 0..<piece.writtenCount, at: piece.offset)
      return 0
    } catch {
      guard error.errno == .ioError else { throw .device(error, during: .write, offset: piece.offset) }
    }
    for start in stride(from: 0, to: piece.writtenCount, by: 65_536) {
      let range = start..<min(start + 65_536, piece.writtenCount)
      let offset = piece.offset + UInt64(start)
      do throws(SystemCallError) {
        try medium.write(piece.memory.buffer, range: range, at: offset)
      } catch { throw .device(error, during: .write, offset: offset) }
    }
    return 1
  }
}
