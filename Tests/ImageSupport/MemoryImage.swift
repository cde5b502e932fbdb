public import BlockIO
public import ImageSource
import Synchronization
import SystemPackage

/// An image in memory that can be told to misbehave.
public final class MemoryImage: ImageSource {
  /// What goes wrong.
  public enum Fault: Sendable {
    /// The file ends here, although it was longer when it was opened.
    case ends(at: UInt64)
    /// It is found changed at the end.
    case changed
    /// Reading fails at this offset, be it the one behind the last byte.
    case unreadable(at: UInt64, ImageSourceError)
    /// The run is cancelled while it waits for the byte at this offset, or for a pass if there is none.
    case givesUp(at: UInt64?)
    /// Every pass but the first one ends here, as if nothing were amiss.
    case laterPassesEnd(at: UInt64)
  }

  fileprivate let content: [UInt8]
  fileprivate let fault: Fault?
  /// Whether a change would be noticed, as that of a disk would not.
  public let noticesChanges: Bool
  private let passes = Atomic<Int>(0)
  /// The path that messages show.
  public let path = "memory.img"
  /// None: it is no file.
  public var state: FileState? { nil }
  /// The length of the file that it says it comes from, in bytes.
  public let fileByteCount: UInt64?
  /// What it says of its length.
  public let length: ImageLength

  /// Creates an image of bytes.
  /// - Parameter length: what it says of its length; the truth if nil.
  public init(
    _ content: [UInt8], length: ImageLength? = nil, fault: Fault? = nil, noticesChanges: Bool = true
  ) throws {
    self.content = content
    self.noticesChanges = noticesChanges
    self.fault = fault
    self.length = length ?? .exact(UInt64(content.count))
    // As if each byte of the file held ten of the image.
    fileByteCount = UInt64(content.count + 9) / 10
  }

  /// How many bytes it has, whatever it says.
  public var byteCount: UInt64 { UInt64(content.count) }

  /// Begins a pass.
  public func start() throws(ImageSourceError) -> any ImageStream {
    let isFirst = passes.add(1, ordering: .relaxed).oldValue == 0
    if case .givesUp(nil) = fault { throw giveUp() }
    if case .laterPassesEnd(let place) = fault, !isFirst { return MemoryStream(self, end: place) }
    return MemoryStream(self, end: byteCount)
  }

  /// Cancels the task that waits, as a signal would, and says what a source says that has given up.
  fileprivate func giveUp() -> ImageSourceError {
    unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
    return .system(SystemCallError(call: "read", errno: .interrupted), offset: nil)
  }

  /// Says that it is unchanged, unless told otherwise.
  public func requireUnchanged() throws(ImageSourceError) {
    if case .changed = fault { throw .changed(path: path) }
  }
}

/// One pass over an image in memory.
private final class MemoryStream: ImageStream {
  private let image: MemoryImage
  private let end: UInt64
  private let offset = Atomic<UInt64>(0)

  init(_ image: MemoryImage, end: UInt64) {
    self.image = image
    self.end = end
  }

  /// As if each byte of the file held ten of the image.
  var consumedByteCount: UInt64 { (offset.load(ordering: .relaxed) + 9) / 10 }

  func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int {
    let start = offset.load(ordering: .relaxed)
    let end = min(start + UInt64(range.count), self.end)
    switch image.fault {
    case .ends(let place) where place < end: throw .shrank(expected: image.byteCount, found: place)
    case .unreadable(let place, let error) where place < start + UInt64(range.count): throw error
    case .givesUp(let place?) where place < start + UInt64(range.count): throw image.giveUp()
    default: break
    }
    let content = image.content
    buffer.copy(from: content.span.extracting(Int(start)..<Int(end)), at: range.lowerBound)
    offset.store(end, ordering: .relaxed)
    return Int(end - start)
  }

  func skip(_ count: UInt64) throws(ImageSourceError) {
    let start = offset.load(ordering: .relaxed)
    if case .ends(let place) = image.fault, place < start + count {
      throw .shrank(expected: image.byteCount, found: place)
    }
    offset.store(min(start + count, end), ordering: .relaxed)
  }
}
