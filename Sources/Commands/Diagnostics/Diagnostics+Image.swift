import BlockIO
import ImageInspector
import ImageSource
import SystemPackage
import Terminal

extension Diagnostic {
  /// Words for an image that cannot be opened or read.
  init(_ error: ImageSourceError, image: String) {
    switch error {
    case .notFound(let path):
      self.init(
        .imageNotFound, .notFound, "there is no image \(path)",
        toFix: "check the spelling; IMAGE comes before TARGET")
    case .system(let error, let offset): self.init(reading: image, error, offset)
    case .wrongKind(let path, let kind): self.init(wrongKind: kind, of: path)
    case .empty(let path):
      self.init(
        .imageEmpty, .imageRefused, "\(path) is empty",
        toFix: "download it again; the disk may have been full")
    case .lengthless(let path):
      self.init(
        .imageUnreadable, .imageRefused, "\(path) does not say how long it is",
        because: ["it is no file that is stored, but one that the kernel makes up"],
        toFix: "name a file that holds an image, or pipe it into burin and give - as IMAGE")
    case .shrank(let expected, let found):
      self.init(
        .imageShrank, .imageRefused, "\(image) became shorter while it was read",
        because: [
          "it had \(SanitizedText(exactBytes: expected)) and now has \(SanitizedText(exactBytes: found))"
        ],
        toFix: "wait until nothing changes it any more, then begin anew")
    case .changed(let path):
      self.init(
        .imageChanged, .imageRefused, "\(path) was changed or replaced while it was read",
        because: ["what was read is no longer what the file holds"],
        toFix: "wait until nothing changes it any more (a download may be going on), then begin anew")
    case .endsEarly(let path, let expected, let found):
      self.init(
        .imageEndsEarly, .imageRefused, "\(path) ended too early",
        because: [
          "it has \(SanitizedText(exactBytes: found)), and should have \(SanitizedText(exactBytes: expected))"
        ],
        toFix: "see why what it comes from has stopped, then begin anew")
    case .goesOn(let path, let expected):
      self.init(
        .imageGoesOn, .imageRefused, "\(path) goes on behind its end",
        because: ["it should have \(SanitizedText(exactBytes: expected))"],
        toFix: "take the size from where the image comes from")
    case .onlyOnce(let path):
      self = .internalError("\(path) comes once, and was to be read again")
    case .abandoned: self = .cancelled(by: nil)
    case .fetching(let failure, let path): self.init(failure, url: path)
    case .packed(let error, let path): self.init(error, image: path)
    }
  }

  private init(reading path: String, _ error: SystemCallError, _ offset: UInt64?) {
    let cause =
      offset.map { "at byte \($0): \(SanitizedText(error))" as SanitizedText } ?? SanitizedText(error)
    if [.permissionDenied, .notPermitted].contains(error.errno) {
      self.init(
        .imagePermission, .notPermitted, "\(path) may not be read", because: [cause],
        toFix: "give yourself the right to read it (chmod), or run burin with sudo")
    } else if [.tooManySymbolicLinkLevels, .fileNameTooLong].contains(error.errno) {
      self.init(
        .imageUnreadable, .imageRefused, "\(path) cannot be read", because: [cause],
        toFix: "name the file itself, by a path that leads there")
    } else {
      self.init(
        .imageUnreadable, .imageRefused, "\(path) cannot be read", because: [cause],
        toFix: "copy it to another disk; `dmesg` may tell what is wrong with this one")
    }
  }

  private init(wrongKind kind: FileState.Kind, of path: String) {
    let toFix: SanitizedText = "name a file that holds an image"
    switch kind {
    case .directory:
      self.init(.imageIsDirectory, .imageRefused, "\(path) is a directory, not an image", toFix: toFix)
    case .fifo:
      self.init(
        .imageIsPipe, .imageRefused, "\(path) is a pipe, which is read as standard input only",
        toFix: "give it as standard input, and - as IMAGE")
    case .characterDevice:
      self.init(
        .imageIsCharacterDevice, .imageRefused, "\(path) is a character device, not an image", toFix: toFix)
    case .blockDevice:
      self.init(
        .imageIsBlockDevice, .imageRefused, "\(path) is a disk, where only a file will do", toFix: toFix)
    case .socket:
      self.init(.imageIsSocket, .imageRefused, "\(path) is a socket, not an image", toFix: toFix)
    case .regular, .other:
      self.init(.imageUnreadable, .imageRefused, "\(path) is no file that can be read", toFix: toFix)
    }
  }
}

extension Diagnostic {
  /// Words for bytes that an inspection could not get.
  init(_ error: ByteReadError, image: String) {
    switch error {
    case .system(let error, let offset): self.init(reading: image, error, offset)
    case .outOfBounds(_, _, let available):
      self.init(
        .imageShrank, .imageRefused, "\(image) became shorter while it was read",
        because: ["it now ends at byte \(available)"],
        toFix: "wait until nothing changes it any more, then begin anew")
    // Only the beginning of a packed image is looked at in part, and what is missing of it is no error.
    case .budgetExhausted, .notLookedAt:
      self.init(
        .imageDamaged, .imageRefused, "\(image) sends its reader round in circles",
        because: ["more had to be read to describe it than any sound image needs"],
        toFix: "download it again")
    }
  }

  /// Words for an image that does not fit, by its length or by what it says of itself.
  static func imageTooLarge(_ path: String, _ length: ImageLength, capacity: UInt64) -> Diagnostic {
    let takes: SanitizedText = "the target takes \(SanitizedText(exactBytes: capacity))"
    let because: SanitizedText =
      switch length {
      case .exact(let count): "it has \(SanitizedText(exactBytes: count)), \(takes)"
      case .stated(let count): "by its own account it holds \(SanitizedText(exactBytes: count)), \(takes)"
      case .unknown: "it goes on where the target ends; \(takes)"
      }
    return Diagnostic(
      .imageTooLarge, .imageRefused, "\(path) does not fit onto the target", because: [because],
      toFix: "take a larger stick")
  }
}
