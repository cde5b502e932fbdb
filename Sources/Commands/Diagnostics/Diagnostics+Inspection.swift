import BlockIO
import Sandbox
import Terminal

extension Diagnostic {
  /// Words for an inspection that came to no end; nothing has been written.
  init(_ error: ConfinementError, image: String, signal: Int32? = nil) {
    switch error {
    case .cancelled: self = .cancelled(by: signal)
    case .system(let error):
      self.init(
        .inspectionFailed, .internalError, "\(image) cannot be inspected in a process without rights",
        because: [SanitizedText(error)],
        toFix: "where a container forbids it, run burin outside of it: it is not inspected in another way")
    case .killed(let signal): self.init(image, "the process that read it was ended by signal \(signal)")
    case .failed(let status): self.init(image, "the process that read it ended with status \(status)")
    case .answerTooLong: self.init(image, "the process that read it said more than there is to say")
    case .timedOut: self.init(image, "it took longer than five minutes")
    }
  }

  /// Words for an answer that is none.
  static func inspectionSenseless(image: String) -> Diagnostic {
    Diagnostic(image, "the process that read it gave an answer that makes no sense")
  }

  private init(_ image: String, _ cause: SanitizedText) {
    self.init(
      .inspectionFailed, .imageRefused, "\(image) could not be inspected, so it is not used",
      because: [cause],
      toFix: "download it again; where its checksum is right, report this as an error of burin")
  }
}
