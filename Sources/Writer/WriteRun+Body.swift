import BlockIO
import ImageSource
import ImageTrust
import Synchronization
import SystemPackage

/// What writing the body leaves behind for the proof.
struct WrittenBody: Sendable {
  /// The withheld first bytes, zero-padded.
  let head: PieceMemory
  /// Where the image lies, now that its length is known.
  let layout: WriteLayout
  /// A digest of every piece of the body, of the very buffer that was submitted.
  let digests: [ChunkDigest]
  /// What was found of the image.
  let findings: PassFindings
  /// What was found of the compressed file that it is in; nil where there is none, or nothing was to be found.
  var fileFindings: PassFindings?
  /// Whether the file was read once more for that.
  var readsFileAgain = false
  /// How many requests had to be repeated.
  let retries: Int
}

extension WriteRun {
  /// How many requests are in flight: the next one is queued before the last one ends.
  static let lanes = 2

  private enum Outcome: Sendable {
    case read(head: PieceMemory, WriteLayout)
    case hashed(PassFindings)
    case hashedFile
    case wrote([(index: Int, digest: ChunkDigest)], retries: Int)
    case failed(WriteError)
  }

  /// Streams the image: one task reads, one hashes, two write; the pool of buffers holds them together.
  ///
  /// Runs of zeros are written like everything else (R37); what a map leaves out is read, and not written.
  func writeBody() async throws(WriteError) -> WrittenBody {
    if let layout = plan.layout {
      progress.begin(.writing, total: layout.bodyPieces.byteCount)
    } else {
      progress.begin(.writing, fileByteCount: image.fileByteCount ?? 0)
    }
    let stream = try start()
    // Read once where it can be, so that what is hashed is what is decoded; twice where the decoder reads it alone.
    let filePass = FilePass(of: image, shownBy: stream, plan.claims, listeners)
    let pool = BufferPool()
    let toWrite = Channel<Piece>()
    let toHash = Channel<Piece>()
    let outcomes = await withTaskGroup(of: Outcome.self) { group in
      group.addTask(executorPreference: LaneExecutor("burin.source")) {
        defer {
          toWrite.finish()
          toHash.finish()
        }
        do throws(WriteError) {
          let (head, layout) = try await self.readImage(
            stream, pool: pool, toWrite: toWrite, toHash: toHash)
          return .read(head: head, layout)
        } catch { return .failed(error) }
      }
      group.addTask(executorPreference: LaneExecutor("burin.hash")) {
        .hashed(await self.findings(in: toHash))
      }
      group.addTask(executorPreference: LaneExecutor("burin.file-hash")) {
        do throws(ImageSourceError) { try filePass?.readAgain() } catch {
          return .failed(self.failure(error))
        }
        return .hashedFile
      }
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
    var written = try collect(outcomes)
    written.fileFindings = filePass?.finish()
    written.readsFileAgain = filePass?.readsAgain == true
    return written
  }

  private func collect(_ outcomes: [Outcome]) throws(WriteError) -> WrittenBody {
    // The first failure is the cause; a cancellation seen by the others is its consequence.
    for case .failed(let error) in outcomes { throw error }
    guard !Task.isCancelled else { throw .cancelled }
    var read: (head: PieceMemory, layout: WriteLayout)?
    var found: [Int: ChunkDigest] = [:]
    var imageFindings = PassFindings()
    var retries = 0
    for outcome in outcomes {
      switch outcome {
      case .read(let head, let layout): read = (head, layout)
      case .hashed(let findings): imageFindings = findings
      case .wrote(let pieces, let repeated):
        retries += repeated
        for piece in pieces { found[piece.index] = piece.digest }
      case .hashedFile, .failed: break
      }
    }
    guard let (head, layout) = read else { preconditionFailure("the image was neither read nor failed") }
    let digests = layout.bodyPieces.indices.compactMap { found[$0] }
    precondition(
      digests.count == layout.bodyPieces.count && found.count == digests.count,
      "a piece was neither written nor reported")
    return WrittenBody(
      head: head, layout: layout, digests: digests, findings: imageFindings,
      retries: retries)
  }

  private func writePieces(from pieces: Channel<Piece>) async -> Outcome {
    var written: [(index: Int, digest: ChunkDigest)] = []
    var retries = 0
    do throws(WriteError) {
      while let piece = await pieces.next() {
        guard !Task.isCancelled else { throw .cancelled }
        for part in piece.parts {
          let end = piece.offset + UInt64(part.range.upperBound)
          try tellJournal { journal throws(SystemCallError) in try journal.willWrite(upTo: end) }
          retries += try write(part.range, of: piece)
          let digest = ChunkDigest(of: piece.memory.buffer, range: part.range)
          written.append((part.index, digest))
          progress.advance(by: part.range.count, consumed: piece.consumedByteCount)
        }
      }
      return .wrote(written, retries: retries)
    } catch { return .failed(error) }
  }

  /// Writes a part of a piece; an I/O error is tried once more in small requests, to name the place or to get past it (R38).
  /// - Returns: 1 where that was needed, else 0.
  private func write(_ part: Range<Int>, of piece: Piece) throws(WriteError) -> Int {
    let offset = piece.offset + UInt64(part.lowerBound)
    do throws(SystemCallError) {
      try medium.write(piece.memory.buffer, range: part, at: offset)
      return 0
    } catch {
      guard error.isMediumTrouble else { throw .device(error, during: .write, offset: offset) }
    }
    for start in stride(from: part.lowerBound, to: part.upperBound, by: 65_536) {
      let range = start..<min(start + 65_536, part.upperBound)
      let offset = piece.offset + UInt64(start)
      do throws(SystemCallError) {
        try medium.write(piece.memory.buffer, range: range, at: offset)
      } catch { throw .device(error, during: .write, offset: offset) }
    }
    return 1
  }
}
