import ImageInspector
import Terminal

/// Why nothing can be unpacked from a file, as an inspection found it, in the words of the errors of decoding.
struct UnpackingFault {
  /// The error that reading the file to its end would come to.
  let id: DiagnosticID
  /// The format of the file, foreign text.
  private let format: String

  /// Whether it is cut off as a volume is that others follow.
  let isVolume: Bool

  /// Takes the first thing that is wrong with a file which is refused.
  ///
  /// - Parameter path: the path of the file; nil where nobody knows it.
  init(_ report: ImageReport, path: String? = nil) {
    format = report.compression ?? ""
    let names = report.findings.lazy.filter { $0.severity == .error }.map(\.id)
    let found = names.compactMap(Self.id).first ?? .imageDamaged
    isVolume = found == .packedTruncated && path.map(NamedFormat.isVolume) == true
    id = isVolume ? .packedUnsupported : found
  }

  /// Findings of this kind and errors have the same names, but for one that plain files share.
  private static func id(_ name: String) -> DiagnosticID? {
    name == FindingID.empty.rawValue ? .imageEmpty : DiagnosticID(rawValue: name)
  }

  /// What is wrong, in a sentence about the file.
  func summary(_ path: String) -> SanitizedText {
    let format = SanitizedText(foreign: format)
    return switch id {
    case .packedDamaged: "\(path) is damaged"
    case .packedTruncated: "\(path) was cut off"
    case .packedTrailing: "\(path) goes on behind its end"
    case .packedTooDemanding: "\(path) asks for too much to be decoded"
    case .packedUnsupported: "\(path) cannot be decoded here"
    case .imageEmpty: "\(path) holds nothing"
    case .archiveEmpty: "\(path) holds no image"
    case .archiveAmbiguous: "several files in \(path) could be the image"
    case .memberNotFound: "no file in \(path) has that name"
    case .archiveEncrypted: "\(path) is encrypted"
    case .archiveNested: "\(path) cannot be unpacked as it comes"
    case .containerDamaged: "\(path) is a disk container (\(format)) that is damaged"
    case .containerUnsupported: "\(path) is a disk container (\(format)) that cannot be read here"
    default: "\(path) cannot be unpacked"
    }
  }

  /// What to do about it, as a part of a sentence.
  var advice: SanitizedText {
    switch id {
    case .packedTooDemanding, .packedUnsupported: UnpackingAdvice.advice(format)
    case .archiveAmbiguous: "name the image in it with `--member`, or unpack it first"
    case .memberNotFound: "give the whole name as it is listed, or none where there is one image"
    case .archiveEncrypted: "unpack it with its own tool, then write what comes out"
    case .archiveNested: "unpack what is around it, then write the archive itself"
    case .containerUnsupported: "convert it to a raw image first"
    default: "download it again"
    }
  }

  /// What an inspection concludes from it.
  var verdict: SanitizedText {
    switch id {
    case .packedTooDemanding, .packedUnsupported, .archiveEncrypted, .archiveNested:
      "It cannot be unpacked here: unpack it first."
    case .archiveAmbiguous: "Say which of the files in it is the image, with `--member`."
    case .memberNotFound: "What was named with `--member` is not in it."
    case .archiveEmpty, .imageEmpty: "There is no image in it."
    case .containerUnsupported: "It cannot be read here: convert it to a raw image first."
    case .packedTruncated: "It is cut off: do not write it."
    case .packedTrailing: "It goes on behind its end: do not write it."
    default: "It is damaged: do not write it."
    }
  }
}
