import BlockIO
import Synchronization

extension WriteRun {
  /// How much is written once more to drive a few changes out of a cache that pretends to be memory, in bytes.
  private static let drivingByteCount = 4 << 20

  /// Reads the marks that a body has left, as ``readMarks(outside:)`` does, and weighs what was found before it.
  func readMarks(after written: inout WrittenBody) throws(WriteError) -> MarkFindings? {
    guard written.delta != nil else { return try readMarks(outside: written.layout) }
    let isThere = try driveOutCaches(written)
    let marks = try readMarks(outside: written.layout)
    let isSound = marks.map { $0.head.isEmpty && $0.shortfall(claimed: plan.capacity, proven: 0) == nil }
    // Without marks nothing tells whether two addresses are the same memory.
    if !isThere || isSound != true { written.delta?.isDoubtful = true }
    return marks
  }

  /// Writes some of the body once more, as it is on the medium, and flushes it.
  ///
  /// A whole image drives what was written before it out of such a cache; a few blocks of it do not. What is written
  /// is read from the medium and is what belongs there, so that nothing changes.
  /// - Returns: whether all of it was there.
  private func driveOutCaches(_ written: WrittenBody) throws(WriteError) -> Bool {
    let pieces = written.layout.bodyPieces
    var memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    var count = 0
    for index in pieces.indices.shuffled() where count < Self.drivingByteCount {
      guard !Task.isCancelled else { throw .cancelled }
      let range = pieces[index]
      let readCount = try readBack(at: range.lowerBound, into: &memory, count: range.count)
      guard readCount == range.count, ChunkDigest(of: memory, count: range.count) == written.digests[index]
      else { return false }
      do throws(SystemCallError) {
        try medium.write(memory, range: 0..<range.count, at: range.lowerBound)
      } catch { throw .device(error, during: .write, offset: range.lowerBound) }
      count += range.count
    }
    _ = try flush()
    return true
  }

  /// The pieces of which something is not on the medium as it belongs there, of all that a run over existing content
  /// reads again (R41).
  ///
  /// What was there and was left has been read past every cache in this run already. Where anything speaks against
  /// the medium, that counts for nothing, and all of it is read again.
  func recheckedPieces(
    _ written: WrittenBody, _ delta: DeltaFindings
  ) async throws(WriteError) -> [FoundPiece] {
    guard !delta.isDoubtful else { return try await differingPieces(written) }
    let wrong = try await wrongPieces(written, delta)
    guard !wrong.isEmpty else { return [] }
    let found = try await differingPieces(written)
    // One that is right by now is no better for that.
    return found
      + wrong.subtracting(found.map(\.index)).map { FoundPiece(index: $0, digest: written.digests[$0]) }
  }

  /// The pieces of which something that is read again is not as it belongs there; no more are looked for than one by
  /// each lane.
  private func wrongPieces(
    _ written: WrittenBody, _ delta: DeltaFindings
  ) async throws(WriteError) -> Set<Int> {
    progress.begin(.verifying, total: delta.rereadByteCount(written.layout.bodyPieces))
    let next = Atomic<Int>(0)
    let results = await Lanes.run(Self.lanes) { () -> Result<Int?, WriteError> in
      var memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < delta.pieces.count else { return .success(nil) }
        guard !Task.isCancelled else { return .failure(.cancelled) }
        do throws(WriteError) {
          if try holds(written.rechecks(of: index, delta), &memory) { continue }
          next.store(delta.pieces.count, ordering: .relaxed)
          return .success(index)
        } catch {
          // The other lane has no reason to go on.
          next.store(delta.pieces.count, ordering: .relaxed)
          return .failure(error)
        }
      }
    }
    var wrong: Set<Int> = []
    for result in results {
      switch result {
      case .success(let index): wrong.formUnion(index.map { [$0] } ?? [])
      case .failure(let error): throw error
      }
    }
    return wrong
  }

  private func holds(_ rechecks: [Recheck], _ memory: inout AlignedBuffer) throws(WriteError) -> Bool {
    for recheck in rechecks {
      let count = recheck.range.count
      let readCount = try readBack(at: recheck.range.lowerBound, into: &memory, count: count)
      guard readCount == count, ChunkDigest(of: memory, count: count) == recheck.digest else { return false }
      progress.advance(by: count)
    }
    return true
  }
}

extension DeltaFindings {
  /// How many bytes are read again.
  func rereadByteCount(_ layout: BodyPieces) -> UInt64 {
    guard !isDoubtful else { return layout.byteCount }
    return zip(pieces, layout).reduce(0) { sum, entry in
      let (piece, range) = entry
      return sum
        + (piece.rechecks.isEmpty
          ? UInt64(range.count) : piece.rechecks.reduce(0) { $0 + UInt64($1.range.count) })
    }
  }

  /// What is reported of it.
  func report(_ layout: BodyPieces) -> DeltaReport {
    DeltaReport(
      comparedByteCount: layout.byteCount,
      writtenByteCount: pieces.reduce(0) { $0 + UInt64($1.writtenByteCount) },
      rereadByteCount: rereadByteCount(layout))
  }
}

extension WrittenBody {
  /// What is read again of a piece.
  fileprivate func rechecks(of index: Int, _ delta: DeltaFindings) -> [Recheck] {
    let rechecks = delta.pieces[index].rechecks
    return rechecks.isEmpty
      ? [Recheck(range: layout.bodyPieces[index], digest: digests[index])] : rechecks
  }
}
