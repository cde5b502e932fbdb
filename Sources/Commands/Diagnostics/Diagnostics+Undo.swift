import BlockIO
import DeviceSafety
import SystemPackage
import Terminal
import UndoStore
import Writer

extension Diagnostic {
  /// Words for a save that failed; nothing has been written.
  /// - Parameters:
  ///   - isResumed: whether a write is gone on with, which has no option to save nothing.
  ///   - isPlanned: whether a plan is carried out, which alone says whether anything is saved.
  init(
    saving error: UndoError, target: String, signal: Int32?, isResumed: Bool = false, isPlanned: Bool = false
  ) {
    switch error {
    case .cancelled: self = .cancelled(by: signal)
    case .disk(let error, let offset):
      self.init(device: target, error, doing: "saving what is on it", offset)
    case .unreadable(let ranges):
      let remedy: SanitizedText =
        isResumed
        ? "replace the stick"
        : isPlanned
          ? "replace the stick; a plan made with `burin plan --no-undo` writes to it without saving anything"
          : "replace the stick; --no-undo writes to it without saving anything"
      self.init(
        .undoSaveFailed, .undoFailed, "what would be lost could not be saved, nothing was written",
        because: [
          "\(target) has too many unreadable places, the first at byte \(ranges.ranges.first?.lowerBound ?? 0)"
        ],
        toFix: remedy)
    case .directory, .notPrivate, .inUse, .save:
      let cause = Diagnostic(stateDirectory: error)
      self.init(
        .undoSaveFailed, .undoFailed, "what would be lost could not be saved, nothing was written",
        because: cause.because, toFix: isResumed ? Self.usableDirectory : Self.withoutSaving(isPlanned))
    case .link:
      let cause = Diagnostic(stateDirectory: error)
      self.init(
        .undoSaveFailed, .undoFailed, "what would be lost could not be saved, nothing was written",
        because: cause.because, toFix: cause.toFix)
    }
  }

  private static func withoutSaving(_ isPlanned: Bool) -> SanitizedText {
    isPlanned
      ? "make room, or name another directory in BURIN_STATE_DIRECTORY, or make the plan with `burin plan --no-undo`"
      : "make room, or name another directory in BURIN_STATE_DIRECTORY, or write with --no-undo"
  }

  /// What helps where no other directory does: what is gone on with or brought back is kept in this one.
  private static var usableDirectory: SanitizedText {
    "make room in the state directory, and make it your own and writable"
  }

  /// Words for a record that cannot be opened to bring it back.
  init(opening error: UndoError) {
    let cause = Diagnostic(stateDirectory: error)
    let remedy: SanitizedText? =
      switch error {
      case .link: cause.toFix
      case .inUse: "wait until it has ended"
      default: Self.usableDirectory
      }
    self.init(cause.id, cause.exit, cause.summary, because: cause.because, toFix: remedy)
  }

  /// Words for a state directory that cannot be used.
  init(stateDirectory error: UndoError) {
    let because: SanitizedText =
      switch error {
      case .directory(let error, let path), .save(let error, let path):
        "\(error.path ?? path): \(SanitizedText(error))"
      case .notPrivate(let path): "\(path) belongs to somebody else, or others may write to it"
      case .link(let path): "\(path) is a symbolic link, and is not followed or leads to no directory"
      case .inUse(let path): "another process has \(path) open"
      case .disk(let error, _): SanitizedText(error)
      case .unreadable, .cancelled: "it was not finished"
      }
    let remedy: SanitizedText =
      if case .link = error {
        "name the directory itself in BURIN_STATE_DIRECTORY, or have it in the place of the link"
      } else {
        "name a directory of your own in BURIN_STATE_DIRECTORY"
      }
    self.init(
      .undoUnavailable, .undoFailed, "the state directory cannot be used", because: [because], toFix: remedy)
  }

  /// Words for an environment that names no state directory.
  /// - Parameter isPlanned: whether a plan is carried out, which alone says whether anything is saved.
  static func noStateDirectory(isPlanned: Bool = false) -> Diagnostic {
    Diagnostic(
      .undoUnavailable, .undoFailed, "there is no state directory, nothing was written",
      because: ["neither XDG_STATE_HOME nor HOME says where one could be"],
      toFix: isPlanned
        ? "name one in BURIN_STATE_DIRECTORY, or make the plan with `burin plan --no-undo`"
        : "name one in BURIN_STATE_DIRECTORY, or write with --no-undo")
  }

  /// Words for an environment that names a state directory by a path that means another one wherever it is read.
  static func relativeStateDirectory(_ path: String) -> Diagnostic {
    Diagnostic(
      .undoUnavailable, .undoFailed, "the state directory cannot be used, nothing was written",
      because: ["BURIN_STATE_DIRECTORY is \(path), which is no absolute path"],
      toFix: "name it from the root on, with a / at the beginning, or leave the variable out")
  }

  /// Words for a disk that nothing was saved of.
  static func noUndoRecord(_ target: String, others: Int, restored: String?) -> Diagnostic {
    let because: [SanitizedText]
    let remedy: SanitizedText
    if let restored {
      (because, remedy) = (["\(restored) was brought back already"], "`--record \(restored)` does it again")
    } else if others > 0 {
      (because, remedy) = (["what is saved is of other disks"], "`burin undo` lists it")
    } else {
      (because, remedy) = ([], "`burin history` shows what was written onto which disk")
    }
    return Diagnostic(
      .undoNothing, .notFound, "nothing is saved that could be brought back onto \(target)",
      because: because, toFix: remedy)
  }

  /// Words for a record that is not there, or is another disk's.
  static func wrongUndoRecord(_ id: String, target: String, isThere: Bool) -> Diagnostic {
    Diagnostic(
      .undoNothing, .notFound,
      isThere ? "\(id) was not saved of \(target)" : "nothing is saved under the name \(id)",
      toFix: "`burin undo` lists what is saved, and of which disks")
  }

  /// Words for two disks that a record could be of.
  static func ambiguousUndo(_ target: String, other: String) -> Diagnostic {
    Diagnostic(
      .targetAmbiguous, .targetRefused, "it cannot be told whether this was saved of \(target)",
      because: ["\(other) has the same vendor, model, serial number and size"], toFix: "unplug the other one")
  }

  /// Words for a restore that did not succeed.
  init(_ failure: RestoreFailure, target: String, signal: Int32?) {
    let cause = Diagnostic(failure.error, target: target, signal: signal, isUntouched: failure.isUntouched)
    let leaves: SanitizedText =
      failure.isUntouched
      ? "\(target) as it was: nothing was written"
      : "\(target) partly brought back; what is saved is still there, and `burin undo` can begin anew"
    self.init(cause.id, cause.exit, cause.summary, because: cause.because, leaves: leaves, toFix: cause.toFix)
  }

  private init(_ error: RestoreError, target: String, signal: Int32?, isUntouched: Bool) {
    switch error {
    case .file(let error, let id):
      self.init(
        .undoDamaged, .undoFailed, "\(id) could not be read", because: [SanitizedText(error)],
        toFix: Self.olderRecord)
    case .damaged(let damage, let id): self = .undoDamaged(id, damage)
    case .disk(let error, let isReading, let offset):
      self.init(device: target, error, doing: isReading ? "reading it back" : "writing", offset)
    case .mismatch(let range):
      self.init(
        .mediumDiffers, .different, "\(target) does not hold what was written to it",
        because: ["bytes \(range.lowerBound) to \(range.upperBound - 1) differ"],
        toFix: "do not trust this stick: it loses data, or holds less than it claims")
    case .identity(let error): self.init(error, RunNames(image: "", target: target))
    case .cancelled where isUntouched: self = .cancelled(by: signal)
    case .cancelled:
      self.init(
        .incomplete, signal.map(ExitStatus.signal) ?? .internalError,
        "stopped before \(target) was as it was before", toFix: "begin anew")
    }
  }

  /// Words for a record that cannot be used.
  static func undoDamaged(_ id: String, _ damage: RecordDamage) -> Diagnostic {
    Diagnostic(
      .undoDamaged, .undoFailed, "\(id) is damaged", because: [damage.text], toFix: olderRecord)
  }

  /// Words for a record that cannot be used, where no other one of a disk can.
  static func undoDamaged(_ id: String, _ damage: RecordDamage, target: String) -> Diagnostic {
    Diagnostic(
      .undoDamaged, .undoFailed,
      "nothing that is saved can be brought back onto \(target), and \(id) is damaged",
      because: [damage.text], toFix: "`burin undo` lists what is saved, and of which disks")
  }

  private static var olderRecord: SanitizedText {
    "an older one of this disk may be whole: `burin undo` lists them, `--record` names one"
  }

  /// Words for a write that stopped because its journal could not be kept.
  init(journal error: SystemCallError) {
    self.init(
      .undoJournalFailed, .undoFailed, "how far the write came could not be noted any more",
      because: [SanitizedText(error)],
      toFix: "look after the disk with the state directory, or write with --no-undo")
  }
}

extension RecordDamage {
  /// What is wrong, in words.
  var text: SanitizedText {
    switch self {
    case .notARecord: "it is no record of burin, or was never finished"
    case .unknownVersion(let version): "a later burin wrote it, in version \(version) of the format"
    case .wrongLength: "it is longer or shorter than it says"
    case .wrongDigest: "it does not hold what was written into it"
    case .invalid: "it says what cannot be"
    }
  }
}
