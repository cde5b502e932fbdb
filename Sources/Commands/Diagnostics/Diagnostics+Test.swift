import BlockIO
import DeviceSafety
import Terminal
import Writer

extension TestOutcome {
  /// Why the test does not end with 0; nil where everything that was asked for is proven.
  var diagnostic: Diagnostic? {
    let cause: Diagnostic
    if let stop = report.stop, !report.hasGivenUp {
      cause = Diagnostic(
        stop, order.names, signal: signal, isAsBefore: [.untouched, .restored].contains(report.state))
    } else if report.size != .asClaimed {
      cause = Diagnostic(
        .fakeCapacity, .mediumBad, "\(order.target) is smaller than it claims", toFix: "return it")
    } else if !report.surface.isIntact || report.hasGivenUp {
      cause = .mediumBad(order.target, report.mode)
    } else if report.state == .unknown {
      cause = Diagnostic(
        .mediumBad, .mediumBad, "\(order.target) does not keep the zeros that it was to be left with",
        toFix: "do not trust this stick: replace it")
    } else if report.repeatedCount > 0 {
      cause = Diagnostic(
        .mediumBad, .mediumBad, "\(order.target) failed, and succeeded only when it was asked again",
        toFix: "try another port or cable and test it anew; if it fails again, replace it")
    } else if case .notRestored = report.state {
      cause = Diagnostic(
        .dataNotRestored, .mediumBad, "\(order.target) did not take back what was on it",
        toFix: "do not trust this stick: it loses data")
    } else {
      return nil
    }
    return Diagnostic(
      cause.id, cause.exit, cause.summary, because: cause.because + badTexts + heardTexts, leaves: stateText,
      toFix: cause.toFix)
  }

  /// What explains a medium that failed; where somebody stopped the test there is nothing to explain.
  private var heardTexts: [SanitizedText] { report.stop == .cancelled ? [] : witnessed }

  private var badTexts: [SanitizedText] {
    var texts = foundTexts
    if let first = report.surface.faults.first { texts.append("the first bad place: \(first.text)") }
    if case .gaveUp(let failures)? = report.stop {
      texts.append("after \(failures) failed requests the rest was not tested")
    }
    return texts
  }
}

extension Diagnostic {
  /// Words for a medium that does not keep everything, or cannot be read everywhere.
  static func mediumBad(_ target: String, _ mode: TestMode) -> Diagnostic {
    Diagnostic(
      .mediumBad, .mediumBad,
      mode == .readOnly ? "parts of \(target) cannot be read" : "\(target) loses what is written to it",
      toFix: mode == .readOnly
        ? "save what can be read with `burin backup --allow-bad-sectors`, and replace the stick"
        : "do not trust this stick: replace it")
  }

  /// Words for a test that was stopped.
  /// - Parameter isAsBefore: whether the medium holds what it held before.
  init(_ stop: TestStop, _ names: RunNames, signal: Int32?, isAsBefore: Bool = false) {
    switch stop {
    case .cancelled:
      self.init(
        isAsBefore ? .interrupted : .incomplete, signal.map(ExitStatus.signal) ?? .internalError,
        "the test of \(names.target) was stopped before its end",
        toFix: "begin anew, to have all of it tested")
    case .device(let error, let operation, let offset):
      self.init(device: names.target, error, doing: operation.gerund, offset)
    case .identity(.inUse(let assessment)):
      let refusal = Diagnostic(assessment, target: names.target)
      self.init(
        refusal.id, .deviceFailed, "\(names.target) is no longer ours alone", because: refusal.because,
        toFix: "end what uses it, and test it anew")
    case .identity(let error): self.init(error, names)
    case .gaveUp: self = .mediumBad(names.target, .full)
    case .journal(let error): self.init(journal: error)
    case .tooSmall:
      self.init(
        .testTooSmall, .targetRefused, "\(names.target) is too small to be probed in some places",
        toFix: "test all of it, without `--quick`")
    }
  }
}
