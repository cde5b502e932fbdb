import ImageSource
import Sandbox
import Terminal

extension Diagnostic {
  /// Words for an argument that looks like a URL, and is none that can be fetched.
  init(_ fault: ImageLocation.Fault) {
    let toFix: SanitizedText = "put ./ before the name of a file that looks like this"
    switch fault {
    case .malformed:
      self.init(.urlInvalid, .usage, "the image is a URL that makes no sense", toFix: toFix)
    case .scheme(let scheme):
      self.init(
        .urlInvalid, .usage, "\(scheme) URLs are not fetched", because: ["only http, https and file are"],
        toFix: toFix)
    case .notText:
      self.init(
        .urlInvalid, .usage, "the image is a URL whose path has bytes that are no text in UTF-8",
        toFix: "rename the file, name it by a symbolic link, or give an image as standard input")
    }
  }

  /// Words for a size of what has one.
  static func sizeOfFile(_ path: String) -> Diagnostic {
    .usage("--size is for standard input and URLs; \(path) has a length of its own", help: "burin write")
  }

  /// Words for what could not be fetched.
  init(_ failure: FetchFailure, url: String) {
    switch failure {
    case .unresolved(let text), .unreachable(let text):
      self.init(
        .fetchUnreachable, .imageRefused, "the server of \(url) cannot be reached",
        because: [SanitizedText(sentence: text)],
        toFix: "check the spelling, the network, and what the environment says of proxies")
    case .unproven(let text):
      self.init(
        .fetchInsecure, .imageRefused, "the server of \(url) does not prove who it is",
        because: [SanitizedText(sentence: text)],
        toFix:
          "check this machine's clock; for a server with its own authority, name its certificate in SSL_CERT_FILE"
      )
    case .insecureRedirect:
      self.init(
        .fetchInsecure, .imageRefused, "\(url) leads to where nothing is protected",
        because: ["the server sends it on from https to http, or to what is not fetched at all"],
        toFix: "take another server")
    case .status(404), .status(410):
      self.init(
        .fetchRefused, .notFound, "there is nothing at \(url)", because: ["the server says so"],
        toFix: "check the spelling; releases move when there is a newer one")
    case .status(let status):
      self.init(
        .fetchRefused, .imageRefused, "the server does not give \(url)",
        because: ["its answer has the status \(status)"],
        toFix: status == 401 || status == 403
          ? "check the name and the password" : "try it later, or take another server")
    case .redirects:
      self.init(
        .fetchRefused, .imageRefused, "\(url) leads nowhere",
        because: ["servers sent it on more than ten times, or in a circle"], toFix: "take another server")
    case .changed(let offset):
      self.init(
        .fetchChanged, .imageRefused, "\(url) was changed while it was fetched",
        because: ["after byte \(offset) the server has another file than before"],
        toFix: "begin anew, when its maker is done with it")
    case .cannotResume(let offset):
      self.init(
        .fetchInterrupted, .imageRefused, "the connection to \(url) was lost",
        because: ["after byte \(offset), and the server does not let it go on from there"],
        toFix: "begin anew, or take another server")
    case .lost(let offset, let text):
      self.init(
        .fetchInterrupted, .imageRefused, "the connection to \(url) was lost again and again",
        because: ["after byte \(offset): \(SanitizedText(sentence: text))"],
        toFix: "begin anew, or take another server")
    default: self.init(fault: failure, url: url)
    }
  }

  /// Words for what only a broken server, a broken system or burin does.
  private init(fault: FetchFailure, url: String) {
    let cause: SanitizedText
    var toFix: SanitizedText = "take another server"
    switch fault {
    case .noLibrary:
      cause = "there is no libcurl that can be used"
      toFix = "install libcurl (Debian: libcurl4), or download the file with another program"
    case .certificates:
      cause = "the file that SSL_CERT_FILE names cannot be read"
      toFix = "correct or unset SSL_CERT_FILE"
    case .wrongPart(let offset): cause = "the server gave another part than that from byte \(offset) on"
    case .tooLong(let announced):
      cause = "the server announced \(SanitizedText(exactBytes: announced)), and gave more"
    case .tooLarge(let limit): cause = "it is longer than \(SanitizedText(size: limit))"
    case .encoded: cause = "the server packed it for the way, although nobody asked for that"
    case .transfer(let text): cause = SanitizedText(sentence: text)
    case .unconfined(let number):
      cause = "it is not fetched but in a process without rights, and there can be none (errno \(number))"
      toFix = "where a container forbids it, run burin outside of it"
    default:
      cause = "the process that fetched it came to no good end"
      toFix = "report this as an error of burin"
    }
    self.init(
      .fetchFailed, .imageRefused, "\(url) could not be fetched", because: [cause], toFix: toFix)
  }
}
