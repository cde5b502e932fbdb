import Terminal
import Writer

extension Diagnostic {
  /// Words for a medium that holds the image, but less than it claims.
  init(_ shortfall: CapacityShortfall, _ names: RunNames) {
    self.init(
      .fakeCapacity, .deviceFailed, "\(names.target) is smaller than it claims, or fails",
      because: shortfall.texts + [
        "what was written behind the first MiB was read back and is equal; that MiB was not written"
      ],
      toFix: "return it; if what it holds in truth is all that is needed, the same again with --allow-fake")
  }

  /// A warning of a medium that may lie: it holds what was written, and that was all that was asked for.
  /// - Parameter advice: what to do with it.
  init(
    tolerated shortfall: CapacityShortfall, _ names: RunNames,
    toFix advice: SanitizedText = "keep nothing on it beyond this image"
  ) {
    self.init(
      .fakeCapacity, .done, "\(names.target) is smaller than it claims, or fails", because: shortfall.texts,
      toFix: advice)
  }
}

extension CapacityShortfall {
  /// What is wrong with the capacity of a medium, one sentence each.
  var texts: [SanitizedText] {
    let claim: SanitizedText = "it claims \(SanitizedText(size: claimedByteCount)) and has"
    var texts: [SanitizedText]
    switch estimate {
    case .wrapsAt(let size):
      texts = [
        "\(claim) about \(SanitizedText(size: size)) in truth: what is written beyond overwrites the beginning"
      ]
    case .between(0, let below): texts = ["\(claim) less than \(SanitizedText(size: below)) in truth"]
    case .between(let least, let below): texts = [SanitizedText(claim, between: least, and: below)]
    }
    guard lostPlaceCount > 0 else { return texts }
    texts.append("\(lostPlaceCount) of \(probedPlaceCount) probed places did not keep what was written there")
    guard unreadablePlaceCount > 0 else { return texts }
    texts.append("\(unreadablePlaceCount) of them could not be read")
    return texts
  }
}

extension SanitizedText {
  /// A size of which only the limits are known; to the byte where these would read alike.
  /// - Parameter claim: what the sentence begins with.
  init(_ claim: SanitizedText, between least: UInt64, and below: UInt64) {
    let (first, second) = (SanitizedText(size: least), SanitizedText(size: below))
    if first != second {
      self = "\(claim) \(first) to \(second) in truth"
    } else if least < below {
      self = "\(claim) \(SanitizedText(exactBytes: least)) to \(SanitizedText(exactBytes: below)) in truth"
    } else {
      self = "\(claim) \(SanitizedText(exactBytes: least)) in truth"
    }
  }
}
