import Decompression
import ImageInspector
import ImageSource
import Terminal

/// An image as it was opened: what people named, and what of it comes onto a medium.
struct OpenedImage: Sendable {
  /// The file, or what comes in its place, which is inspected, hashed and compared with a plan as it is.
  let file: any SuppliedFile
  /// What decodes the file; nil where its own bytes are the image.
  let packed: CompressedImage?
  /// Whether the bytes of the file are wanted, whatever is in them.
  let isAsIs: Bool
  /// Which parts of the image matter; nil for all of it.
  var map: OpenedMap?

  /// What a report on the file says of the bytes that come onto a medium.
  func report(by report: ImageReport) -> ImageReport { packed == nil ? report.asItIs : report }

  /// Opens an image; whether it is compressed is seen by its content, never by its name.
  /// - Parameters:
  ///   - path: the file.
  ///   - acceptsDevice: whether a block device will do as well as a regular file.
  ///   - asIs: whether the bytes of a compressed file are wanted, not those in it.
  init(opening path: String, acceptsDevice: Bool, asIs: Bool, in context: Context) throws(Refusal) {
    isAsIs = asIs
    do throws(ImageSourceError) {
      let file = try RawImage(opening: path, acceptsDevice: acceptsDevice)
      packed = asIs ? nil : try context.unpack(file)
      self.file = file
    } catch {
      // A decoder that starts gives up when the run does.
      if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
      throw Refusal(diagnostic: Diagnostic(error, image: path))
    }
  }

  /// The bytes that are written or compared.
  var content: any ImageSource { if let packed { packed } else { file } }

  /// What it is, in a few words.
  /// - Parameter report: what the inspection of the file says.
  func text(_ report: ImageReport) -> SanitizedText {
    let size: SanitizedText =
      file.fileByteCount.map { SanitizedText(size: $0) } ?? "of a length that only its end tells"
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
