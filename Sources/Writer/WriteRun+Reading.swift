import BlockIO
import ImageSource

extension WriteRun {
  /// Reads the image to its end, whatever length was announced, and hands its pieces to the others.
  /// - Returns: the head, which waits for the commit, and where the image lies now that it has ended.
  func readImage(
    _ stream: any ImageStream, pool: BufferPool, toWrite: Channel<Piece>, toHash: Channel<Piece>
  ) async throws(WriteError) -> (head: PieceMemory, layout: WriteLayout) {
    // The head is hashed like any other piece and stays in its memory until the commit.
    let head = PieceMemory()
    let headRange = 0..<UInt64(plan.largestHeadByteCount)
    let headCount = try fill(head, with: headRange, from: stream)
    if plan.isHashed {
      toHash.send(
        Piece(
          index: -1, range: headRange, imageCount: headCount, consumed: stream.consumedByteCount,
          memory: head, pool: nil))
    }
    var end = UInt64(headCount)
    for (index, range) in plan.largestBody.enumerated() {
      // A read comes up short only where the image ends.
      guard end == range.lowerBound else { break }
      guard !Task.isCancelled, let memory = await pool.take() else { throw .cancelled }
      guard let piece = try read(range, index, into: memory, of: pool, from: stream) else { break }
      end += UInt64(piece.imageCount)
      if plan.isHashed { toHash.send(piece) }
      toWrite.send(piece)
    }
    if end == plan.capacity { try requireEnd(of: stream) }
    return (head, try layout(of: end))
  }

  /// - Returns: nil where the image has ended before.
  private func read(
    _ range: Range<UInt64>, _ index: Int, into memory: PieceMemory, of pool: BufferPool,
    from stream: any ImageStream
  ) throws(WriteError) -> Piece? {
    let count: Int
    do throws(WriteError) { count = try fill(memory, with: range, from: stream) } catch {
      pool.give(memory)
      throw error
    }
    guard count > 0 else {
      pool.give(memory)
      return nil
    }
    let end = plan.writtenEnd(of: range.lowerBound + UInt64(count))
    return Piece(
      index: index, range: range.lowerBound..<end, imageCount: count, consumed: stream.consumedByteCount,
      memory: memory, pool: pool)
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

  /// What has filled the medium must end there: nothing is left out (R34).
  private func requireEnd(of stream: any ImageStream) throws(WriteError) {
    var next = AlignedBuffer(byteCount: AlignedBuffer.alignment)
    let count: Int
    do throws(ImageSourceError) { count = try stream.read(into: &next, range: 0..<1) } catch {
      throw failure(error)
    }
    guard count == 0 else { throw .tooLarge(capacity: plan.capacity) }
  }

  /// Where the image lies that has ended here; an exact length must have told the truth (R44).
  private func layout(of byteCount: UInt64) throws(WriteError) -> WriteLayout {
    if case .exact(let expected) = plan.imageLength, expected != byteCount {
      throw .image(
        byteCount < expected ? .shrank(expected: expected, found: byteCount) : .changed(path: image.path))
    }
    guard let layout = plan.layout(of: byteCount) else { throw .image(.empty(path: image.path)) }
    return layout
  }
}
