import ImageInspector
import ImageSource
import Terminal
import Unpacking

/// An image as it was opened: what people named, and what of it comes onto a medium.
struct OpenedImage: Sendable {
  /// The file, or what comes in its place, which is inspected, hashed and compared with a plan as it is.
  let file: any SuppliedFile
  /// How its bytes come here.
  let origin: ImageOrigin
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
  ///   - member: the name of the member of an archive that is the image; nil where it is the only one.
  ///   - acceptsDevice: whether a block device will do as well as a regular file.
  ///   - asIs: whether the bytes of a compressed file are wanted, not those in it.
  init(
    opening path: String, member: String? = nil, acceptsDevice: Bool, asIs: Bool, in context: Context
  ) throws(Refusal) {
    try self.init(
      ImageOrder(.path(path)), member: member, acceptsDevice: acceptsDevice, asIs: asIs, in: context)
  }

  /// Opens what an order names, or begins to read it where it comes once and in order.
  init(
    _ order: ImageOrder, member: String? = nil, acceptsDevice: Bool, asIs: Bool, in context: Context
  ) throws(Refusal) {
    let name = order.location.name
    isAsIs = asIs
    do throws(ImageSourceError) {
      let (file, origin) = try order.open(acceptsDevice: acceptsDevice, in: context)
      packed = asIs ? nil : try context.unpack(file, member)
      if member != nil, packed == nil, !asIs { throw .packed(.archive(.noArchive), path: name) }
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
    let text: SanitizedText = "\(packed.format.place), \(size)"
    let name = packed.member.map { ", named \(SanitizedText(foreign: $0))" as SanitizedText } ?? ""
    guard let byteCount = packed.length.byteCount else { return text + name }
    return text + name + ", by its own account \(SanitizedText(size: byteCount)) when \(packed.format.verb)"
  }
}

extension PackedFormat {
  /// Its name for people.
  var text: SanitizedText { SanitizedText(foreign: name) }

  /// The image in a file that is packed so.
  fileprivate var place: SanitizedText {
    switch self {
    case .compressed: "an image in a file compressed with \(text)"
    case .archive: "an image in a \(text) archive"
    case .container: "the disk in a \(text) container"
    }
  }

  fileprivate var verb: SanitizedText {
    switch self {
    case .compressed: "decompressed"
    case .archive: "unpacked"
    case .container: "taken out"
    }
  }
}
