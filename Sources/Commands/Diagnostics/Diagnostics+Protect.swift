import BlockIO
import DeviceProbe
import SystemPackage
import Terminal

extension Diagnostic {
  /// Words for lists that cannot be understood as a whole.
  static func brokenList(_ faults: [ProtectionFault]) -> Diagnostic {
    Diagnostic(
      .protectListBroken, .targetRefused,
      "the list of protected disks is broken, and no disk will be written",
      because: faults.map(\.text), toFix: "put these lines right, or take them out")
  }

  /// Words for what cannot be taken off a list.
  static func notListed(_ what: String, _ path: FilePath, elsewhere: [Protection]) -> Diagnostic {
    Diagnostic(
      .protectNotListed, .notFound, "\(what) is not protected by \(path.string)",
      because: elsewhere.map { "\($0.text)" },
      toFix: elsewhere.isEmpty
        ? "`burin protect list` shows what is" : "take it out of the file that protects it, as its owner")
  }

  /// Words for a disk that nothing could be recognised by.
  static func nothingKnown(of target: String) -> Diagnostic {
    Diagnostic(
      .protectNothingKnown, .targetRefused, "\(target) has nothing that it could be recognised by",
      because: ["it has no serial number, no world wide name, no GPT and no file system with a UUID"],
      toFix: "what is on a disk may need root to be read: run it with sudo")
  }

  /// Words for a list without a place.
  static func noPlaceForList() -> Diagnostic {
    Diagnostic(
      .protectNotSaved, .notPermitted, "there is no place for your list of protected disks",
      because: ["neither XDG_CONFIG_HOME nor HOME is set to an absolute path"],
      toFix: "set HOME, or run it with sudo to protect the disk for everybody")
  }

  /// Words for a list that could not be changed; it is as it was.
  static func notSaved(_ path: FilePath, _ error: SystemCallError) -> Diagnostic {
    let isForbidden = [.permissionDenied, .notPermitted, .readOnlyFileSystem].contains(error.errno)
    return Diagnostic(
      .protectNotSaved, isForbidden ? .notPermitted : .internalError, "\(path.string) could not be changed",
      because: [SanitizedText(error)], toFix: "it is as it was; make it a regular file that you may write")
  }
}
