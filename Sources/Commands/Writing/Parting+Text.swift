import Terminal

extension Parting.Outcomes {
  /// What came of `--eject`, for a person; nil without it.
  var ejectionText: SanitizedText? {
    switch ejection {
    case nil: nil
    case .done?: "it can be taken out"
    case .unsupported?: "not: the drive does not know the command; everything is on it, take it out"
    case .shared?, .withheld?: "not, because of what is wrong with it"
    case .failed(let error)?: "not: \(SanitizedText(error)); everything is on it, take it out"
    }
  }

  /// What came of `--power-off`, for a person; nil without it.
  var powerOffText: SanitizedText? {
    switch powerOff {
    case nil: nil
    case .done?: "its USB device is off; plug it in again to use it"
    case .unsupported?: "not: it is no USB device"
    case .shared(let others)?:
      "not: \(others.map { SanitizedText(foreign: $0, limit: 64) }.joined(separator: ", ")) would go with it"
    case .withheld?: "not, because of what is wrong with it"
    case .failed(let error)?: "not: \(SanitizedText(error))"
    }
  }
}

extension Parting.Outcome {
  /// One word for JSON.
  var word: String {
    switch self {
    case .done: "yes"
    case .unsupported: "unsupported"
    case .shared: "shared"
    case .withheld: "withheld"
    case .failed: "failed"
    }
  }
}

extension WriteOrder {
  /// What is done when everything is proven, for a plan.
  var extraSteps: [SanitizedText] { partingSteps + replugSteps }

  private var replugSteps: [SanitizedText] {
    guard verify == .replug else { return [] }
    return [
      "wait until it was unplugged and plugged in again, read everything once more past every cache, compare"
    ]
  }

  private var partingSteps: [SanitizedText] {
    var steps: [SanitizedText] = []
    if fixesTable {
      steps.append(
        "move the backup of a GPT that is whole to the end of the medium, change the first two blocks to name it, read both back"
      )
    }
    if ejects || powersOff { steps.append("have the drive give its medium out") }
    if powersOff { steps.append("take its USB device off") }
    return steps
  }
}
