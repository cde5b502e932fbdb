import BlockIO
import DeviceSafety
import ImageSource
import SystemPackage
import Terminal

private var chooseAnother: SanitizedText {
  "choose another disk: `burin list` shows those that can be written"
}

extension Diagnostic {
  /// Words for a target that the gate does not let through; nothing has been written.
  /// - Parameters:
  ///   - error: why.
  ///   - target: the argument as it was given.
  ///   - signal: what ended the run, where it did.
  init(_ error: GateError, target: String, signal: Int32? = nil) {
    switch error {
    case .broker(let error): self.init(error, target: target, signal)
    case .refused(let assessment): self.init(assessment, target: target)
    case .notConfirmed(let lack): self.init(lack)
    case .tooSmall(let needed, let capacity):
      self = .imageTooLarge("the image", .exact(needed), capacity: capacity)
    case .system(let error): self.init(opening: target, error)
    case .permission(let error):
      self.init(
        .targetPermission, .notPermitted, "\(target) may not be written", because: [SanitizedText(error)],
        toFix: "run it with sudo")
    case .changed(let change):
      self.init(
        .targetChanged, .targetRefused, "\(target) is no longer the disk that was chosen",
        because: [SanitizedText(change)], toFix: "run `burin list` again and choose by what it shows now")
    case .idMismatch(let expected, let found):
      self.init(
        .targetChanged, .targetRefused, "\(target) is no longer the disk that was chosen",
        because: ["its ID was \(expected) and now is \(found)"],
        toFix: "run `burin list` again and choose by what it shows now")
    default: self.init(unusable: error, target: target)
    }
  }

  /// Words for a disk that nobody opens for somebody who is not root.
  private init(_ error: BrokerError, target: String, _ signal: Int32?) {
    let summary: SanitizedText = "\(target) may not be written"
    switch error {
    case .unavailable(let reason):
      self.init(
        .targetPermission, .notPermitted, summary,
        because: [
          "only root opens a disk, and UDisks2, which could do it for you, is not there: \(SanitizedText(sentence: reason))"
        ], toFix: "run it with sudo, or install udisks2 and polkit")
    case .notAuthorized(let reason):
      self.init(
        .targetPermission, .notPermitted, summary,
        because: ["polkit does not permit you to have UDisks2 open it: \(reason)"],
        toFix: "run it with sudo, or where somebody can be asked for a password")
    case .failed(let reason):
      self.init(
        .targetUnreadable, .deviceFailed, "\(target) cannot be opened",
        because: ["UDisks2 says: \(SanitizedText(sentence: reason))"],
        toFix: "run it with sudo to learn more")
    case .notAsAsked:
      self.init(
        .targetPermission, .notPermitted, summary,
        because: ["UDisks2 did not open it for reading and writing past the cache, as it was asked to"],
        toFix: "run it with sudo")
    case .cancelled: self = .cancelled(by: signal)
    }
  }

  /// Words for a name that does not lead to a disk.
  private init(unusable error: GateError, target: String) {
    switch error {
    case .notFound(let path): self.init(targetNotFound: path)
    case .danglingLink(let path):
      self.init(
        .targetLinkDangling, .notFound, "\(path) is a link that leads nowhere",
        because: ["the disk it was made for is not plugged in"], toFix: chooseAnother)
    case .unknownID(let id):
      self.init(
        .targetIDUnknown, .notFound, "no disk has the ID \(id)",
        because: ["an ID is good for one plug-in of one medium: it changes when a stick is replugged"],
        toFix: "`burin list` shows the IDs of now")
    case .ambiguousID(let id, let paths):
      self.init(
        .targetIDAmbiguous, .targetRefused, "several disks have the ID \(id)",
        because: paths.map { "\($0)" }, toFix: "unplug all but one of them")
    case .regularFile(let path):
      self.init(
        .targetIsFile, .targetRefused, "\(path) is a file, not a disk",
        toFix: "`file:\(path)` names it as a virtual stick; writing to that destroys what the file holds")
    case .directory(let path):
      self.init(
        .targetIsDirectory, .targetRefused, "\(path) is a directory, not a disk",
        because: ["files are not copied to a mounted stick: the whole disk is written"], toFix: chooseAnother)
    case .notBlockDevice(let path, let kind):
      self.init(
        .targetNotBlockDevice, .targetRefused, "\(path) is \(SanitizedText(kind)), not a disk",
        toFix: chooseAnother)
    case .notRegularFile(let path, let kind):
      self.init(
        .targetNotBlockDevice, .targetRefused,
        "\(path) is \(SanitizedText(kind)), and a virtual stick must be a file",
        toFix: "make one with `truncate --size=8G FILE`")
    case .partition(let path, let disk):
      self.init(
        .targetIsPartition, .targetRefused, "\(path) is a partition, and a stick is written as a whole",
        because: ["it is part of \(disk)"], toFix: "name the disk, \(disk), if all of it may be destroyed")
    default: self.init(medium: error, target: target)
    }
  }

  /// Words for a disk that cannot be written as it is.
  private init(medium error: GateError, target: String) {
    switch error {
    case .unlistedDevice(let path, let number):
      self.init(
        .targetUnknown, .targetRefused, "\(path) is a device that the kernel does not list",
        because: ["its number is \(number.description), which /sys does not know"], toFix: chooseAnother)
    case .noMedium(let path):
      self =
        Diagnostic.emptyVirtualStick(target)
        ?? Diagnostic(
          .targetNoMedium, .deviceFailed, "\(path) has no medium in it",
          toFix: "put a card in and begin anew")
    case .readOnly(let path):
      self.init(
        .targetReadOnly, .deviceFailed, "\(path) is write-protected", toFix: DeviceTrouble.readOnly.remedy)
    case .noDirectAccess(let path):
      self.init(
        .targetNoDirectAccess, .deviceFailed, "\(path) can only be written through a cache",
        because: ["its file system has no direct access (O_DIRECT), so nothing could be proven of it"],
        toFix: "put the file on a disk with ext4, XFS or btrfs")
    case .raggedSize(let path, let bytes, let block):
      self.init(
        .targetRaggedSize, .targetRefused, "\(path) has a size that no stick has",
        because: ["\(bytes) bytes are no multiple of its block size, \(block) bytes"],
        toFix: "`truncate --size=8G FILE` makes one that is")
    default:
      // The other cases have been told before; were one forgotten, this is still true.
      self.init(.targetUnreadable, .targetRefused, "\(target) cannot be written", toFix: chooseAnother)
    }
  }

  /// Words for a virtual stick without a single block, into which nobody can put a medium.
  /// - Parameter target: the argument as it was given.
  /// - Returns: nil for a disk.
  static func emptyVirtualStick(_ target: String) -> Diagnostic? {
    guard case .virtualStick(let path) = TargetArgument(parsing: target) else { return nil }
    return Diagnostic(
      .targetRaggedSize, .targetRefused, "\(path) has a size that no stick has",
      because: ["it has no room for a single block"], toFix: "make one with `truncate --size=8G FILE`")
  }

  /// Words for nothing at all.
  init(targetNotFound path: String) {
    self.init(
      .targetNotFound, .notFound, "there is no disk \(path)",
      toFix: "`burin list` shows those that can be written")
  }

  /// Words for a virtual stick that is the image itself.
  static func targetIsImage(_ target: String) -> Diagnostic {
    Diagnostic(
      .targetHoldsImage, .targetRefused, "\(target) is the image itself",
      because: ["both names lead to one file"], toFix: "name another file as the virtual stick")
  }

  /// Words for a target that the kernel does not open.
  private init(opening target: String, _ error: SystemCallError) {
    let trouble = DeviceTrouble(error.errno)
    self.init(
      trouble == .failed ? .targetUnreadable : trouble.id,
      trouble == .refusedRequest ? .internalError : trouble.exit, "\(target) cannot be opened",
      because: [SanitizedText(error)],
      toFix: trouble == .failed ? "`dmesg` may tell more" : trouble.remedy)
  }

  private init(_ lack: ConsentLack) {
    switch lack {
    case .id(let expected, nil):
      self.init(
        .confirmationMissing, .targetRefused, "`--yes` needs the disk's ID",
        because: ["a path can mean another disk tomorrow; an ID cannot"],
        toFix: "name the target by its ID, \(expected), or add `--confirm \(expected)`")
    case .id(let expected, let found?):
      self.init(
        .confirmationWrong, .targetRefused, "the disk was not confirmed",
        because: ["its ID is \(expected), and \(found) was given"],
        toFix: "look again whether it is the disk that you mean")
    case .serial(let expected, let found):
      self.init(
        .confirmationWrong, .targetRefused, "the internal disk was not confirmed by its serial number",
        because: ["it is \(expected), and \(found ?? "none") was given"],
        toFix: "look again whether it is the disk that you mean")
    }
  }
}

extension SanitizedText {
  /// What a file is, with its article.
  init(_ kind: FileState.Kind) {
    self =
      switch kind {
      case .regular: "a regular file"
      case .blockDevice: "a block device"
      case .characterDevice: "a character device"
      case .directory: "a directory"
      case .fifo: "a pipe"
      case .socket: "a socket"
      case .other: "a link or something unknown"
      }
  }

  /// What is another than it was.
  init(_ change: IdentityChange) {
    self =
      switch change {
      case .device: "another device is at its place now"
      case .medium: "another medium is in the drive now"
      case .size(let expected, let found):
        "it had \(SanitizedText(exactBytes: expected)) and now has \(SanitizedText(exactBytes: found))"
      case .blockSize: "its block size is another now"
      case .readOnly: "it refuses writes now"
      }
  }
}
