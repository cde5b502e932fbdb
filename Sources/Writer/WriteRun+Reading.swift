import BlockIO
import BlockMap
import ImageSource

extension WriteRun {
  /// Reads the image to its end, whatever length was announced, and hands its pieces to the others.
  /// - Returns: the head, which waits for the commit, and where the image lies now that it has ended.
  func readImage(
    _ stream: any ImageStream, pool: BufferPool, toWrite: Channel<Piece>, toHash: Channel<Piece>
  ) async throws(WriteError) -> (head: PieceMemory, layout: WriteLayout) {
    let checker = plan.map.map(MapChecker.init)
    // The head is hashed like any other piece and stays in its memory until the commit.
    let head = PieceMemory()
    let headRange = 0..<UInt64(plan.largestHeadByteCount)
    let headCount = try fill(head, with: headRange, from: stream)
    try check(head, count: headCount, checker)
    if isHashed {
      toHash.send(
        Piece(
          at: 0, imageCount: headCount, consumed: stream.consumedByteCount, memory: head, pool: nil))
    }
    var end = UInt64(headCount)
    var next = 0
    for (index, range) in plan.largestBody.enumerated() {
      // A read comes up short only where the image ends.
      guard end == range.lowerBound else { break }
      let indexes = partIndexes(from: next, in: range, index)
      next = indexes.upperBound
      // Not where only a read tells that the image does not end before.
      if indexes.isEmpty, !isHashed, plan.imageLength.exactByteCount != nil,
        range.upperBound < plan.readingEnd
      {
        try skip(range, in: stream, checker)
        end = range.upperBound
        continue
      }
      guard !Task.isCancelled, let memory = await pool.take() else { throw .cancelled }
      let count = try await pass(range, indexes, memory, Handing(pool, toWrite, toHash), stream, checker)
      guard count > 0 else { break }
      end += UInt64(count)
    }
    if end == plan.readingEnd { try requireEnd(of: stream) }
    return (committed(head), try layout(of: end))
  }

  /// Where pieces come from and go to.
  private struct Handing {
    let pool: BufferPool
    let toWrite: Channel<Piece>
    let toHash: Channel<Piece>

    init(_ pool: BufferPool, _ toWrite: Channel<Piece>, _ toHash: Channel<Piece>) {
      (self.pool, self.toWrite, self.toHash) = (pool, toWrite, toHash)
    }
  }

  /// The pieces of the layout in what is read next: all of it as one where there is no map.
  private func partIndexes(from next: Int, in range: Range<UInt64>, _ index: Int) -> Range<Int> {
    guard plan.map != nil, let layout = plan.layout else { return index..<(index + 1) }
    return layout.bodyPieces.indices(from: next, startingBefore: range.upperBound)
  }

  private func skip(
    _ range: Range<UInt64>, in stream: any ImageStream, _ checker: MapChecker?
  ) throws(WriteError) {
    do throws(ImageSourceError) { try stream.skip(UInt64(range.count)) } catch { throw failure(error) }
    checker?.skip(UInt64(range.count))
  }

  /// Reads what comes next and hands it on.
  /// - Returns: the number of bytes that are the image's; 0 where it has ended before.
  private func pass(
    _ range: Range<UInt64>, _ indexes: Range<Int>, _ memory: PieceMemory, _ handing: Handing,
    _ stream: any ImageStream, _ checker: MapChecker?
  ) async throws(WriteError) -> Int {
    let count: Int
    do throws(WriteError) {
      count = try fill(memory, with: range, from: stream)
      try check(memory, count: count, checker)
    } catch {
      handing.pool.give(memory)
      throw error
    }
    guard count > 0 else {
      handing.pool.give(memory)
      return 0
    }
    let offset = range.lowerBound
    let parts = parts(indexes, of: offset..<plan.writtenEnd(of: offset + UInt64(count)))
    let consumed = stream.consumedByteCount
    let places = parts.map { offset + UInt64($0.range.lowerBound)..<offset + UInt64($0.range.upperBound) }
    let slop = plan.slop(in: places)
    if slop.isEmpty || !isHashed {
      blank(slop, in: memory, from: offset)
      let piece = Piece(
        at: offset, imageCount: count, parts: parts, consumed: consumed, memory: memory, pool: handing.pool)
      if isHashed { handing.toHash.send(piece) }
      if !parts.isEmpty { handing.toWrite.send(piece) }
      return count
    }
    // What is hashed is the image, and what is written is not quite. The others give back what they have, so that
    // waiting for a second buffer ends.
    guard let copy = await handing.pool.take() else { throw .cancelled }
    copy.fill { $0.copy(from: memory.buffer, count: range.count) }
    blank(slop, in: copy, from: offset)
    handing.toHash.send(
      Piece(at: offset, imageCount: count, consumed: consumed, memory: memory, pool: handing.pool))
    handing.toWrite.send(
      Piece(at: offset, imageCount: count, parts: parts, consumed: consumed, memory: copy, pool: handing.pool)
    )
    return count
  }

  /// The parts of what has been read that are written: all of it, or what the map says of it.
  private func parts(_ indexes: Range<Int>, of read: Range<UInt64>) -> [Piece.Part] {
    guard plan.map != nil, let pieces = plan.layout?.bodyPieces else {
      return [Piece.Part(index: indexes.lowerBound, range: 0..<read.count)]
    }
    return indexes.compactMap { index in
      // An image that ends before its map does is refused in the end.
      let place = pieces[index].clamped(to: read)
      guard !place.isEmpty else { return nil }
      let start = Int(place.lowerBound - read.lowerBound)
      return Piece.Part(index: index, range: start..<(start + place.count))
    }
  }

  /// Begins a pass over the image.
  func start() throws(WriteError) -> any ImageStream {
    do throws(ImageSourceError) { return try image.start() } catch { throw failure(error) }
  }

  /// Why the image gives no more bytes: a source that waits for its bytes gives up when the run does.
  func failure(_ error: ImageSourceError) -> WriteError { Task.isCancelled ? .cancelled : .image(error) }

  /// Reads a range of the image that the stream has come to, and zeroes what lies beyond its end (R35).
  /// - Returns: the number of bytes that are the image's.
  func fill(
    _ memory: PieceMemory, with range: Range<UInt64>, from stream: any ImageStream
  ) throws(WriteError) -> Int {
    try memory.fill { buffer throws(WriteError) in
      let count: Int
      do throws(ImageSourceError) { count = try stream.read(into: &buffer, range: 0..<range.count) } catch {
        throw failure(error)
      }
      buffer.zero(count..<range.count)
      return count
    }
  }

  /// What has filled the medium, or all that a map tells of, must end there: nothing is left out (R34).
  private func requireEnd(of stream: any ImageStream) throws(WriteError) {
    var next = AlignedBuffer(byteCount: AlignedBuffer.alignment)
    let count: Int
    do throws(ImageSourceError) { count = try stream.read(into: &next, range: 0..<1) } catch {
      throw failure(error)
    }
    guard count == 0 else {
      throw plan.map.map { .map(.length(stated: $0.imageByteCount, found: nil)) }
        ?? .tooLarge(capacity: plan.capacity)
    }
  }

  /// Where the image lies that has ended here; an exact length must have told the truth (R44).
  private func layout(of byteCount: UInt64) throws(WriteError) -> WriteLayout {
    if case .exact(let expected) = plan.imageLength, expected != byteCount {
      throw .image(
        byteCount < expected ? .shrank(expected: expected, found: byteCount) : .changed(path: image.path))
    }
    if let least = plan.leastByteCount, byteCount < least {
      throw .image(.endsEarly(path: image.path, expected: least, found: byteCount))
    }
    if let expected = plan.map?.imageByteCount, expected != byteCount {
      throw .map(.length(stated: expected, found: byteCount < expected ? byteCount : nil))
    }
    guard let layout = plan.layout(of: byteCount) else { throw .image(.empty(path: image.path)) }
    return layout
  }
}
