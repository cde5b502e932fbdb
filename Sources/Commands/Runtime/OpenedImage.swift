import Decompression
import ImageInspector
import ImageSource
import Terminal

/// An image as it was opened: what people named, and what of it comes onto a medium.
struct OpenedImage: Sendable {
  /// The file, or what comes in its place, which is inspected, hashed and compared with a plan as it is.
  let file: any SuppliedFile
  /// How its bytes come here.
  let origin: ImageOrigin
  /// What decodes the file; nil where its own bytes are the image.
  let packed: CompressedImage?

  /// What a report on the file says of the bytes that come onto a medium.
  func report(by report: ImageReport) -> ImageReport { packed == nil ? report.asItIs : report }

  /// Opens an image; whether it is compressed is seen by its content, never by its name.
  /// - Parameters:
  ///   - path: the file.
  ///   - acceptsDevice: whether a block device will do as well as a regular file.
  ///   - asIs: whether the bytes of a compressed file are wanted, not those in it.
  init(opening path: String, acceptsDevice: Bool, asIs: Bool, in context: Context) throws(Refusal) {
    try self.init(ImageOrder(.path(path)), acceptsDevice: acceptsDevice, asIs: asIs, in: context)
  }

  /// Opens what an order names, or begins to read it where it comes once and in order.
  init(_ order: ImageOrder, acceptsDevice: Bool, asIs: Bool, in context: Context) throws(Refusal) {
    let name = order.location.name
    do throws(ImageSourceError) {
      let (file, origin) = try order.open(acceptsDevice: acceptsDevice, in: context)
      packed = asIs ? nil : try context.unpack(file)
      self.file = file
      self.origin = origin
    } catch {
      // What waits for bytes, and a decoder that starts, give up when the run does.
      if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
      throw Refusal(diagnostic: Diagnostic(error, image: name))
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
