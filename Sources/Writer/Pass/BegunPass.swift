public import ImageSource
public import ImageTrust
import Synchronization

/// A pass over an image that has begun before a target is ready for it.
///
/// Where a pass needs a process, one may still be started then, and what it gives first can be looked at before anybody
/// is asked: what was looked at is what is written, and what digests are taken of (R50).
public final class BegunPass: Sendable {
  private let stream: Mutex<(any ImageStream)?>
  /// What is found of the file that the image is in; nil where nothing is to be found.
  public let filePass: FilePass?
  /// The processes that work for it.
  public let children: [Int32]

  /// Begins a pass.
  /// - Parameters:
  ///   - image: the image.
  ///   - claims: the checksums that the image, or the file that it is in, is said to have, as in the plan.
  ///   - listeners: who judges signatures over the image while it is read.
  public init(
    over image: any ImageSource, _ claims: ClaimSelection, _ listeners: PassListeners
  ) throws(ImageSourceError) {
    let (stream, filePass) = try FilePass.begin(image, claims, listeners)
    children = stream.children
    self.stream = Mutex(stream)
    self.filePass = filePass
  }

  /// Has somebody look at what the pass gives first.
  /// - Parameter look: takes the stream, and hands out what goes on in its place from its first byte on; where it throws,
  ///   the stream goes on as it is.
  /// - Returns: what came of it.
  public func look<Result, Failure: Error>(
    _ look: (any ImageStream) throws(Failure) -> (any ImageStream, Result)
  ) throws(Failure) -> Result {
    guard let begun = take() else { preconditionFailure("the pass was handed out") }
    do throws(Failure) {
      let (next, result) = try look(begun)
      stream.withLock { $0 = next }
      return result
    } catch {
      stream.withLock { $0 = begun }
      throw error
    }
  }

  /// Hands out the stream, once.
  public func take() -> (any ImageStream)? { stream.withLock { $0.take() } }
}
