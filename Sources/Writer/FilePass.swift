public import BlockIO
public import ImageSource
public import ImageTrust
import Synchronization

/// What is found of the compressed file that an image is in: in the read that decodes it, where that is possible.
public struct FilePass: Sendable {
  private let file: any ImageSource
  private let witness: FileWitness
  /// Whether the file is read once more, because whoever decodes it reads it alone.
  public let readsAgain: Bool

  /// Prepares a pass, before the first read of a stream.
  /// - Parameters:
  ///   - image: the image.
  ///   - stream: a pass over it.
  ///   - claims: the checksums that the image, or the file that it is in, is said to have.
  ///   - listeners: who judges signatures over the file while it is read.
  ///   - besides: digests of the file to take in any case.
  /// - Returns: nil where there is no such file, and where nothing is to be found of it.
  public init?(
    of image: any ImageSource, shownBy stream: any ImageStream, _ claims: ClaimSelection,
    _ listeners: PassListeners, besides: [DigestAlgorithm] = []
  ) {
    guard let file = image.packedFile else { return nil }
    let request = Self.request(claims, listeners, besides)
    guard !request.isEmpty else { return nil }
    self.file = file
    witness = FileWitness(request)
    readsAgain = !stream.showFile(to: witness)
  }

  /// Begins a pass over an image and one over the file that it is in.
  public static func begin(
    _ image: any ImageSource, _ claims: ClaimSelection, _ listeners: PassListeners,
    besides: [DigestAlgorithm] = []
  ) throws(ImageSourceError) -> (stream: any ImageStream, filePass: FilePass?) {
    let stream =
      try isNeeded(claims, listeners, besides: besides) ? image.start() : image.startUnshown()
    return (stream, FilePass(of: image, shownBy: stream, claims, listeners, besides: besides))
  }

  /// Whether anything is to be found of a compressed file.
  public static func isNeeded(
    _ claims: ClaimSelection, _ listeners: PassListeners, besides: [DigestAlgorithm] = []
  ) -> Bool { !request(claims, listeners, besides).isEmpty }

  private static func request(
    _ claims: ClaimSelection, _ listeners: PassListeners, _ besides: [DigestAlgorithm]
  ) -> PassRequest {
    let compared = claims.compared.filter { $0.subject != .image }.map(\.checksum.algorithm)
    return PassRequest(besides + compared, listeners: listeners.file)
  }

  /// Reads the file, where the stream does not show it.
  public func readAgain() throws(ImageSourceError) {
    guard readsAgain else { return }
    _ = try file.readAll(unless: { Task.isCancelled }) { bytes, _ in witness.see(bytes) }
  }

  /// What was found; to be called once, after the stream has come to its end and ``readAgain()`` has returned.
  public func finish() -> PassFindings { witness.finish() }
}

/// Takes what is to be found of the bytes that it is shown.
private final class FileWitness: ByteWitness {
  private let pass: Mutex<BytePass>

  init(_ request: PassRequest) { pass = Mutex(BytePass(request)) }

  func see(_ buffer: borrowing AlignedBuffer, count: Int) { see(buffer.bytes.extracting(0..<count)) }

  func see(_ bytes: RawSpan) { pass.withLock { $0.update(bytes) } }

  func finish() -> PassFindings { pass.withLock { $0.finish() } }
}
