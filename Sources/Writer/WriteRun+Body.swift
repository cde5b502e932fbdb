import BlockIO
import ImageSource
import ImageTrust
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
  var retries: Int
  /// What was there before; nil where nobody looked.
  var delta: DeltaFindings?
}

/// A piece of the body that is on the medium.
private struct PlacedPiece: Sendable {
  let index: Int
  let digest: ChunkDigest
  /// What was there before; nil where nobody looked.
  let delta: DeltaPiece?
}

extension WriteRun {
  /// How many requests are in flight: the next one is queued before the last one ends.
  static let lanes = 2

  private struct LaneResult: Sendable {
    var placed: [PlacedPiece] = []
    var retries = 0
    var error: WriteError?
  }

  /// Writes what an intake gives, in two lanes.
  ///
  /// Runs of zeros are written like everything else (R37); what a map leaves out is read, and not written.
  func writeBody(from intake: Intake) async throws(WriteError) -> WrittenBody {
    if let layout = plan.layout {
      progress.begin(.writing, total: layout.bodyPieces.byteCount)
    } else {
      progress.begin(.writing, fileByteCount: image.fileByteCount ?? 0)
    }
    intake.arrive()
    let results = await withTaskGroup(of: LaneResult.self) { group in
      for lane in 0..<Self.lanes {
        group.addTask(executorPreference: LaneExecutor("burin.write.\(lane)")) {
          let result = await writePieces(from: intake)
          // The other lane has no reason to go on, and nobody has to wait for this medium.
          if result.error != nil { intake.leave() }
          return result
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    // Why the others went on without this medium says more than how its last requests ended.
    if let error = intake.failure ?? results.lazy.compactMap(\.error).first { throw error }
    let passed = try await intake.image()
    guard !Task.isCancelled else { throw .cancelled }
    return try collect(results, passed)
  }

  private func collect(_ results: [LaneResult], _ passed: PassedImage) throws(WriteError) -> WrittenBody {
    let layout = try plan.layout(of: passed.byteCount, from: image.path)
    var found: [Int: PlacedPiece] = [:]
    for piece in results.lazy.flatMap(\.placed) { found[piece.index] = piece }
    let placed = layout.bodyPieces.indices.compactMap { found[$0] }
    precondition(
      placed.count == layout.bodyPieces.count && found.count == placed.count,
      "a piece was neither written nor reported")
    return WrittenBody(
      head: passed.head, layout: layout, digests: placed.map(\.digest), findings: passed.findings,
      fileFindings: passed.fileFindings, readsFileAgain: passed.readsFileAgain,
      retries: results.reduce(0) { $0 + $1.retries },
      delta: plan.isDelta ? DeltaFindings(of: placed.compactMap(\.delta)) : nil)
  }

  private func writePieces(from intake: Intake) async -> LaneResult {
    var result = LaneResult()
    var found = AlignedBuffer(byteCount: plan.isDelta ? WritePlan.pieceByteCount : AlignedBuffer.alignment)
    do throws(WriteError) {
      while let delivery = await intake.next() {
        guard !Task.isCancelled else { throw .cancelled }
        let piece = delivery.piece
        for part in delivery.parts {
          let (delta, repeated) = try place(part.range, of: piece, &found)
          result.retries += repeated
          result.placed.append(
            PlacedPiece(index: part.index, digest: piece.digest(of: part.range), delta: delta))
          progress.advance(by: part.range.count, consumed: piece.consumedByteCount)
        }
      }
    } catch { result.error = error }
    return result
  }

  /// Has a part of a piece be on the medium: all of it is written, or what of it is not there.
  /// - Parameter found: memory of the lane for what is there.
  private func place(
    _ part: Range<Int>, of piece: Piece, _ found: inout AlignedBuffer
  ) throws(WriteError) -> (DeltaPiece?, retries: Int) {
    guard !plan.isDelta else { return try update(part, of: piece, &found) }
    let end = piece.offset + UInt64(part.upperBound)
    try tellJournal { journal throws(SystemCallError) in try journal.willWrite(upTo: end) }
    return (nil, try write(part, of: piece))
  }

  /// Writes a part of a piece; an I/O error is tried once more in small requests, to name the place or to get past it (R38).
  /// - Returns: 1 where that was needed, else 0.
  func write(_ part: Range<Int>, of piece: Piece) throws(WriteError) -> Int {
    try write(piece.memory.buffer, part, at: piece.offset + UInt64(part.lowerBound), during: .write)
  }

  /// Writes a range of a buffer in the same way.
  func write(
    _ memory: borrowing AlignedBuffer, _ part: Range<Int>, at offset: UInt64,
    during operation: DeviceOperation
  ) throws(WriteError) -> Int {
    do throws(SystemCallError) {
      try medium.write(memory, range: part, at: offset)
      return 0
    } catch {
      guard error.isMediumTrouble else { throw .device(error, during: operation, offset: offset) }
      try requireSame(after: error, during: operation, offset: offset)
    }
    for start in stride(from: part.lowerBound, to: part.upperBound, by: 65_536) {
      let range = start..<min(start + 65_536, part.upperBound)
      let place = offset + UInt64(start - part.lowerBound)
      do throws(SystemCallError) { try medium.write(memory, range: range, at: place) } catch {
        throw .device(error, during: operation, offset: place)
      }
    }
    return 1
  }
}
