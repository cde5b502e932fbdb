import BlockIO
public import BlockMap
import DeviceSafety
public import ImageSource
public import ImageTrust
import Synchronization

/// What a comparison of a medium with an image found.
public struct VerifyReport: Hashable, Sendable {
  /// The image's length in bytes: all of it was compared, or what the map says of it.
  public let imageByteCount: UInt64
  /// Where the medium differs.
  public let differences: Differences
  /// What was changed on the medium on purpose, and counts as what it should hold; nil for nothing.
  public let change: IntendedChange?
  /// What speaks for the image, and whether it is true.
  public let trust: TrustReport
  /// How long it took.
  public let duration: Duration
}

/// Compares a medium with an image, byte by byte and past every cache (R42).
public enum MediumVerifier {
  /// Reads both to the end; a difference does not end the comparison.
  /// - Parameters:
  ///   - image: the image, which is read once.
  ///   - medium: the medium that is to hold it.
  ///   - map: which parts of the image are compared, and their digests checked; nil for all of it.
  ///   - claims: the checksums that the image is said to have.
  ///   - listeners: who judges signatures over the image while it is read.
  ///   - finder: who finds out whether the medium was changed on purpose; nil where every byte must be the image's.
  ///   - progress: who is told how far it is.
  /// - Throws: ``VerifyError`` where one of them cannot be read to the end.
  public static func verify(
    _ image: any ImageSource, against medium: consuming MediumReader, map: BlockMap? = nil,
    claims: ClaimSelection = ClaimSelection(of: [], taken: []), listeners: PassListeners = PassListeners(),
    changes finder: ChangeFinder? = nil, progress: ProgressMeter
  ) async throws(VerifyError) -> VerifyReport {
    let clock = ContinuousClock()
    let started = clock.now
    let capacity = medium.geometry.byteCount
    // What a container says of itself proves nothing: its own end does.
    if let byteCount = image.length.exactByteCount, byteCount > capacity {
      throw .tooSmall(image: image.length, capacity: capacity)
    }
    if let map { try require(map, for: image.length) }
    if let byteCount = map?.imageByteCount ?? image.length.exactByteCount {
      progress.begin(.verifying, total: byteCount)
    } else {
      progress.begin(.verifying, fileByteCount: image.fileByteCount ?? 0)
    }
    let begun: (stream: any ImageStream, filePass: FilePass?)
    do throws(ImageSourceError) { begun = try FilePass.begin(image, claims, listeners) } catch {
      throw Comparison.failure(error)
    }
    let (stream, filePass) = begun
    let request = PassRequest(claims.algorithms, comparesImplanted: true, listeners: listeners.image)
    let run = Comparison(
      stream: stream, request: request, medium: medium, map: map, finder: finder, progress: progress)
    let failures = await Lanes.run(WriteRun.lanes, { await run.compareNext() }).compactMap(\.failure)
    // An image that is damaged says nothing about the medium, whatever the other lane made of it.
    if let error = failures.first(where: \.isOfImage) ?? failures.first { throw error }
    do throws(ImageSourceError) {
      try filePass?.readAgain()
      try image.requireUnchanged()
    } catch { throw Comparison.failure(error) }
    guard !Task.isCancelled else { throw .cancelled }
    let change = try run.compareBehind()
    try run.requireSameMedium()
    let (found, byteCount, findings) = run.finish()
    var differences = found
    guard byteCount > 0 else { throw .image(.empty(path: image.path)) }
    if let stated = map?.imageByteCount, stated != byteCount {
      throw .map(.length(stated: stated, found: byteCount))
    }
    if !differences.damage.samples.isEmpty, let again = try? image.startUnshown() {
      differences.searchImage(again, byteCount: byteCount, progress: progress)
    }
    progress.begin(.done)
    return VerifyReport(
      imageByteCount: byteCount, differences: differences, change: change,
      trust: TrustReport(
        claims, image: findings, file: filePass?.finish(), readsFileAgain: filePass?.readsAgain == true),
      duration: started.duration(to: clock.now))
  }

  private static func require(_ map: BlockMap, for length: ImageLength) throws(VerifyError) {
    if let byteCount = length.byteCount, byteCount != map.imageByteCount {
      throw .map(.length(stated: map.imageByteCount, found: byteCount))
    }
    if let algorithm = map.algorithm, MessageDigest(algorithm) == nil { throw .digestForbidden(algorithm) }
  }
}

/// What the lanes of one comparison share.
private final class Comparison: Sendable {
  private struct Found {
    var inOrder = Differences()
    var nextIndex = 0
    /// What was changed on the medium on purpose.
    var change: IntendedChange?
    /// Pieces that were compared before one that comes earlier; as many as there are lanes.
    var early: [Int: Differences] = [:]
  }

  /// The image, read by whichever lane is free, in order.
  private struct Reading {
    let stream: any ImageStream
    let pass: BytePass
    /// Checks what is read against the digests of the map.
    let checker: MapChecker?
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
  private let map: BlockMap?
  private let finder: ChangeFinder?
  private let progress: ProgressMeter
  private let found = Mutex(Found())
  private let secondLooks = Atomic<Int>(0)

  /// How much of the image a finder of changes is given, in bytes.
  private static let headByteCount = 1 << 20
  /// How many pieces that differ are read twice.
  private static let mostSecondLooks = 16

  init(
    stream: any ImageStream, request: PassRequest, medium: consuming MediumReader, map: BlockMap?,
    finder: ChangeFinder?, progress: ProgressMeter
  ) {
    reading = Mutex(
      Reading(stream: stream, pass: BytePass(request), checker: map.map(MapChecker.init)))
    self.medium = medium
    self.map = map
    self.finder = finder
    self.progress = progress
  }

  /// What was read may be of two media (R29).
  func requireSameMedium() throws(VerifyError) { try medium.requireSameMedium() }

  /// What was found on the medium, the length of the image in bytes, and what was found in it; after its end.
  func finish() -> (Differences, UInt64, PassFindings) {
    let (position, findings) = reading.withLock { ($0.position, $0.pass.finish()) }
    return (found.withLock(\.inOrder), position, findings)
  }

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
        if part.index == 0 { applyChange(to: &expected, count: part.range.count) }
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

  /// Puts what was changed on purpose in the place of what the image begins with, after its digests were taken.
  private func applyChange(to expected: inout AlignedBuffer, count: Int) {
    guard let change = finder?(expected.copied(0..<min(count, Self.headByteCount)), medium),
      change.front.count <= count
    else { return }
    expected.copy(from: change.front.span, at: 0)
    found.withLock { $0.change = change }
  }

  /// Compares what was put behind the image on purpose; after the image's end.
  /// - Returns: what was changed; nil where nothing was.
  func compareBehind() throws(VerifyError) -> IntendedChange? {
    guard let change = found.withLock(\.change) else { return nil }
    let count = change.bytesBehind.count
    let room = Int(UInt64(count).rounded(upTo: UInt64(AlignedBuffer.alignment)))
    var expected = AlignedBuffer(byteCount: room)
    var actual = AlignedBuffer(byteCount: room)
    expected.copy(from: change.bytesBehind.span, at: 0)
    let start = change.behind.lowerBound
    let read: Int
    do throws(SystemCallError) { read = try medium.read(at: start, into: &actual, range: 0..<count) } catch {
      throw .device(error, offset: start)
    }
    var differences = Differences()
    differences.compare(expected, actual, range: 0..<read, at: start)
    differences.addMissing((start + UInt64(read))..<change.behind.upperBound)
    let behind = differences
    found.withLock { $0.inOrder.append(behind) }
    return change
  }

  /// Reads what the image has beyond the end of the medium, as far as that is worth the time: damage often shows
  /// only at the end of what was packed together, and until then it may look like any length.
  private func readOn(into buffer: inout AlignedBuffer) throws(VerifyError) {
    for _ in 0..<Self.piecesBeyond {
      guard !Task.isCancelled else { throw .cancelled }
      guard try readNext(into: &buffer) != nil else { return }
    }
  }

  /// Reads the next piece of the image, and checks it; the lock is held for no longer than that.
  /// - Returns: nil once it has ended.
  private func readNext(into buffer: inout AlignedBuffer) throws(VerifyError) -> Part? {
    let size = buffer.byteCount
    return try reading.withLock { reading throws(VerifyError) -> Part? in
      guard !reading.isOver else { return nil }
      let count: Int
      do throws(ImageSourceError) { count = try reading.stream.read(into: &buffer, range: 0..<size) } catch {
        throw Self.failure(error)
      }
      do throws(MapMismatch) { try reading.checker?.add(buffer, count: count) } catch {
        throw .map(error)
      }
      reading.isOver = count < size
      guard count > 0 else { return nil }
      reading.pass.update(buffer, count: count)
      let start = reading.position
      reading.position += UInt64(count)
      defer { reading.nextIndex += 1 }
      return Part(
        index: reading.nextIndex, range: start..<reading.position,
        consumed: reading.stream.consumedByteCount)
    }
  }

  /// Why the image gives no more bytes: a source that waits for its bytes gives up when the run does.
  static func failure(_ error: ImageSourceError) -> VerifyError {
    Task.isCancelled ? .cancelled : .image(error)
  }

  private func compare(
    _ range: Range<UInt64>, _ expected: borrowing AlignedBuffer, _ actual: inout AlignedBuffer
  ) throws(VerifyError) -> Differences {
    var differences = Differences()
    // Direct reads come in whole blocks: what else lies in the first and the last one is not compared.
    let block = UInt64(max(medium.geometry.logicalBlockSize, 512))
    for part in map?.mapped(in: range) ?? [range] {
      let start = part.lowerBound.rounded(downTo: block)
      let place = Int(start - range.lowerBound)
      let whole = Int((part.upperBound - start).rounded(upTo: block))
      let readable = place..<min(place + whole, actual.byteCount)
      let count: Int
      do throws(SystemCallError) {
        count = try medium.read(at: start, into: &actual, range: readable)
      } catch { throw .device(error, offset: start) }
      let first = Int(part.lowerBound - range.lowerBound)
      let end = max(first, min(place + count, first + part.count))
      differences.compare(expected, actual, range: first..<end, at: part.lowerBound)
      differences.addMissing((range.lowerBound + UInt64(end))..<part.upperBound)
      if !differences.isEmpty, secondLooks.add(1, ordering: .relaxed).oldValue < Self.mostSecondLooks {
        differences.damage.unstableBlockCount += try unstableBlockCount(readable, of: actual, at: start)
      }
    }
    return differences
  }

  /// How many blocks are not what they were when they were read a moment ago.
  private func unstableBlockCount(
    _ range: Range<Int>, of first: borrowing AlignedBuffer, at offset: UInt64
  ) throws(VerifyError) -> Int {
    var second = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    let count: Int
    do throws(SystemCallError) {
      count = try medium.read(at: offset, into: &second, range: range)
    } catch { throw .device(error, offset: offset) }
    var changes = Differences()
    changes.compare(first, second, range: range.prefix(count), at: offset)
    return changes.damage.blockCount
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
  fileprivate var isOfImage: Bool {
    switch self {
    case .image, .map: true
    default: false
    }
  }
}
