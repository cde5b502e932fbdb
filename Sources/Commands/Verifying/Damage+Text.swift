import Documents
import Terminal
import Writer

extension Damage {
  /// What a medium holds in place of what it should, a clause for each kind.
  var texts: [SanitizedText] { texts(namingCauses: true) }

  /// The same, without what is the cause of it on a stick that loses data, if something else was.
  func texts(namingCauses: Bool) -> [SanitizedText] {
    func cause(_ text: SanitizedText) -> SanitizedText { namingCauses ? text : "" }
    let ofAll: SanitizedText = "of \(blockCount) differing blocks of 512 bytes that were looked at"
    var texts: [SanitizedText] = []
    if zeroBlockCount > 0 {
      texts.append("\(zeroBlockCount) \(ofAll) read as zeros" + cause(": they were lost, or erased since"))
    }
    if onesBlockCount > 0 {
      texts.append(
        "\(onesBlockCount) \(ofAll) read as 0xFF" + cause(", as flash does that was erased and not written"))
    }
    if bitBlockCount > 0 {
      texts.append(
        "\(bitBlockCount) \(ofAll) differ in single bits, \(flippedBitCount) in all"
          + cause(": worn-out memory, a bad reader or cable, or bad RAM"))
    }
    if otherBlockCount > 0 {
      texts.append("\(otherBlockCount) \(ofAll) hold something else" + cause(origin))
    }
    if unstableBlockCount > 0 {
      texts.append("it does not read the same each time")
    }
    return texts
  }

  /// Where that comes from, as far as it is known.
  private var origin: SanitizedText {
    guard let displacement else { return ": what was there before, or what was written since" }
    let found: SanitizedText =
      "\(displacement.blockCount) of \(displacement.soughtCount) that were looked for"
    if displacement.isWrap {
      return
        ": \(found) are the image's own from \(displacement.distance) bytes away, where the memory begins anew: the stick is smaller than it claims"
    }
    let side: SanitizedText = displacement.isBehind ? "before" : "behind"
    return ": \(found) belong \(displacement.distance) bytes \(side): a request went to the wrong place"
  }

  /// The object `damage`.
  var json: JSONValue {
    [
      "blocks": JSONValue(blockCount), "zeros": JSONValue(zeroBlockCount), "ones": JSONValue(onesBlockCount),
      "singleBits": JSONValue(bitBlockCount), "flippedBits": JSONValue(flippedBitCount),
      "other": JSONValue(otherBlockCount), "unstable": JSONValue(unstableBlockCount),
      "displacement": displacement.map { found -> JSONValue in
        [
          "bytes": JSONValue(found.distance), "belongs": found.isBehind ? "before" : "behind",
          "found": JSONValue(found.blockCount), "sought": JSONValue(found.soughtCount),
          "wraps": .bool(found.isWrap),
        ]
      } ?? .null,
    ]
  }
}
