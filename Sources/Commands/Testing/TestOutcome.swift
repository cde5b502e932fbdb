import DeviceSafety
import Terminal
import Writer

/// What came of a test: what is proven, and what is not.
struct TestOutcome {
  let order: TestOrder
  /// The path of the target.
  let path: String
  /// Its ID.
  let id: String
  /// What it is called; foreign text.
  let name: String
  let report: TestReport
  /// The signal that ended the run, if one did.
  let signal: Int32?
  /// What could not be made sure of besides.
  let unproven: [SanitizedText]
  /// Whether `burin undo` brings back what could not be put back.
  let canUndo: Bool
  /// What the kernel said meanwhile, and that the run stood still.
  var witnessed: [SanitizedText] = []

  /// The report for a person.
  func lines(for capabilities: Capabilities) -> [SanitizedText] {
    var lines = [heading.styled(isGood ? .green : .yellow, if: capabilities.hasColor)]
    lines += foundTexts.map { "  found       \($0)" }
    for fault in report.surface.faults.prefix(Self.shownFaults) {
      lines.append("  bad         \(fault.text)")
    }
    let more = report.surface.faultCount - min(report.surface.faults.count, Self.shownFaults)
    if more > 0 { lines.append("  bad         \(more) more places") }
    lines += RateText(report).lines(for: capabilities)
    lines += stateText.map { ["  left        \($0)"] } ?? []
    return lines + doubts.map { "  not proven  \($0)" }
  }

  /// How many bad places are shown; the others are in the JSON.
  private static let shownFaults = 16

  /// Whether the test came to its end and found nothing.
  var isGood: Bool { report.stop == nil && !report.isBad }

  /// Whether anything is known of how much it holds: what nobody has read speaks neither for a size nor against it.
  var isSizeKnown: Bool { report.size != .asClaimed || report.surface.readByteCount > 0 }

  private var heading: SanitizedText {
    let claimed = SanitizedText(size: report.claimedByteCount)
    guard isGood else {
      return "\(path), which claims \(claimed), \(report.stop == nil ? "failed the test" : "so far")"
    }
    switch report.mode {
    case .full: return "\(path) holds all of the \(claimed) that it claims"
    case .quick: return "\(path) keeps what was written to it at \(report.markCount) places of \(claimed)"
    case .readOnly: return "all \(claimed) of \(path) can be read"
    }
  }

  /// What is known, one sentence each.
  var foundTexts: [SanitizedText] {
    let surface = report.surface
    var texts: [SanitizedText] = []
    if report.writtenByteCount > 0 {
      texts.append("\(SanitizedText(exactBytes: report.writtenByteCount)) written")
    }
    guard surface.testedByteCount > 0 else {
      return texts + [report.mode == .readOnly ? "nothing was read" : "nothing was read back yet"]
    }
    let intact: SanitizedText =
      switch report.mode {
      case .readOnly:
        surface.isIntact
          ? "all could be read" : "\(SanitizedText(exactBytes: surface.intactByteCount)) could be read"
      default: surface.isIntact ? "all equal" : "\(SanitizedText(exactBytes: surface.intactByteCount)) equal"
      }
    texts.append("\(SanitizedText(exactBytes: surface.readByteCount)) read past every cache, \(intact)")
    if report.repeatedCount > 0 {
      let count = report.repeatedCount
      texts.append(
        SanitizedText(
          counting: count, one: "\(count) request failed and succeeded when it was made again",
          other: "\(count) requests failed and succeeded when they were made again"))
    }
    return texts + report.size.texts(claimed: report.claimedByteCount, isExact: report.mode == .full)
  }

  /// In what state the medium is left; nil where nobody touched it on purpose.
  var stateText: SanitizedText? {
    switch report.state {
    case .untouched: report.mode == .readOnly ? nil : "as it was: nothing was written"
    case .blank where report.size != .asClaimed: "blank: what was on it is gone, its first MiB is zero"
    case .blank: "blank: what was on it is gone, both its ends are zero"
    case .unknown: "its old content is gone; that it is blank could not be made sure of"
    case .restored: "as it was: what was there is back, and was read back"
    case .notRestored(let places): notRestoredText(places)
    }
  }

  private func notRestoredText(_ places: [Range<UInt64>]) -> SanitizedText {
    let text: SanitizedText =
      "not as it was: \(places.count) of the marked places could not be put back, the first at byte \(places.first?.lowerBound ?? 0)"
    return canUndo ? "\(text); `burin undo \(order.target)` can try again" : text
  }

  /// What nobody has checked (R45).
  var doubts: [SanitizedText] {
    let claimed = SanitizedText(size: report.claimedByteCount)
    var doubts: [SanitizedText] = []
    // Of one that is known to be smaller than it claims, nobody asks whether it is as large.
    let isFake = report.size != .asClaimed
    switch report.mode {
    case .full where report.stop == nil:
      doubts = ["that it keeps what it holds without power: it was not unplugged"]
      if !isFake { doubts.append(cacheDoubt) }
    case .full: doubts = ["anything of what was not read back"]
    case .quick where isFake:
      doubts = ["how much it has to the byte: some places were probed; a test without `--quick` finds that"]
    case .quick where !isSizeKnown:
      doubts = ["that it has the \(claimed) that it claims: nothing was read back"]
    case .quick:
      doubts = [
        "that it has all of the \(claimed) that it claims: some places were probed, not every block",
        cacheDoubt,
      ]
    case .readOnly:
      doubts = ["that it has the \(claimed) that it claims, or keeps what is written: nothing was written"]
    }
    return doubts + unproven
  }

  private var cacheDoubt: SanitizedText {
    guard report.drivenByteCount > 0 else { return "that no cache pretended to be memory" }
    return "that no cache larger than \(SanitizedText(size: report.drivenByteCount)) pretended to be memory"
  }
}

extension SurfaceMap.Place {
  /// Where it is, and what is wrong.
  var text: SanitizedText {
    let count = UInt64(range.count)
    let size: SanitizedText = count < 1 << 20 ? SanitizedText(exactBytes: count) : SanitizedText(size: count)
    return "bytes \(range.lowerBound) to \(range.upperBound - 1), \(size): \(fault.text)"
  }
}

extension SurfaceFault {
  /// What is wrong, in words.
  var text: SanitizedText {
    switch self {
    case .unwritable: "refuses to be written"
    case .unreadable: "cannot be read"
    case .stray(let distance):
      "holds what was written \(SanitizedText(exactBytes: distance.magnitude)) \(distance > 0 ? "further on" : "before")"
    case .stale: "holds what an earlier test has written"
    case .zeros: "gives zeros instead of what was written"
    case .damaged: "holds what was written with some of it changed"
    case .lost: "holds something else"
    }
  }

  /// Its name in JSON.
  var word: String {
    switch self {
    case .unwritable: "unwritable"
    case .unreadable: "unreadable"
    case .stray: "stray"
    case .stale: "stale"
    case .zeros: "zeros"
    case .damaged: "damaged"
    case .lost: "lost"
    }
  }
}

extension TrueSize {
  /// How much the medium holds, one sentence; none where nothing speaks against what it claims.
  /// - Parameter isExact: whether the size at which it wraps is known, or a multiple of it.
  func texts(claimed: UInt64, isExact: Bool) -> [SanitizedText] {
    let claim: SanitizedText = "it claims \(SanitizedText(size: claimed)) and has"
    switch self {
    case .asClaimed: return []
    case .wraps(let size) where !isExact:
      return [
        "\(claim) \(SanitizedText(size: size)) at most: what is written beyond overwrites the beginning"
      ]
    case .wraps(let size):
      return [
        "\(claim) \(SanitizedText(size: size)) in truth (\(SanitizedText(exactBytes: size))): what is written beyond overwrites the beginning"
      ]
    case .ends(let size):
      return [
        "\(claim) \(SanitizedText(size: size)) in truth (\(SanitizedText(exactBytes: size))): what is written beyond is lost"
      ]
    case .keeps(let size):
      return [
        "\(claim) \(SanitizedText(size: size)) in truth (\(SanitizedText(exactBytes: size))): it gives the same memory out more than once"
      ]
    case .between(0, let below): return ["\(claim) less than \(SanitizedText(size: below)) in truth"]
    case .between(let least, let below): return [SanitizedText(claim, between: least, and: below)]
    }
  }
}
