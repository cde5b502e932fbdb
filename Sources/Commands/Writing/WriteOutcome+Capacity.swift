import Documents
import Terminal
import Writer

extension CapacityEvidence {
  /// What was found of the capacity, one sentence each; none where nothing is left of it to be probed.
  var texts: [SanitizedText] {
    guard probedPlaceCount > 0 else { return [] }
    let probed = SanitizedText(
      counting: probedPlaceCount, one: "probed at \(probedPlaceCount) place beyond the image",
      other: "probed at \(probedPlaceCount) places beyond the image")
    guard let shortfall else { return [probed + ": nothing written there was lost"] }
    return [probed + ": IT IS A FAKE, OR FAILS"] + shortfall.texts
  }
}

extension WriteOutcome {
  /// What the probing does not prove.
  var capacityDoubt: SanitizedText {
    let claim = SanitizedText(size: plan.capacity)
    guard let capacity = proof.capacity, capacity.probedPlaceCount > 0 else {
      return "that the stick has all of the \(claim) that it claims: nothing beyond the image was probed"
    }
    guard capacity.shortfall == nil else {
      return "anything beyond the image, and least of all that the stick has the \(claim) that it claims"
    }
    let gap: SanitizedText =
      plan.findsEveryWrap(behind: proof.imageByteCount)
      ? "" : ", and a fake that repeats itself at an odd size may pass"
    return
      "that the stick has all of the \(claim) that it claims: some places were probed, not every block\(gap)"
  }
}

extension CapacityEvidence {
  /// The entry `capacity` of a result.
  var json: JSONValue {
    var wrapsAt: UInt64?
    var range: (least: UInt64, below: UInt64)?
    switch shortfall?.estimate {
    case .wrapsAt(let size): wrapsAt = size
    case .between(let least, let below): range = (least, below)
    case nil: break
    }
    return [
      "probedPlaces": JSONValue(probedPlaceCount), "lostPlaces": JSONValue(shortfall?.lostPlaceCount ?? 0),
      "isFake": .bool(shortfall != nil), "wrapsAt": JSONValue(wrapsAt), "atLeast": JSONValue(range?.least),
      "below": JSONValue(range?.below),
    ]
  }
}
