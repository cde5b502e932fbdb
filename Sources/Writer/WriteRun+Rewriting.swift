import BlockIO
import ImageSource

extension WriteRun {
  /// More pieces than this are not written once more: a medium that loses 64 MiB is not to be mended.
  private static let mostRewrittenPieces = 16
  /// Nor more than one in so many, where there are so many.
  private static let leastPiecesPerRewritten = 8

  /// Proves that the medium holds the body, with the machine awake from the beginning of the proof to its end.
  ///
  /// A stick may lose its power while the machine sleeps, and the kernel takes another one of the same make that is
  /// there afterwards for it: what was read before says nothing then.
  func readBackAwake(
    _ written: WrittenBody, _ marks: MarkFindings?
  ) async throws(WriteError) -> (rewritten: Differences?, marks: MarkFindings?) {
    var (written, rewritten, marks) = (written, nil as Differences?, marks)
    var hasSlept: Bool
    repeat {
      let asleep = slept()
      let found = try await readBack(written, marks)
      (rewritten, marks) = (found.rewritten ?? rewritten, found.marks)
      hasSlept = slept() - asleep > Self.nap
      if hasSlept { written.delta?.isDoubtful = true }
    } while hasSlept
    return (rewritten, marks)
  }

  /// The clocks are read one after the other: less than this is no sleep.
  static let nap = Duration.seconds(1)

  /// Proves that the medium holds the body, of which pieces that it does not are written once more (R42).
  ///
  /// That counts only where everything is there afterwards, and those pieces twice, with all the rest read in
  /// between: what was written anew may lie in the memory of something else, or in a cache only. The capacity is probed
  /// once more for the same reason (R43).
  /// - Parameter marks: what was found of the capacity, to explain what differs.
  /// - Returns: what was not there at first, nil where everything was; and what is known of the capacity by then.
  func readBack(
    _ written: WrittenBody, _ marks: MarkFindings?
  ) async throws(WriteError) -> (rewritten: Differences?, marks: MarkFindings?) {
    let wrong =
      if let delta = written.delta {
        try await recheckedPieces(written, delta)
      } else {
        try await differingPieces(written)
      }
    guard !wrong.isEmpty else { return (nil, marks) }
    // Of another card in the reader nothing is said, and nothing is written onto it (R29).
    try requireSame()
    let indexes = wrong.map(\.index).sorted()
    let differences = try explain(indexes, written.layout)
    let cause = mismatch(differences, wrong, written, marks)
    guard case .mismatch = cause, mayRewrite(indexes.count, of: written.digests.count) else { throw cause }
    // As before the body: the marks first, so that what is written over one of them shows.
    let retries = marks == nil ? 0 : try write(placedMarks(outside: written.layout))
    guard try rewrite(indexes, written) else { throw cause }
    _ = try flush()
    guard try holds(indexes, written) else { throw cause }
    var later = try readMarks(outside: written.layout)
    later?.retries += retries + (marks?.retries ?? 0)
    let left = try await differingPieces(written)
    guard left.isEmpty else {
      throw mismatch(try explain(left.map(\.index).sorted(), written.layout), left, written, later)
    }
    _ = try flush()
    guard try holds(indexes, written) else { throw cause }
    return (differences, later)
  }

  /// Whether so many pieces are few enough, and whether the image is one that would have been seen to change.
  ///
  /// The pass that gives them once more is compared by digests that somebody could forge. Of a file its times tell that
  /// it stayed the same; a disk may say what it likes.
  private func mayRewrite(_ count: Int, of pieces: Int) -> Bool {
    image.noticesChanges
      && count <= min(Self.mostRewrittenPieces, max(1, pieces / Self.leastPiecesPerRewritten))
  }

  /// Writes some pieces once more, in another pass over the image.
  /// - Returns: whether the image gave the same bytes as before; it cannot where its decoder was a process.
  private func rewrite(_ indexes: [Int], _ written: WrittenBody) throws(WriteError) -> Bool {
    let memory = PieceMemory()
    let stream: any ImageStream
    do throws(WriteError) { stream = try startAgain() } catch {
      if case .image = error { return false }
      throw error
    }
    var position: UInt64 = 0
    for index in indexes {
      guard !Task.isCancelled else { throw .cancelled }
      let range = written.layout.bodyPieces[index]
      do throws(WriteError) {
        position = try fill(memory, with: range, of: stream, at: position, written.layout)
      } catch {
        if case .image = error { return false }
        throw error
      }
      guard ChunkDigest(of: memory.buffer, count: range.count) == written.digests[index] else { return false }
      do throws(SystemCallError) {
        try medium.write(memory.buffer, range: 0..<range.count, at: range.lowerBound)
      } catch { throw .device(error, during: .write, offset: range.lowerBound) }
    }
    return true
  }

  /// Whether some pieces are read as they were written.
  private func holds(_ indexes: [Int], _ written: WrittenBody) throws(WriteError) -> Bool {
    var found = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    for index in indexes {
      let range = written.layout.bodyPieces[index]
      let count = try readBack(at: range.lowerBound, into: &found, count: range.count)
      guard count == range.count, ChunkDigest(of: found, count: count) == written.digests[index] else {
        return false
      }
    }
    return true
  }
}
