import Documents
import Terminal
import Writer

extension WriteOutcome {
  /// What `--delta` has spared, one sentence each; none without it.
  var deltaTexts: [SanitizedText] {
    guard let delta = proof.delta else { return [] }
    let left = delta.comparedByteCount - min(delta.comparedByteCount, delta.writtenByteCount)
    return [
      "\(SanitizedText(size: left)) were there already, as was read past every cache, and were left",
      "\(SanitizedText(size: delta.writtenByteCount)) were written; \(SanitizedText(size: delta.rereadByteCount)) were read again after the last write",
    ]
  }

  /// What `--delta` does not prove (R45); nil where everything was read back.
  var deltaDoubt: SanitizedText? {
    guard let delta = proof.delta, delta.rereadByteCount < delta.comparedByteCount else { return nil }
    return
      "that each block that was there already stayed so while others were written: what lies beside those, and a block of each \(SanitizedText(size: UInt64(WritePlan.pieceByteCount))), was read once more"
  }

  /// How the bytes of the image were read, for the line of what is proven.
  var readingText: SanitizedText {
    proof.delta == nil
      ? "read back from the medium past every cache, all equal"
      : "read from the medium past every cache, all equal"
  }
}

extension DeltaReport {
  /// The entry `delta` of a result.
  var json: JSONValue {
    [
      "comparedBytes": JSONValue(comparedByteCount), "writtenBytes": JSONValue(writtenByteCount),
      "rereadBytes": JSONValue(rereadByteCount),
    ]
  }
}

extension WritePlan {
  /// What precedes the writing of the body where only that is written which differs.
  var deltaSteps: [SanitizedText] {
    guard isDelta else { return [] }
    return [
      "read what is there before each of the requests that follow, and write only those blocks of \(Self.deltaByteCount) bytes that differ"
    ]
  }

  /// What is read back.
  func readBackStep(_ what: SanitizedText) -> SanitizedText {
    guard isDelta else { return "flush, read \(what) back past every cache, compare" }
    return
      "flush, read back past every cache what was written, what lies beside it and a block of each request, or all of it where anything is not as it was written, compare"
  }
}
