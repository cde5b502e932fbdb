import BlockIO
import BlockMap
import SystemPackage
import Terminal

extension Diagnostic {
  /// Words for the file of a map that cannot be read.
  static func mapUnreadable(_ path: String, _ error: SystemCallError) -> Diagnostic {
    let toFix: SanitizedText = "`--no-bmap` writes all of the image without it"
    switch error.errno {
    case .noSuchFileOrDirectory, .notDirectory:
      return Diagnostic(
        .bmapNotFound, .notFound, "there is no block map \(path)", toFix: "check the spelling, or \(toFix)")
    case .permissionDenied, .notPermitted:
      return Diagnostic(
        .bmapUnreadable, .notPermitted, "the block map \(path) may not be read",
        because: [SanitizedText(error)], toFix: toFix)
    case .invalidArgument:
      return Diagnostic(
        .bmapUnreadable, .imageRefused, "the block map \(path) is no regular file", toFix: toFix)
    case .fileTooLarge: return mapTooLarge(path)
    default:
      return Diagnostic(
        .bmapUnreadable, .imageRefused, "the block map \(path) cannot be read",
        because: [SanitizedText(error)], toFix: toFix)
    }
  }

  /// Words for a map that is more than burin goes by.
  static func mapTooLarge(_ path: String) -> Diagnostic {
    Diagnostic(
      .bmapTooLarge, .imageRefused, "the block map of \(path) is too large",
      because: [
        "at most \(BlockMap.rangeLimit) ranges and \(SanitizedText(exactBytes: UInt64(BlockMap.largestFile))) are kept in memory"
      ], toFix: "write all of the image, with `--no-bmap`")
  }

  /// Words for a file that is no map.
  static func mapInvalid(_ path: String, _ error: BlockMapError) -> Diagnostic {
    guard error.reason != .tooLarge, error.reason != .tooManyRanges else { return mapTooLarge(path) }
    return Diagnostic(
      .bmapInvalid, .imageRefused, "\(path) is no block map that can be used",
      because: ["\(reason(error.reason)) (byte \(error.offset))"],
      toFix: "download it again; `--no-bmap` writes all of the image without it")
  }

  /// Words for a map by which nothing would be written.
  static func mapOfNothing(_ path: String) -> Diagnostic {
    Diagnostic(
      .bmapInvalid, .imageRefused, "\(path) is no block map that can be used",
      because: ["it says that nothing of the image matters, so that nothing of it would be written"],
      toFix: "download it again; `--no-bmap` writes all of the image without it")
  }

  private static func reason(_ reason: BlockMapError.Reason) -> SanitizedText {
    switch reason {
    case .tooLarge, .tooManyRanges: "it is too large"
    case .syntax: "it is not the XML that block maps are written in"
    case .tooDeep: "its elements are nested too deeply"
    case .documentType: "it declares a document type, which no block map does"
    case .entity: "it refers to an entity, which no block map does"
    case .construct: "it holds instructions or raw text, which no block map does"
    case .noMap: "its outermost element is not bmap"
    case .version: "it is of a version that burin does not know"
    case .missing(let field): "\(name(field)) is missing"
    case .repeated(let field): "\(name(field)) is there twice"
    case .value(let field): "\(name(field)) holds what cannot be"
    case .range: "a range is no number of a block, nor two of them"
    case .order: "its ranges overlap, or do not ascend"
    case .bounds: "a range ends behind the image"
    case .rangeChecksum: "the checksum of a range does not have the digits of its kind"
    case .blockCount: "the number of blocks does not fit the size of the image"
    case .mappedBlockCount: "its ranges do not hold as many blocks as it says"
    case .ownChecksum: "its own checksum is wrong: it was damaged or changed"
    }
  }

  private static func name(_ field: BlockMapError.Field) -> SanitizedText {
    SanitizedText(vouchedFor: field.rawValue)
  }

  /// Words for an image that is not the one that its map describes.
  init(_ mismatch: MapMismatch, _ names: RunNames) {
    let because: [SanitizedText] =
      switch mismatch {
      case .length(let stated, let found?):
        ["by the map it has \(stated) bytes, in truth \(found)"]
      case .length(let stated, nil): ["by the map it has \(stated) bytes, in truth more"]
      case .range(let range, let algorithm, let expected, let found):
        [
          "of bytes \(range.lowerBound) to \(range.upperBound - 1)",
          "by the map   \(SanitizedText(vouchedFor: algorithm.rawValue)):\(expected.hexadecimal)",
          "in truth     \(SanitizedText(vouchedFor: algorithm.rawValue)):\(found.hexadecimal)",
        ]
      }
    self.init(
      .bmapDiffers, .imageRefused, "\(names.image) is not the image that its block map describes",
      because: because,
      toFix: "download both again; `--no-bmap` goes by no map, and then all of the image counts")
  }

  /// Words for an image whose holes cannot be left out, because there are none.
  static func imageNotSparse(_ path: String) -> Diagnostic {
    Diagnostic(
      .imageNotSparse, .imageRefused, "\(path) has no holes",
      because: ["a compressed file never has any, and copying may have filled those of another"],
      toFix: "use all of it, without `--sparse`")
  }

  /// Words for a map that could not be saved.
  static func mapNotSaved(_ path: String, _ error: SystemCallError) -> Diagnostic {
    let (exit, toFix): (ExitStatus, SanitizedText) =
      switch error.errno {
      case .fileExists: (.internalError, "`--force` replaces a file that is there")
      case .noSuchFileOrDirectory, .notDirectory: (.notFound, "make the folder first")
      case .permissionDenied, .notPermitted, .readOnlyFileSystem:
        (.notPermitted, "name another file; links are not followed")
      default: (.internalError, "name another file; links are not followed")
      }
    return Diagnostic(
      .bmapNotSaved, exit, "the block map could not be saved as \(path)", because: [SanitizedText(error)],
      toFix: toFix)
  }
}
