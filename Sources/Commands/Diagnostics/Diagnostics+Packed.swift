import BlockIO
import Decompression
import ImageSource
import Sandbox
import Terminal

extension Diagnostic {
  /// Words for a compressed file that does not become an image.
  init(_ error: PackedImageError, image: String) {
    switch error {
    case .decoding(let error): self.init(error, image: image, of: "of it")
    case .inside(let error, _): self.init(error, image: image, of: "of what is packed in it")
    case .archive(let error): self.init(error, image: image)
    case .container(let error, let format): self.init(error, format, image: image)
    case .unreadable(let error, let offset):
      self.init(ImageSourceError.system(error, offset: offset), image: image)
    case .unrecognised: self.init(ImageSourceError.changed(path: image), image: image)
    case .fruitless: self = .decodingFruitless(image)
    case .unconfined(let error): self = .undecodable(image, error)
    case .decoder(.system(let error), _): self = .undecodable(image, error)
    case .decoder(.cancelled, _), .cancelled: self = .cancelled(by: nil)
    case .decoder(.killed(let signal), let offset):
      self = .decodingFailed(image, "the process that decoded it was ended by signal \(signal)", offset)
    case .decoder(.failed(let status), let offset):
      self = .decodingFailed(image, "the process that decoded it ended with status \(status)", offset)
    case .decoder(.timedOut, let offset), .decoder(.answerTooLong, let offset):
      self = .decodingFailed(image, "the process that decoded it did not come to its end", offset)
    case .senseless(let offset):
      self = .decodingFailed(image, "the process that decoded it said what makes no sense", offset)
    }
  }

  /// Words for a stream that a decoder refuses.
  private init(_ error: DecodingError, image: String, of whole: SanitizedText) {
    let again: SanitizedText = "download it again, and compare its checksum"
    switch error {
    case .corrupt(let offset):
      self.init(
        .packedDamaged, .imageRefused, "\(image) is damaged",
        because: ["what is packed before byte \(offset) \(whole), or soon after, makes no sense"],
        toFix: again)
    case .checksumWrong(let offset):
      self.init(
        .packedDamaged, .imageRefused, "\(image) is damaged",
        because: [
          "what is packed before byte \(offset) \(whole), or soon after, does not have its checksum"
        ],
        toFix: again)
    case .truncated(let offset) where NamedFormat.isVolume(image):
      self = .unsupported(image, .volumes, "\(offset) \(whole)")
    case .truncated(let offset):
      self.init(
        .packedTruncated, .imageRefused, "\(image) was cut off",
        because: ["the end is at byte \(offset) \(whole), in the middle of what is packed"],
        toFix: "download it again; the disk may have been full")
    case .trailingGarbage(let offset):
      self.init(
        .packedTrailing, .imageRefused, "\(image) goes on behind its end",
        because: ["what begins at byte \(offset) \(whole) does not belong to what is packed"], toFix: again)
    case .memoryLimit(let needed, let allowed): self = .tooDemanding(image, "memory", needed, allowed)
    case .windowTooLarge(let needed, let allowed): self = .tooDemanding(image, "a window", needed, allowed)
    case .unsupported(let feature, let offset): self = .unsupported(image, feature, "\(offset) \(whole)")
    case .empty:
      self.init(
        .imageEmpty, .imageRefused, "\(image) holds nothing",
        because: ["it is packed, and no byte comes out of it"], toFix: again)
    case .outOfMemory:
      self = .decodingFailed(image, "there was no memory left to decode it", nil)
    }
  }

  private static func tooDemanding(
    _ image: String, _ what: SanitizedText, _ needed: UInt64?, _ allowed: UInt64
  ) -> Diagnostic {
    let limit = SanitizedText(exactBytes: allowed)
    let need = needed.map { SanitizedText(exactBytes: $0) }
    return Diagnostic(
      .packedTooDemanding, .imageRefused, "\(image) asks for too much to be decoded",
      because: [
        need.map { "it needs \(what) of \($0), and may have \(limit)" }
          ?? "it needs more \(what) than \(limit)"
      ],
      toFix: "unpack it with its own tool, then write what comes out")
  }

  private static func unsupported(
    _ image: String, _ feature: UnsupportedFeature, _ place: SanitizedText
  ) -> Diagnostic {
    let what: SanitizedText =
      switch feature {
      case .dictionary: "a dictionary that is kept elsewhere"
      case .method: "a method or a version that is not known"
      case .check: "a checksum that is not known"
      case .options: "filters or settings that are not known"
      case .volumes: "its other volumes, which are other files"
      }
    return Diagnostic(
      .packedUnsupported, .imageRefused, "\(image) cannot be decoded here",
      because: ["what is packed from byte \(place) on needs \(what)"],
      toFix: "unpack it with its own tool, then write what comes out")
  }

  private static func undecodable(_ image: String, _ error: SystemCallError) -> Diagnostic {
    Diagnostic(
      .decodingFailed, .internalError, "\(image) cannot be decoded in a process without rights",
      because: [SanitizedText(error)],
      toFix: "where a container forbids it, run burin outside of it, or decompress it with its own tool first"
    )
  }

  private static func decodingFruitless(_ image: String) -> Diagnostic {
    Diagnostic(
      .packedTooDemanding, .imageRefused, "\(image) asks for too much to be decoded",
      because: ["ten minutes of work on it gave not a single byte of the image"],
      toFix: "unpack it with its own tool, then write what comes out")
  }

  private static func decodingFailed(_ image: String, _ cause: SanitizedText, _ offset: UInt64?) -> Diagnostic
  {
    let place: SanitizedText = offset.map { ", at byte \($0) of the file" } ?? ""
    return Diagnostic(
      .decodingFailed, .imageRefused, "\(image) could not be decoded to its end",
      because: [cause + place],
      toFix: "where its checksum is right and there is memory left, report this as an error of burin")
  }
}
