import BlockIO
public import ImageSource
import Synchronization

/// What a comparison of a medium with an image found.
public struct VerifyReport: Hashable, Sendable {
  /// The image's length in bytes: all of it was compared.
  public let imageByteCount: UInt64
  /// Where the medium differs.
  public let differences: Differences
  /// How long it took.
  public let duration: Duration
}

/// Compares a medium with an image, byte by byte and past every cache (R42).
public enum MediumVerifier {
  /// Reads both to the end; a difference does not end the comparison.
  /// - Throws: ``VerifyError`` where one of them cannot be read to the end.
  public static func verify(
    _ image: any ImageSource, against medium: consuming MediumReader, progress: ProgressMeter
  ) async throws(VerifyError) -> VerifyReport {
    let clock = ContinuousClock()
    let started = clock.now
    guard image.byteCount <= medium.geometry.byteCount else {
      throw .tooSmall(image: image.byteCount, capacity: medium.geometry.byteCount)
    }
    progress.begin(.verifying, total: image.byteCount)
    let run = Comparison(image: image, medium: medium, progress: progress)
    for result in await Lanes.run(WriteRun.lanes, { await run.compareNext() }) {
      if case .failure(let error) = result { throw error }
    }
    do throws(ImageSourceError) { try image.requireUnchanged() } catch { throw .image(error) }
    let differences = run.differences
    progress.begin(.done)
    return VerifyReport(
      imageByteCount: image.byteCount, differences: differences, duration: started.duration(to: clock.now))
  }
}

/// What the lanes of one comparison share.
private final class Comparison: Sendable {
  private struct Found {
    var inOrder = Differences()
    var nextIndex = 0
    /// Pieces that were compared before one that comes earlier; as many as there are lanes.
    var early: [Int: Differences] = [:]
  }

  private let image: any ImageSource
  private let medium: MediumReader
  private let progress: ProgressMeter
  private let pieces: BodyPieces
  private let nextPiece = Atomic<Int>(0)
  private let found = Mutex(Found())

  init(image: any ImageSource, medium: consuming MediumReader, progress: ProgressMeter) {
    self.image = image
    self.medium = medium
    self.progress = progress
    pieces = BodyPieces(start: 0, end: image.byteCount)
  }

  var differences: Differences { found.withLock(\.inOrder) }

  func compareNext() async -> Result<Void, VerifyError> {
    var expected = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    var actual = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    do throws(VerifyError) {
      while true {
        let index = nextPiece.add(1, ordering: .relaxed).oldValue
        guard index < pieces.count else { return .success(()) }
        guard !Task.isCancelled else { throw .cancelled }
        let part = try compare(pieces[index], &expected, &actual)
        add(part, index: index)
        progress.advance(by: pieces[index].count)
      }
    } catch {
      // The other lane has no reason to go on.
      nextPiece.store(pieces.count, ordering: .relaxed)
      return .failure(error)
    }
  }

  private func compare(
    _ range: Range<UInt64>, _ expected: inout AlignedBuffer, _ actual: inout AlignedBuffer
  ) throws(VerifyError) -> Differences {
    let offset = range.lowerBound
    let wanted = range.count
    do throws(ImageSourceError) {
      let count = try image.read(at: offset, into: &expected, range: 0..<wanted)
      guard count == wanted else {
        throw .shrank(expected: image.byteCount, found: offset + UInt64(count))
      }
    } catch { throw .image(error) }
    // Direct reads come in whole blocks: what follows the image in its last block is not compared.
    let whole = UInt64(wanted).rounded(upTo: UInt64(max(medium.geometry.logicalBlockSize, 512)))
    let readable = min(Int(whole), actual.byteCount)
    let count: Int
    do throws(SystemCallError) {
      count = min(try medium.read(at: offset, into: &actual, range: 0..<readable), wanted)
    } catch { throw .device(error, offset: offset) }
    var part = Differences()
    part.compare(expected, actual, range: 0..<count, at: offset)
    part.addMissing((offset + UInt64(count))..<range.upperBound)
    return part
  }

  private func add(_ part: Differences, index: Int) {
    found.withLock { found in
      found.early[index] = part
      while let next = found.early.removeValue(forKey: found.nextIndex) {
        found.inOrder.append(next)
        found.nextIndex += 1
      }
    }
  }
}
