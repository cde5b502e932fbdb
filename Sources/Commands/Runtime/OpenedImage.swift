import Decompression
import ImageInspector
import ImageSource
import Terminal

/// An image as it was opened: the file that people named, and what of it comes onto a medium.
struct OpenedImage: Sendable {
  /// The file, which is inspected, hashed and compared with a plan as it is.
  let file: RawImage
  /// What decodes the file; nil where its own bytes are the image.
  let packed: CompressedImage?

  /// Opens an image; whether it is compressed is seen by its content, never by its name.
  /// - Parameters:
  ///   - path: the file.
  ///   - acceptsDevice: whether a block device will do as well as a regular file.
  ///   - asIs: whether the bytes of a compressed file are wanted, not those in it.
  init(opening path: String, acceptsDevice: Bool, asIs: Bool, in context: Context) throws(Refusal) {
    do throws(ImageSourceError) {
      file = try RawImage(opening: path, acceptsDevice: acceptsDevice)
      packed = asIs ? nil : try context.unpack(file)
    } catch { throw Refusal(diagnostic: Diagnostic(error, image: path)) }
  }

  /// The bytes that are written or compared.
  var content: any ImageSource { if let packed { packed } else { file } }

  /// What it is, in a few words.
  /// - Parameter report: what the inspection of the file says.
  func text(_ report: ImageReport) -> SanitizedText {
    let size = SanitizedText(size: file.byteCount)
    guard let packed else { return "\(report.kindText), \(size)" }
    let text: SanitizedText = "an image in a file compressed with \(packed.format.text), \(size)"
    guard let byteCount = packed.length.byteCount else { return text }
    return text + ", by its own account \(SanitizedText(size: byteCount)) when decompressed"
  }
}

extension CompressionFormat {
  /// Its name for people.
  var text: SanitizedText {
    switch self {
    case .gzip: "gzip"
    case .xz: "xz"
    case .zstd: "zstd"
    case .bzip2: "bzip2"
    case .lz4: "lz4"
    case .lzma: "lzma"
    }
  }
}
