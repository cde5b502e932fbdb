import BlockIO
import DeviceSafety
import ImageInspector
import ImageSource
import ImageTrust
import Terminal
import Writer

/// The names that the errors of a run speak of.
struct RunNames: Hashable {
  /// The image as it was given.
  let image: String
  /// The target as it was given, or its path.
  let target: String
}

extension Diagnostic {
  /// Words for a plan that cannot be made; nothing has been written.
  init(_ error: WritePlanError, _ names: RunNames) {
    switch error {
    case .empty: self.init(ImageSourceError.empty(path: names.image), image: names.image)
    case .tooLarge(let length, let capacity):
      self = .imageTooLarge(names.image, length, capacity: capacity)
    case .unsupportedBlockSize(let logical, let physical):
      self.init(
        .targetBlockSize, .targetRefused, "\(names.target) has blocks of a size that burin cannot write",
        because: ["logical \(logical), physical \(physical) bytes"], toFix: "take another stick")
    case .digestForbidden(let algorithm):
      self = .checksumForbidden(algorithm, image: names.image)
    case .map(let mismatch): self.init(mismatch, names)
    case .noCapacity:
      self =
        Diagnostic.emptyVirtualStick(names.target)
        ?? Diagnostic(
          .targetNoMedium, .deviceFailed, "\(names.target) has no room for a single block",
          toFix: "put a medium in and begin anew")
    }
  }

  /// Words for a write that did not succeed, with the state it leaves the medium in.
  /// - Parameters:
  ///   - signal: the signal that cancelled the run, if one did.
  ///   - undo: what undoing brings back of the old content, where something was saved.
  ///   - image: what the image is, to name the places that differ.
  ///   - stale: what is known of old data that is still there.
  ///   - canResume: whether the run is noted, so that it can be gone on with.
  init(
    _ failure: WriteFailure, _ names: RunNames, signal: Int32?, undo: SanitizedText? = nil,
    image: ImageReport? = nil, stale: SanitizedText? = nil, canResume: Bool = false
  ) {
    let cause = Diagnostic(
      failure.error, names, signal: signal, isUntouched: failure.medium == .untouched, image: image)
    self.init(
      cause.id, cause.exit, cause.summary, because: cause.because + (stale.map { [$0] } ?? []),
      leaves: Self.state(failure.medium, of: names.target, undo),
      toFix: canResume && failure.isInterruption ? Self.resuming(cause.toFix) : cause.toFix)
  }

  private static func resuming(_ toFix: SanitizedText?) -> SanitizedText {
    let command: SanitizedText = "`burin resume` goes on with it"
    return toFix.map { "\($0); \(command)" } ?? command
  }

  private init(
    _ error: WriteError, _ names: RunNames, signal: Int32?, isUntouched: Bool, image report: ImageReport?
  ) {
    switch error {
    case .image(let error): self.init(error, image: names.image)
    case .device(let error, let operation, let offset):
      self.init(device: names.target, error, doing: operation.gerund, offset)
    case .tooLarge(let capacity): self = .imageTooLarge(names.image, .unknown, capacity: capacity)
    case .mismatch(let differences):
      self.init(
        .mediumDiffers, .different, "\(names.target) does not hold what was written to it",
        because: Self.explanation(of: differences, in: report),
        toFix: "do not trust this stick: it loses data, or holds less than it claims")
    case .overrun(let differences, let shortfall):
      self.init(
        .mediumDiffers, .different, "\(names.target) does not hold what was written to it",
        because: Self.explanation(of: differences, in: report) + shortfall.texts,
        toFix: "return it: the image does not fit into what it has in truth")
    case .fakeCapacity(let shortfall): self.init(shortfall, names)
    case .trust(let report): self = .untrue(report, image: names.image)
    case .map(let mismatch): self.init(mismatch, names)
    case .identity(.inUse(let assessment)):
      let refusal = Diagnostic(assessment, target: names.target)
      // Once something has been written, it is no refusal any more.
      self.init(
        refusal.id, isUntouched ? refusal.exit : .deviceFailed,
        isUntouched ? refusal.summary : "\(names.target) is no longer ours alone", because: refusal.because,
        toFix: "end what uses it, and write it anew")
    case .identity(let error): self.init(error, names)
    case .stalled(let patience):
      self.init(
        .deviceStalled, .deviceFailed, "\(names.target) has stopped, and was left behind",
        because: [
          "it finished no request for \(SanitizedText(time: patience)), while other targets waited for it"
        ], toFix: "write it alone, in another port; if it stops again, do not trust it")
    case .journal(let error): self.init(journal: error)
    case .cancelled where isUntouched: self = .cancelled(by: signal)
    case .cancelled:
      self.init(
        .incomplete, signal.map(ExitStatus.signal) ?? .internalError,
        "stopped before \(names.target) was complete", toFix: "write it anew to make it usable")
    }
  }

  /// Where a medium differs, in which part of the image, and what it holds there.
  private static func explanation(
    of differences: Differences, in report: ImageReport?
  ) -> [SanitizedText] {
    [SanitizedText(differences)] + (report?.areas(of: differences) ?? []).map(\.text)
      + differences.damage.texts
  }

  /// Words for a table that `--fix-gpt` has broken after everything was proven.
  static func tableBroken(_ outcome: TableRelocation.Outcome?, _ names: RunNames) -> Diagnostic {
    let cause: SanitizedText =
      if case .torn(let error)? = outcome { SanitizedText(error) } else {
        "what was written there does not read as it should"
      }
    return Diagnostic(
      .tableBroken, .deviceFailed, "the partition table of \(names.target) was broken when it was moved",
      because: [cause, "everything had been read back before, and was equal"],
      leaves: "\(names.target) with the image, but for its partition table",
      toFix: "write it anew; do not trust this stick if that happens again")
  }

  /// Words for a target that is not the one any more that was confirmed.
  init(_ error: RecheckError, _ names: RunNames) {
    switch error {
    case .changed(.readOnly):
      self.init(
        .deviceReadOnly, .deviceFailed, "\(names.target) \(DeviceTrouble.readOnly.predicate)",
        because: [SanitizedText(IdentityChange.readOnly)], toFix: DeviceTrouble.readOnly.remedy)
    case .changed(let change):
      self.init(
        .targetChanged, .deviceFailed, "\(names.target) is no longer the disk that was confirmed",
        because: [SanitizedText(change)],
        toFix: "plug it in again and begin anew: `burin list` shows its new ID")
    case .inUse(let assessment): self.init(assessment, target: names.target)
    case .system(let error): self.init(device: names.target, error, doing: "looking at it again", nil)
    }
  }

  /// Words for a device that fails while it is written or read.
  init(device: String, _ error: SystemCallError, doing: SanitizedText, _ offset: UInt64?) {
    let trouble = DeviceTrouble(error.errno)
    let place: SanitizedText = offset.map { " at byte \($0) (sector \($0 / 512))" } ?? ""
    self.init(
      trouble.id, trouble.exit, "\(device) \(trouble.predicate)",
      because: ["\(doing)\(place): \(SanitizedText(ofDisk: error))"], toFix: trouble.remedy)
  }

  /// Words for a run that was cancelled before anything was written.
  static func cancelled(by signal: Int32?) -> Diagnostic {
    guard let signal else {
      return Diagnostic(.cancelled, .cancelled, "cancelled, nothing was written")
    }
    return Diagnostic(.interrupted, .signal(signal), "stopped by signal \(signal), nothing was written")
  }

  private static func state(
    _ medium: WriteFailure.MediumState, of target: String, _ undo: SanitizedText?
  ) -> SanitizedText {
    switch (medium, undo) {
    case (.untouched, _): "\(target) as it was: nothing was written"
    case (.erased, nil): "\(target) incomplete and not bootable; its old content is gone"
    case (.erased, let undo?): "\(target) incomplete and not bootable; \(undo)"
    case (.unknown, nil):
      "\(target) incomplete, its old content gone; that it cannot boot could not be made sure of"
    case (.unknown, let undo?):
      "\(target) incomplete; that it cannot boot could not be made sure of; \(undo)"
    }
  }
}

extension WriteFailure {
  /// Whether nothing but the way to the medium was lost, or the patience, so that going on may help.
  fileprivate var isInterruption: Bool {
    guard medium != .untouched else { return false }
    switch error {
    case .device, .stalled, .cancelled, .identity: return true
    default: return false
    }
  }
}

extension DeviceOperation {
  /// What was being done, as the beginning of a reason.
  var gerund: SanitizedText {
    switch self {
    case .erase: "erasing it"
    case .probe: "marking it to probe its capacity"
    case .compare: "comparing what is on it"
    case .write: "writing"
    case .flush: "waiting for it to keep what was written"
    case .readBack: "reading it back"
    case .commit: "writing the head, the last step"
    }
  }
}

extension SanitizedText {
  /// Where and how much two sides differ.
  init(_ differences: Differences) {
    guard let first = differences.firstOffset else {
      self = "nothing differs"
      return
    }
    if differences.isCoarse, let last = differences.ranges.last {
      self =
        "something differs between bytes \(first) and \(last.upperBound - 1); `burin verify` finds the place"
      return
    }
    let count = differences.byteCount
    let ranges = differences.rangeCount
    let bytes = SanitizedText(
      counting: count, one: "\(count) byte differs", other: "\(count) bytes differ")
    let places = SanitizedText(counting: ranges, one: "\(ranges) place", other: "\(ranges) places")
    self = "the first difference is at byte \(first); \(bytes) in \(places)"
  }
}
