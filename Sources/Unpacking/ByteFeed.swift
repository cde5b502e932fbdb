public import BlockIO

/// Bytes in order, pulled by whoever needs them.
protocol ByteFeed: AnyObject {
  /// Fills the output, or as much of it as there is: fewer bytes only at an end that is proven.
  func read(into output: inout MutableRawSpan) throws(UnpackingError) -> Int
  /// Passes bytes, fewer of them only at the end.
  /// - Returns: how many.
  func skip(_ count: UInt64) throws(UnpackingError) -> UInt64
  /// Whether checksums speak for all bytes so far.
  var isChecked: Bool { get }
  /// Lets threads that decode go on while nobody takes what they make.
  func workAhead() throws(UnpackingError)
}

extension ByteFeed {
  /// The next bytes, fewer only at the end.
  func bytes(_ count: Int) throws(UnpackingError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let done = try read(into: &bytes, from: 0)
    bytes.removeLast(count - done)
    return bytes
  }

  /// Fills the rest of an array.
  func read(into bytes: inout [UInt8], from start: Int) throws(UnpackingError) -> Int {
    try bytes.withRoom(from: start) { room throws(UnpackingError) in try read(into: &room) }
  }

  /// Passes bytes by reading them.
  func skipByReading(_ count: UInt64) throws(UnpackingError) -> UInt64 {
    var buffer = [UInt8](repeating: 0, count: Int(min(count, 128 << 10)))
    var left = count
    while left > 0 {
      if left < UInt64(buffer.count) { buffer.removeLast(buffer.count - Int(left)) }
      let done = try read(into: &buffer, from: 0)
      left -= UInt64(done)
      guard done == buffer.count else { break }
    }
    return count - left
  }

  func skip(_ count: UInt64) throws(UnpackingError) -> UInt64 { try skipByReading(count) }

  func workAhead() throws(UnpackingError) {}
}

/// A file that is unpacked: it can be read anywhere, or else only in order, and without a copy.
public protocol PackedInput: RandomAccessBytes {
  /// Whether its bytes come in order alone, and only its end tells its length.
  var isInOrder: Bool { get }
  /// Fills the output, or as much of it as the file has.
  func read(at offset: UInt64, into output: inout MutableRawSpan) throws(ByteReadError) -> Int
}

/// Asked again and again while a file is unpacked, so that no file can keep the process.
public final class UnpackingWatch {
  /// How much of the file has been read, in bytes.
  public internal(set) var consumedByteCount: UInt64 = 0
  private let goOn: (UInt64) throws(UnpackingError) -> Void

  /// - Parameter goOn: what is asked, with the number of bytes that were read; it throws where that is enough.
  public init(_ goOn: @escaping (UInt64) throws(UnpackingError) -> Void) { self.goOn = goOn }

  func look() throws(UnpackingError) { try goOn(consumedByteCount) }

  /// A watch over what is only glanced at, which counts for nothing and ends when this one does.
  var beside: UnpackingWatch { UnpackingWatch { _ throws(UnpackingError) in try self.look() } }
}

/// A range of a file, in order.
final class FileFeed: ByteFeed {
  private let file: any PackedInput
  private let watch: UnpackingWatch
  private let end: UInt64
  private var place: UInt64
  let isChecked = false

  init(_ file: any PackedInput, _ range: Range<UInt64>, _ watch: UnpackingWatch) {
    self.file = file
    self.watch = watch
    place = range.lowerBound
    end = range.upperBound
  }

  func read(into output: inout MutableRawSpan) throws(UnpackingError) -> Int {
    let wanted = Int(min(UInt64(output.byteCount), end - place))
    guard wanted > 0 else { return 0 }
    var room = output._mutatingExtracting(..<wanted)
    let done: Int
    do throws(ByteReadError) { done = try file.read(at: place, into: &room) } catch { throw .reading(error) }
    place += UInt64(done)
    watch.consumedByteCount = max(watch.consumedByteCount, place)
    try watch.look()
    // A file that has become shorter ends early, which nothing takes for an end.
    return done
  }

  func skip(_ count: UInt64) throws(UnpackingError) -> UInt64 {
    guard !file.isInOrder else { return try skipByReading(count) }
    let passed = min(count, end - place)
    place += passed
    try watch.look()
    return passed
  }
}

/// Bytes that are known, then others, then bytes that are known.
final class FramedFeed: ByteFeed {
  private var head: ArraySlice<UInt8>
  private let body: any ByteFeed
  private var tail: ArraySlice<UInt8>

  init(_ head: [UInt8], _ body: any ByteFeed, _ tail: [UInt8] = []) {
    (self.head, self.body, self.tail) = (head[...], body, tail[...])
  }

  var isChecked: Bool { body.isChecked }

  func workAhead() throws(UnpackingError) { try body.workAhead() }

  func read(into output: inout MutableRawSpan) throws(UnpackingError) -> Int {
    var done = head.move(into: &output, from: 0)
    guard done < output.byteCount else { return done }
    var room = output._mutatingExtracting(done...)
    done += try body.read(into: &room)
    guard done < output.byteCount else { return done }
    return done + tail.move(into: &output, from: done)
  }
}
