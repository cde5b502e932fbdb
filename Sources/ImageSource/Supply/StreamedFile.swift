public import BlockIO
import Glibc
import Synchronization
import SystemPackage

/// What comes once and in order, from a pipe or over the network, in the place of a file.
///
/// Its beginning is read at once and kept in memory, where it can be looked at; the one pass gives it first.
public final class StreamedFile: SuppliedFile {
  /// How much of the beginning is kept at most, in bytes.
  public static let keptByteCount = 32 << 20

  private let stream: any ImageStream
  private let beginning: OwnedDescriptor
  private let beginningByteCount: UInt64
  private let isStarted = Atomic<Bool>(false)
  /// A name, for messages.
  public let path: String
  /// What is known of its length, in bytes.
  public let length: ImageLength
  /// How many bytes from the start can be looked at; nil where these are all of them.
  public let seenByteCount: UInt64?

  /// Reads the beginning.
  /// - Parameters:
  ///   - stream: a pass that nobody has read of.
  ///   - path: a name, for messages.
  ///   - length: what is known of its length; where it is exact, the pass has so many bytes or fails.
  ///   - limit: how far to go for the beginning at most; nil for as far as it takes.
  /// - Throws: ``ImageSourceError``, also where it has no byte at all.
  public init(
    _ stream: any ImageStream, named path: String, length: ImageLength, within limit: BeginningLimit? = nil
  ) throws(ImageSourceError) {
    let file: OwnedDescriptor
    do throws(SystemCallError) { file = try OwnedDescriptor.memoryFile() } catch {
      throw .system(error, offset: nil)
    }
    let beginning = try Self.keep(stream, in: file, within: limit)
    if case .exact(let expected) = length {
      guard beginning.byteCount <= expected else { throw .goesOn(path: path, expected: expected) }
      guard !beginning.isWhole || beginning.byteCount == expected else {
        throw .endsEarly(path: path, expected: expected, found: beginning.byteCount)
      }
    }
    guard beginning.byteCount > 0 || !beginning.isWhole else { throw .empty(path: path) }
    self.stream = stream
    self.path = path
    self.length = length
    self.beginning = file
    beginningByteCount = beginning.byteCount
    seenByteCount = beginning.isWhole ? nil : beginning.byteCount
  }

  /// Copies what a stream gives first into a file in memory.
  private static func keep(
    _ stream: any ImageStream, in file: borrowing OwnedDescriptor, within limit: BeginningLimit?
  ) throws(ImageSourceError) -> (byteCount: UInt64, isWhole: Bool) {
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    var byteCount: UInt64 = 0
    while byteCount < UInt64(keptByteCount) {
      let part = try stream.readBeginning(into: &buffer, range: 0..<buffer.byteCount, within: limit)
      do throws(SystemCallError) {
        try file.write(buffer, range: 0..<part.byteCount, at: byteCount)
      } catch { throw .system(error, offset: nil) }
      byteCount += UInt64(part.byteCount)
      guard part.byteCount == buffer.byteCount else { return (byteCount, !part.isCutShort) }
    }
    return (byteCount, false)
  }

  /// None: there is no file.
  public var state: FileState? { nil }

  /// How many bytes the pass gives; nil where only its end tells.
  public var fileByteCount: UInt64? {
    if case .exact(let count) = length { return count }
    return seenByteCount == nil ? beginningByteCount : nil
  }

  /// The beginning as a file, with a place of its own.
  public func reopened() throws(ImageSourceError) -> OwnedDescriptor {
    do throws(SystemCallError) {
      return try OwnedDescriptor(opening: FilePath("/proc/self/fd/\(beginning.rawValue)"))
    } catch { throw .system(error, offset: nil) }
  }

  /// Hands out the one pass.
  public func start() throws(ImageSourceError) -> any ImageStream {
    guard !isStarted.exchange(true, ordering: .acquiringAndReleasing) else { throw .onlyOnce(path: path) }
    return StreamedPass(self, stream)
  }

  /// Nothing: what has come cannot change any more.
  public func requireUnchanged() {}

  fileprivate func keptBytes(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(ImageSourceError) -> Int {
    guard offset < beginningByteCount else { return 0 }
    do throws(SystemCallError) { return try beginning.read(at: offset, into: &buffer, range: range) } catch {
      throw .system(error, offset: offset)
    }
  }

  fileprivate var isAllKept: Bool { seenByteCount == nil }
}

/// The one pass: what was kept first, then what comes.
private final class StreamedPass: ImageStream {
  private let file: StreamedFile
  private let rest: any ImageStream
  private let place = Atomic<UInt64>(0)

  init(_ file: StreamedFile, _ rest: any ImageStream) {
    self.file = file
    self.rest = rest
  }

  var consumedByteCount: UInt64 { rest.consumedByteCount }
  var children: [Int32] { rest.children }

  func abandon() { rest.abandon() }

  func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int {
    let start = place.load(ordering: .relaxed)
    var count = try file.keptBytes(at: start, into: &buffer, range: range)
    if count < range.count, !file.isAllKept {
      count += try rest.read(into: &buffer, range: range.lowerBound + count..<range.upperBound)
    }
    let end = start + UInt64(count)
    place.store(end, ordering: .relaxed)
    try requirePromise(end, isAtEnd: count < range.count)
    return count
  }

  /// Where a length was promised, it is that, no more and no less (R44).
  private func requirePromise(_ end: UInt64, isAtEnd: Bool) throws(ImageSourceError) {
    guard case .exact(let expected) = file.length else { return }
    if end > expected { throw .goesOn(path: file.path, expected: expected) }
    if isAtEnd, end < expected { throw .endsEarly(path: file.path, expected: expected, found: end) }
  }
}
