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
    let capacity = medium.geometry.byteCount
    // What a container says of itself proves nothing: its own end does.
    if case .exact(let byteCount) = image.length, byteCount > capacity {
      throw .tooSmall(image: image.length, capacity: capacity)
    }
    if case .exact(let byteCount) = image.length {
      progress.begin(.verifying, total: byteCount)
    } else {
      progress.begin(.verifying, fileByteCount: image.fileByteCount ?? 0)
    }
    let stream: any ImageStream
    do throws(ImageSourceError) { stream = try image.start() } catch { throw Comparison.failure(error) }
    let run = Comparison(stream: stream, medium: medium, progress: progress)
    let failures = await Lanes.run(WriteRun.lanes, { await run.compareNext() }).compactMap(\.failure)
    // An image that is damaged says nothing about the medium, whatever the other lane made of it.
    if let error = failures.first(where: \.isOfImage) ?? failures.first { throw error }
    do throws(ImageSourceError) { try image.requireUnchanged() } catch { throw .image(error) }
    let (differences, byteCount) = run.outcome
    guard byteCount > 0 else { throw .image(.empty(path: image.path)) }
    progress.begin(.done)
    return VerifyReport(
      imageByteCount: byteCount, differences: differences, duration: started.duration(to: clock.now))
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

  /// The image, read by whichever lane is free, in order.
  private struct Reading {
    let stream: any ImageStream
    var nextIndex = 0
    var position: UInt64 = 0
    var isOver = false
  }

  /// A piece of the image that has been read.
  private struct Part {
    let index: Int
    let range: Range<UInt64>
    /// How much of the image's file was consumed up to its end, in bytes.
    let consumed: UInt64
  }

  /// How many pieces each lane reads of an image that is too large: 512 MiB in all, which takes a few seconds.
  private static let piecesBeyond = 64

  private let reading: Mutex<Reading>
  private let medium: MediumReader
  private let progress: ProgressMeter
  private let found = Mutex(Found())

  init(stream: any ImageStream, medium: consuming MediumReader, progress: ProgressMeter) {
    reading = Mutex(Reading(stream: stream))
    self.medium = medium
    self.progress = progress
  }

  /// What was found, and the length of the image in bytes; after its end.
  var outcome: (Differences, UInt64) { (found.withLock(\.inOrder), reading.withLock(\.position)) }

  func compareNext() async -> Result<Void, VerifyError> {
    var expected = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    var actual = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    do throws(VerifyError) {
      while let part = try readNext(into: &expected) {
        guard !Task.isCancelled else { throw .cancelled }
        guard part.range.upperBound <= medium.geometry.byteCount else {
          try readOn(into: &expected)
          throw .tooSmall(image: .unknown, capacity: medium.geometry.byteCount)
        }
        add(try compare(part.range, expected, &actual), index: part.index)
        progress.advance(by: part.range.count, consumed: part.consumed)
      }
      return .success(())
    } catch {
      // The other lane has no reason to go on.
      reading.withLock { $0.isOver = true }
      return .failure(error)
    }
  }

  /// Reads what the image has beyond the end of the medium, as far as that is worth the time: damage often shows
  /// only at the end of what was packed together, and until then it may look like any length.
  private func readOn(into buffer: inout AlignedBuffer) throws(VerifyError) {
    for _ in 0..<Self.piecesBeyond {
      guard !Task.isCancelled else { throw .cancelled }
      guard try readNext(into: &buffer) != nil else { return }
    }
  }

  /// Reads the next piece of the image; the lock is held for no longer than that.
  /// - Returns: nil once it has ended.
  private func readNext(into buffer: inout AlignedBuffer) throws(VerifyError) -> Part? {
    let size = buffer.byteCount
    do throws(ImageSourceError) {
      return try reading.withLock { reading throws(ImageSourceError) -> Part? in
        guard !reading.isOver else { return nil }
        let count = try reading.stream.read(into: &buffer, range: 0..<size)
        reading.isOver = count < size
        guard count > 0 else { return nil }
        let start = reading.position
        reading.position += UInt64(count)
        defer { reading.nextIndex += 1 }
        return Part(
          index: reading.nextIndex, range: start..<reading.position,
          consumed: reading.stream.consumedByteCount)
      }
    } catch {
      throw Self.failure(error)
    }
  }

  /// Why the image gives no more bytes: a source that waits for its bytes gives up when the run does.
  static func failure(_ error: ImageSourceError) -> VerifyError {
    Task.isCancelled ? .cancelled : .image(error)
  }

  private func compare(
    _ range: Range<UInt64>, _ expected: borrowing AlignedBuffer, _ actual: inout AlignedBuffer
  ) throws(VerifyError) -> Differences {
    let offset = range.lowerBound
    let wanted = range.count
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

extension Result {
  fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}

extension VerifyError {
  fileprivate var isOfImage: Bool { if case .image = self { true } else { false } }
}
