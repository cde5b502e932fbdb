import BlockIO
import Documents
import SystemPackage
import Terminal

extension Diagnostic {
  /// Words for a plan of what cannot be looked at again.
  static func planNeedsFile(image: String) -> Diagnostic {
    Diagnostic(
      .planNeedsFile, .usage, "\(image) is no file, and a plan needs one",
      because: ["what comes once cannot be compared with the plan when it is carried out"],
      toFix: "save it to a file first, or use `burin write`")
  }

  /// Words for a plan whose disk, or what is on it, is not as it was.
  static func planTargetDiffers(_ path: String, _ differences: [SanitizedText]) -> Diagnostic {
    Diagnostic(
      .planTargetDiffers, .targetRefused, "the target is not as \(path) has it, nothing was written",
      because: told(differences), toFix: "make a new plan with `burin plan`, and review that")
  }

  /// Words for a plan whose image is not as it was.
  static func planImageDiffers(_ path: String, _ differences: [SanitizedText]) -> Diagnostic {
    Diagnostic(
      .planImageDiffers, .imageRefused, "the image is not as \(path) has it, nothing was written",
      because: told(differences),
      toFix: "find out who changed it; then make a new plan with `burin plan`, and review that")
  }

  /// Words for a file that is no plan.
  static func planInvalid(_ path: String, _ reason: SanitizedText) -> Diagnostic {
    Diagnostic(
      .planInvalid, .targetRefused, "\(path) cannot be carried out, nothing was written", because: [reason],
      toFix: "make a plan with `burin plan IMAGE TARGET -o FILE`")
  }

  /// Words for a plan that cannot be read.
  static func planUnreadable(_ path: String, _ error: SystemCallError) -> Diagnostic {
    switch error.errno {
    case .noSuchFileOrDirectory, .notDirectory:
      Diagnostic(.planNotFound, .notFound, "there is no plan \(path)", toFix: "check the spelling")
    case .permissionDenied, .notPermitted:
      Diagnostic(
        .planInvalid, .notPermitted, "\(path) may not be read", because: [SanitizedText(error)],
        toFix: "give yourself the right to read it (chmod), or run burin with sudo")
    case .tooManySymbolicLinkLevels:
      .planInvalid(path, "it is a symbolic link, which may lead elsewhere than where it was reviewed")
    case .invalidArgument: .planInvalid(path, "it is no regular file")
    case .fileTooLarge: .planInvalid(path, "it is larger than any plan")
    default: .planInvalid(path, SanitizedText(error))
    }
  }

  /// Words for a plan that could not be saved.
  static func planNotSaved(_ path: String, _ error: SystemCallError) -> Diagnostic {
    let isMissing = [.noSuchFileOrDirectory, .notDirectory].contains(error.errno)
    let isForbidden = [.permissionDenied, .notPermitted, .readOnlyFileSystem].contains(error.errno)
    return Diagnostic(
      .planNotSaved, isMissing ? .notFound : isForbidden ? .notPermitted : .internalError,
      "the plan could not be saved as \(path)", because: [SanitizedText(error)],
      toFix: isMissing
        ? "make the folder first"
        : "name a new file, or a regular one that may be replaced; links are not followed")
  }

  /// Words for a disk that a plan could not describe.
  static func planNeedsContents(_ target: String) -> Diagnostic {
    Diagnostic(
      .targetPermission, .notPermitted, "what is on \(target) cannot be read",
      because: ["a plan says what will be destroyed"], toFix: "run it with sudo")
  }

  /// The first of many, so that the reason is not lost among its consequences.
  private static func told(_ differences: [SanitizedText]) -> [SanitizedText] {
    let shown = 6
    let rest = differences.count - shown
    return Array(differences.prefix(shown)) + (rest > 0 ? ["and \(rest) more"] : [])
  }
}

extension SanitizedText {
  /// What is wrong with a JSON text.
  init(_ error: JSONError) {
    let reason: SanitizedText =
      switch error.reason {
      case .tooLarge: "it is too large"
      case .tooDeep: "it is nested too deeply"
      case .syntax: "it is no JSON"
      case .repeatedKey: "a key occurs twice in one object"
      case .number: "a number is out of range"
      case .string: "a string holds what it must not"
      }
    self = "\(reason) (byte \(error.offset))"
  }
}
