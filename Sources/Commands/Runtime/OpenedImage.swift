import ImageInspector
import ImageSource

/// An image as it was opened: the file that people named, and what of it comes onto a medium.
struct OpenedImage: Sendable {
  /// The file, which is inspected, hashed and compared as it is.
  let file: RawImage
  /// The bytes that are written or compared.
  let content: any ImageSource

  /// Whether they are not those of the file.
  var isUnpacked: Bool { !(content is RawImage) }

  /// What a report on the file says of the bytes that come onto a medium.
  func report(by report: ImageReport) -> ImageReport { isUnpacked ? report : report.asItIs }

  /// Opens an image.
  /// - Parameters:
  ///   - path: the file.
  ///   - acceptsDevice: whether a block device will do as well as a regular file.
  init(opening path: String, acceptsDevice: Bool) throws(Refusal) {
    do throws(ImageSourceError) {
      file = try RawImage(opening: path, acceptsDevice: acceptsDevice)
      content = file
    } catch { throw Refusal(diagnostic: Diagnostic(error, image: path)) }
  }
}
