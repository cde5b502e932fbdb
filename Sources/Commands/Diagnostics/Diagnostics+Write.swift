import BlockIO
import DeviceSafety
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
        because: ["logical \(logical), physical \(physical) bytes"])
    case .digestForbidden(let algorithm):
      self = .checksumForbidden(algorithm, image: names.image)
    case .map(let mismatch): self.init(mismatch, names)
    case .noCapacity:
      self.init(
        .targetNoMedium, .deviceFailed, "\(names.target) has no room for a single block",
        toFix: "put a medium in and begin anew")
    }
  }

  /// Words for a write that did not succeed, with the state it leaves the medium in.
  /// - Parameters:
  ///   - signal: the signal that cancelled the run, if one did.
  ///   - undo: what undoing brings back of the old content, where something was saved.
  init(_ failure: WriteFailure, _ names: RunNames, signal: Int32?, undo: SanitizedText? = nil) {
    let cause = Diagnostic(failure.error, names, signal: signal, isUntouched: failure.medium == .untouched)
    self.init(
      cause.id, cause.exit, cause.summary, because: cause.because,
      leaves: Self.state(failure.medium, of: names.target, undo), toFix: cause.toFix)
  }

  private init(_ error: WriteError, _ names: RunNames, signal: Int32?, isUntouched: Bool) {
    switch error {
    case .image(let error): self.init(error, image: names.image)
    case .device(let error, let operation, let offset):
      self.init(device: names.target, error, doing: Self.gerund(operation), offset)
    case .tooLarge(let capacity): self = .imageTooLarge(names.image, .unknown, capacity: capacity)
    case .mismatch(let differences):
      self.init(
        .mediumDiffers, .different, "\(names.target) does not hold what was written to it",
        because: [SanitizedText(differences)],
        toFix: "do not trust this stick: it loses data, or holds less than it claims")
    case .overrun(let differences, let shortfall):
      self.init(
        .mediumDiffers, .different, "\(names.target) does not hold what was written to it",
        because: [SanitizedText(differences)] + shortfall.texts,
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
    case .journal(let error): self.init(journal: error)
    case .cancelled where isUntouched: self = .cancelled(by: signal)
    case .cancelled:
      self.init(
        .incomplete, signal.map(ExitStatus.signal) ?? .internalError,
        "stopped before \(names.target) was complete", toFix: "write it anew to make it usable")
    }
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
      because: ["\(doing)\(place): \(SanitizedText(error))"], toFix: trouble.remedy)
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

  private static func gerund(_ operation: DeviceOperation) -> SanitizedText {
    switch operation {
    case .erase: "erasing it"
    case .probe: "marking it to probe its capacity"
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
    self =
      """
      the first difference is at byte \(first); \(count) \(count == 1 ? "byte differs" : "bytes differ") \
      in \(ranges) \(ranges == 1 ? "place" : "places")
      """
  }
}
