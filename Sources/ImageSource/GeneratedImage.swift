public import BlockIO
public import DiskFormats
import Synchronization

/// An image that is made up here and read from nowhere: zeros, and a few structures between them.
public final class GeneratedImage: ImageSource {
  fileprivate let content: SparseBytes
  /// What it is called, for messages.
  public let path: String

  /// Takes the bytes of a disk.
  public init(_ content: SparseBytes, named name: String) {
    self.content = content
    path = name
  }

  /// None: there is no file.
  public var state: FileState? { nil }
  /// Its length is known.
  public var length: ImageLength { .exact(content.byteCount) }
  /// As many as it has.
  public var fileByteCount: UInt64? { content.byteCount }

  /// Begins at the first byte.
  public func start() throws(ImageSourceError) -> any ImageStream { GeneratedStream(self) }

  /// Nobody can change it.
  public func requireUnchanged() throws(ImageSourceError) {}
}

/// One pass over a generated image.
private final class GeneratedStream: ImageStream {
  private let image: GeneratedImage
  private let offset = Atomic<UInt64>(0)

  init(_ image: GeneratedImage) { self.image = image }

  var consumedByteCount: UInt64 { offset.load(ordering: .relaxed) }

  func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int {
    let start = consumedByteCount
    let count = Int(min(UInt64(range.count), image.content.byteCount - start))
    image.content.copy(from: start, into: &buffer, range: range.prefix(count))
    offset.store(start + UInt64(count), ordering: .relaxed)
    return count
  }

  func skip(_ count: UInt64) throws(ImageSourceError) {
    let start = consumedByteCount
    offset.store(start + min(count, image.content.byteCount - start), ordering: .relaxed)
  }
}
