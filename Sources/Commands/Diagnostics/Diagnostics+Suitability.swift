import ImageInspector
import Terminal

/// An image that would not become a stick that boots.
///
/// What is surely a mistake is refused; what only does not boot is somebody's data, and the word that is
/// given after the warning is the consent.
struct Unsuitability: Hashable {
  /// The option that lifts a refusal.
  enum Option: String { case allowDamaged = "--allow-damaged", allowPacked = "--allow-packed" }
  /// What is told.
  let diagnostic: Diagnostic
  /// What lifts it; nil for a warning.
  let option: Option?

  /// What speaks against writing an image as it is; nil where nothing does.
  ///
  /// An image shorter than a block is judged before anything looks into it; a text about a disk may be as short.
  init?(_ report: ImageReport, path: String) {
    let byteCount = report.rawByteCount ?? .max
    if byteCount < 512, report.verdict != .convert {
      let verb: SanitizedText = report.unpacked == nil ? "has" : "unpacks to"
      self.init(
        .imageTooShort, .allowDamaged,
        "\(path) \(verb) only \(SanitizedText(exactBytes: byteCount)), less than one sector",
        [], "download it again")
    } else if report.truncatedBy > 0 {
      self.init(
        .imageTruncated, .allowDamaged, "\(path) is cut off",
        [
          "by its own structures \(SanitizedText(exactBytes: report.truncatedBy)) are missing at its end"
        ], "download it again")
    } else {
      self.init(verdict: report, path: path)
    }
  }

  private init?(verdict report: ImageReport, path: String) {
    let errors = report.findings.filter { $0.severity == .error }.map { SanitizedText(sentence: $0.text) }
    let format = SanitizedText(foreign: report.compression ?? report.content ?? "another format")
    switch report.verdict {
    case .raw where Self.lacksFooter(report, path), .fileCopy where Self.lacksFooter(report, path),
      .notBootable where Self.lacksFooter(report, path):
      self.init(
        .imageDamaged, .allowDamaged, "\(path) has lost its end, or is no VHD in spite of its name",
        ["a disk container of the format VHD ends with a footer, and there is none"],
        "download it again, or give it the name of what it is")
    case .raw: return nil
    case .refuse where report.unpacked?.seenByteCount == 0:
      let fault = UnpackingFault(report, path: path)
      let because: [SanitizedText] =
        fault.isVolume
        ? ["its name is that of one of several volumes, and the others are not looked at"] : errors
      self.init(fault.id, .allowPacked, fault.summary(path), because, fault.advice)
    case .refuse where report.isNoImage:
      self.init(
        .notAnImage, .allowDamaged, "\(path) is no image of a medium", errors,
        "take an image that is made for USB sticks")
    case .refuse:
      self.init(
        .imageDamaged, .allowDamaged, "\(path) is damaged and would not work", errors, "download it again")
    case .decompress where report.unpacked != nil: return nil
    case .notBootable where report.unpacked?.kind == .compressed:
      let inside = SanitizedText(foreign: report.content ?? "another format")
      self.init(
        .imageCompressed, .allowPacked,
        "what \(path) unpacks to is packed itself (\(inside)) and does not boot as it is", errors,
        "unpack it first, then write the image that is inside that")
    case .decompress:
      self.init(
        .imageCompressed, .allowPacked, "\(path) is packed (\(format)) and does not boot as it is",
        errors, UnpackingAdvice.advice(report.compression ?? report.content ?? ""))
    case .convert where report.unpacked != nil && report.kind == .compressed:
      // Its parts lie anywhere in it, and a decoder gives them in order.
      let inside = SanitizedText(foreign: report.content ?? "another format")
      self.init(
        .imageIsContainer, .allowPacked,
        "what \(path) unpacks to is a disk container (\(inside)), which must be a file to be read", [],
        "unpack it first, then write the disk container")
    case .convert:
      self.init(
        .imageIsContainer, .allowPacked,
        "\(path) is a disk container (\(format)) and does not boot as it is", errors,
        SanitizedText(sentence: ContainerAdvice.advice(report.compression ?? "")))
    case .fileCopy:
      self.init(
        warning: .imageNeedsFileCopy, "\(path) does not boot when its bytes are written to a stick",
        Self.reasons(report),
        "copy its files onto a FAT32 partition instead, or use the tool of its maker")
    case .notBootable where report.kind == .unknown && NamedFormat.text(of: path) != nil:
      self.init(
        .imageDamaged, .allowDamaged, "\(path) is nothing that is known, in spite of its name",
        [
          "it is called a file of the format \(NamedFormat.text(of: path) ?? ""), and has nothing by which one is known"
        ], "download it again, or give it the name of what it is")
    case .notBootable:
      self.init(
        warning: .imageNotBootable, "nothing in \(path) boots", Self.reasons(report),
        "take an image that is made for USB sticks")
    }
  }

  private init(
    _ id: DiagnosticID, _ option: Option, _ summary: SanitizedText, _ because: [SanitizedText],
    _ advice: SanitizedText
  ) {
    self.option = option
    diagnostic = Diagnostic(
      id, .imageRefused, summary, because: because,
      toFix: "\(advice); `\(SanitizedText(vouchedFor: option.rawValue))` writes it all the same")
  }

  private init(
    warning id: DiagnosticID, _ summary: SanitizedText, _ because: [SanitizedText], _ advice: SanitizedText
  ) {
    option = nil
    diagnostic = Diagnostic(id, .done, summary, because: because, toFix: advice)
  }

  /// Whether a disk's own bytes are called a container that would end with a footer.
  static func lacksFooter(_ report: ImageReport, _ path: String) -> Bool {
    // Of what comes in order the end has not been looked at.
    report.seenByteCount == nil && report.compression == nil && report.kind != .unknown
      && NamedFormat.promisesFooter(path)
  }

  private static func reasons(_ report: ImageReport) -> [SanitizedText] {
    [
      "BIOS: \(SanitizedText(sentence: report.boots.stickBIOS.evidence))",
      "UEFI: \(SanitizedText(sentence: report.boots.stickUEFI.evidence))",
    ]
  }
}

extension ImageReport {
  /// Whether it is a file of another kind, in which nothing is damaged.
  var isNoImage: Bool { findings.contains { $0.id == FindingID.notAnImage.rawValue } }
}
