import BlockIO
import ImageSource
import Synchronization

extension WriteRun {
  /// Reads the body from the medium, past every cache, and compares it with what was submitted (R41).
  /// - Returns: the pieces that differ.
  func differingPieces(_ written: WrittenBody) async throws(WriteError) -> [FoundPiece] {
    let (pieces, digests) = (written.layout.bodyPieces, written.digests)
    progress.begin(.verifying, total: pieces.byteCount)
    let nextPiece = Atomic<Int>(0)
    let results = await Lanes.run(Self.lanes) { () -> Result<[FoundPiece], WriteError> in
      var memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
      var wrong: [FoundPiece] = []
      while true {
        let index = nextPiece.add(1, ordering: .relaxed).oldValue
        guard index < digests.count else {
          // Before the head is written, the machine is looked at: meanwhile the other lane reads the last piece. A look
          // that finds something counts for nothing, so that the next one tells.
          if index == digests.count { try? medium.recheckIfStale() }
          return .success(wrong)
        }
        guard !Task.isCancelled else { return .failure(.cancelled) }
        let range = pieces[index]
        do throws(SystemCallError) {
          let count = try medium.read(at: range.lowerBound, into: &memory, range: 0..<range.count)
          let digest = ChunkDigest(of: memory, count: count)
          if count < range.count || digest != digests[index] {
            wrong.append(FoundPiece(index: index, digest: digest))
          }
        } catch {
          // The other lane has no reason to go on.
          nextPiece.store(digests.count, ordering: .relaxed)
          return .failure(.device(error, during: .readBack, offset: range.lowerBound))
        }
        progress.advance(by: range.count)
      }
    }
    var wrong: [FoundPiece] = []
    for result in results {
      switch result {
      case .success(let found): wrong += found
      case .failure(let error): throw error
      }
    }
    return wrong
  }

  /// Finds the bytes that differ in some pieces, in another pass over the image.
  ///
  /// Where there is none, because a decoder is a process and none can be started any more, or because it fails, the
  /// pieces have to do: that they differ is proven.
  func explain(_ pieces: [Int], _ layout: WriteLayout) throws(WriteError) -> Differences {
    do throws(WriteError) { return try compare(pieces, layout) } catch {
      guard case .image = error else { throw error }
      var differences = Differences()
      for index in pieces { differences.addPiece(layout.bodyPieces[index]) }
      return differences
    }
  }

  private func compare(_ pieces: [Int], _ layout: WriteLayout) throws(WriteError) -> Differences {
    let expected = PieceMemory()
    var found = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    var differences = Differences()
    let stream = try startAgain()
    var position: UInt64 = 0
    for index in pieces {
      let range = layout.bodyPieces[index]
      position = try fill(expected, with: range, of: stream, at: position, layout)
      let count: Int
      do throws(SystemCallError) {
        count = try medium.read(at: range.lowerBound, into: &found, range: 0..<range.count)
      } catch { throw .device(error, during: .readBack, offset: range.lowerBound) }
      var part = Differences()
      part.compare(expected.buffer, found, range: 0..<count, at: range.lowerBound)
      part.addMissing((range.lowerBound + UInt64(count))..<range.upperBound)
      // A medium that answers differently each time is no better: the whole piece counts as different.
      if part.isEmpty {
        part.addPiece(range)
        part.damage.unstableBlockCount += 1
      }
      differences.append(part)
    }
    if !differences.damage.samples.isEmpty, let again = try? startAgain() {
      differences.searchImage(again, byteCount: layout.imageByteCount, progress: progress)
    }
    return differences
  }

  /// Begins another pass over the image.
  func startAgain() throws(WriteError) -> any ImageStream {
    do throws(ImageSourceError) { return try image.start() } catch { throw WriteError(reading: error) }
  }

  /// Reads a piece once more as it was submitted.
  /// - Parameter position: where the stream is, in bytes of the image.
  /// - Returns: where it is now.
  func fill(
    _ memory: PieceMemory, with range: Range<UInt64>, of stream: any ImageStream, at position: UInt64,
    _ layout: WriteLayout
  ) throws(WriteError) -> UInt64 {
    do throws(ImageSourceError) { try stream.skip(range.lowerBound - position) } catch {
      throw .image(error)
    }
    let imageCount = try memory.fill(with: range, from: stream)
    memory.blank(plan.slop(in: [range]), from: range.lowerBound)
    let end = range.lowerBound + UInt64(imageCount)
    guard end == min(range.upperBound, layout.imageByteCount) else {
      throw .image(.changed(path: image.path))
    }
    return end
  }
}

/// Runs the same blocking work on several threads at once.
enum Lanes {
  static func run<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable () async -> Result
  ) async -> [Result] {
    await withTaskGroup(of: Result.self) { group in
      for lane in 0..<count {
        group.addTask(executorPreference: LaneExecutor("burin.read.\(lane)")) { await body() }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }
}
