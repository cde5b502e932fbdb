import BlockIO
import BlockMap
import ImageSource

/// Reads an image to its end, whatever length was announced, and hands its pieces to the others.
struct PassReader: Sendable {
  let stream: any ImageStream
  /// Says what is known of the image, as the plans of all media do.
  let plan: WritePlan
  let intakes: [Intake]
  let pool: BufferPool
  /// Where pieces are hashed; nil where nothing is to be found of them.
  let toHash: Channel<Piece>?

  /// Where reading ends at the latest: an image that goes on is too large for every medium, or not the one of the map.
  private var readingEnd: UInt64 { intakes.reduce(0) { max($0, $1.plan.readingEnd) } }

  /// The most that is withheld of the image, in bytes.
  private var headByteCount: Int { intakes.reduce(0) { max($0, $1.plan.largestHeadByteCount) } }

  /// Reads it.
  /// - Returns: the head, which waits for the commit, and the length of the image in bytes.
  func read() async throws(WriteError) -> (head: PieceMemory, byteCount: UInt64) {
    let checker = plan.map.map(MapChecker.init)
    // The head is hashed like any other piece and stays in its memory until the commit.
    let head = PieceMemory()
    let headCount = try head.fill(with: 0..<UInt64(headByteCount), from: stream)
    try check(head, count: headCount, checker)
    toHash?.send(
      Piece(at: 0, imageCount: headCount, consumed: stream.consumedByteCount, memory: head, pool: nil))
    var end = UInt64(headCount)
    let body = BodyPieces(start: UInt64(headByteCount), end: readingEnd)
    for (index, range) in body.enumerated() {
      // A read comes up short only where the image ends.
      guard end == range.lowerBound else { break }
      let indexes = intakes.map { $0.partIndexes(in: range, index) }
      if isSkipped(range, indexes) {
        try skip(range, checker)
        end = range.upperBound
        continue
      }
      guard !Task.isCancelled, let memory = await pool.take() else { throw .cancelled }
      let count = try await pass(range, indexes, memory, checker)
      guard count > 0 else { break }
      end += UInt64(count)
    }
    try requireEnd(at: end)
    return (committed(head), end)
  }

  /// Whether nobody needs a part of the image.
  private func isSkipped(_ range: Range<UInt64>, _ indexes: [Range<Int>]) -> Bool {
    // Not where only a read tells that the image does not end before.
    toHash == nil && plan.imageLength.exactByteCount != nil && indexes.allSatisfy(\.isEmpty)
      && intakes.allSatisfy { range.upperBound < $0.plan.readingEnd }
  }

  private func skip(_ range: Range<UInt64>, _ checker: MapChecker?) throws(WriteError) {
    do throws(ImageSourceError) { try stream.skip(UInt64(range.count)) } catch {
      throw WriteError(reading: error)
    }
    checker?.skip(UInt64(range.count))
  }

  /// Reads what comes next and hands it on.
  /// - Parameter indexes: the pieces in it, of the layout of each medium.
  /// - Returns: the number of bytes that are the image's; 0 where it has ended before.
  private func pass(
    _ range: Range<UInt64>, _ indexes: [Range<Int>], _ memory: PieceMemory, _ checker: MapChecker?
  ) async throws(WriteError) -> Int {
    let count: Int
    do throws(WriteError) {
      count = try memory.fill(with: range, from: stream)
      try check(memory, count: count, checker)
    } catch {
      pool.give(memory)
      throw error
    }
    guard count > 0 else {
      pool.give(memory)
      return 0
    }
    let offset = range.lowerBound
    refuseBeyond(offset + UInt64(count))
    let parts = zip(intakes, indexes).map { intake, indexes in
      intake.isPresent ? intake.parts(indexes, offset: offset, count: count) : []
    }
    let consumed = stream.consumedByteCount
    let places = parts.joined().map {
      offset + UInt64($0.range.lowerBound)..<offset + UInt64($0.range.upperBound)
    }
    let slop = plan.slop(in: places)
    if slop.isEmpty || toHash == nil {
      memory.blank(slop, from: offset)
      let piece = Piece(at: offset, imageCount: count, consumed: consumed, memory: memory, pool: pool)
      toHash?.send(piece)
      deliver(piece, parts)
      return count
    }
    // What is hashed is the image, and what is written is not quite. The others give back what they have, so that
    // waiting for a second buffer ends.
    let piece = Piece(at: offset, imageCount: count, consumed: consumed, memory: memory, pool: pool)
    guard let copy = await pool.take() else { throw .cancelled }
    copy.fill { $0.copy(from: memory.buffer, count: range.count) }
    copy.blank(slop, from: offset)
    toHash?.send(piece)
    deliver(Piece(at: offset, imageCount: count, consumed: consumed, memory: copy, pool: pool), parts)
    return count
  }

  private func deliver(_ piece: Piece, _ parts: [[Piece.Part]]) {
    for (intake, parts) in zip(intakes, parts) { intake.deliver(piece, parts) }
  }

  /// Goes on without the media that end before a byte of the image: nothing is left out (R34).
  private func refuseBeyond(_ end: UInt64) {
    for intake in intakes where intake.plan.readingEnd < end { intake.drop(intake.plan.excess) }
  }

  /// What has filled the largest medium, or all that a map tells of, must end there (R34).
  private func requireEnd(at end: UInt64) throws(WriteError) {
    refuseBeyond(end)
    guard end == readingEnd else { return }
    var next = AlignedBuffer(byteCount: AlignedBuffer.alignment)
    let count: Int
    do throws(ImageSourceError) { count = try stream.read(into: &next, range: 0..<1) } catch {
      throw WriteError(reading: error)
    }
    if count > 0 { refuseBeyond(end + 1) }
  }

  /// The head as it is written: what a map leaves out of it is zero, and was not checked by anything.
  private func committed(_ head: PieceMemory) -> PieceMemory {
    let gaps = plan.slop(in: [0..<UInt64(headByteCount)])
    guard !gaps.isEmpty else { return head }
    let copy = PieceMemory()
    copy.fill { $0.copy(from: head.buffer, count: headByteCount) }
    copy.blank(gaps, from: 0)
    return copy
  }

  /// Takes the bytes that come next against the digests of the map.
  private func check(_ memory: PieceMemory, count: Int, _ checker: MapChecker?) throws(WriteError) {
    guard let checker else { return }
    do throws(MapMismatch) { try checker.add(memory.buffer, count: count) } catch {
      throw .map(error)
    }
  }
}

extension WritePlan {
  /// What does not matter of an image in blocks that are written as a whole: zeros come there, nothing that no map
  /// has vouched for (R37).
  func slop(in blocks: [Range<UInt64>]) -> [Range<UInt64>] {
    guard let map else { return [] }
    return blocks.flatMap { map.gaps(in: $0.clamped(to: 0..<map.imageByteCount)) }
  }

  /// Why an image is refused that goes on after ``readingEnd``.
  fileprivate var excess: WriteError {
    map.map { .map(.length(stated: $0.imageByteCount, found: nil)) } ?? .tooLarge(capacity: capacity)
  }

  /// Where the image lies that has ended here; an exact length must have told the truth (R44).
  func layout(of byteCount: UInt64, from path: String) throws(WriteError) -> WriteLayout {
    if case .exact(let expected) = imageLength, expected != byteCount {
      throw .image(
        byteCount < expected ? .shrank(expected: expected, found: byteCount) : .changed(path: path))
    }
    if let least = leastByteCount, byteCount < least {
      throw .image(.endsEarly(path: path, expected: least, found: byteCount))
    }
    if let expected = map?.imageByteCount, expected != byteCount {
      throw .map(.length(stated: expected, found: byteCount < expected ? byteCount : nil))
    }
    guard let layout = layout(of: byteCount) else { throw .image(.empty(path: path)) }
    return layout
  }
}
