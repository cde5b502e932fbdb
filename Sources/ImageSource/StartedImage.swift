public import BlockIO
import Synchronization

/// An image whose first pass has begun before it is asked for: where a pass needs a process, that is the moment at
/// which one may still be started.
public final class StartedImage: ImageSource {
  private let image: any ImageSource
  private let first: Mutex<(any ImageStream)?>
  /// The processes that the first pass has started.
  public let children: [Int32]

  /// Begins the first pass over an image.
  public init(_ image: any ImageSource) throws(ImageSourceError) {
    let stream = try image.start()
    self.image = image
    children = stream.children
    first = Mutex(stream)
  }

  /// The path, for messages.
  public var path: String { image.path }
  /// What the file was when it was opened; nil where there is no file.
  public var state: FileState? { image.state }
  /// What is known of the number of bytes that a pass gives.
  public var length: ImageLength { image.length }
  /// How many bytes a pass consumes; nil where that is not known.
  public var fileByteCount: UInt64? { image.fileByteCount }

  /// The file whose content the image is, where its bytes are others.
  public var packedFile: (any ImageSource)? { image.packedFile }

  /// Hands out the pass that has begun; begins another one where it is gone.
  public func start() throws(ImageSourceError) -> any ImageStream {
    if let stream = first.withLock({ $0.take() }) { return stream }
    return try image.start()
  }

  /// Checks that the file is still the one that was opened, unchanged (R44).
  public func requireUnchanged() throws(ImageSourceError) { try image.requireUnchanged() }
}
