/// What a fetch has had, and what it makes of each response: pure, so that every lie of a server can be tried (R44).
public struct FetchProgress: Hashable, Sendable {
  /// What to do with the bytes behind a response's head.
  public enum Judgement: Hashable, Sendable {
    /// They are the file's next bytes, behind so many that are there already.
    case take(skipping: UInt64)
    /// They are words about why there is no file.
    case ignore
    /// The fetch is over.
    case fail(FetchFailure)
  }

  /// How many bytes of the file have come.
  public private(set) var byteCount: UInt64 = 0
  /// How long the file is in bytes, where that is known.
  public private(set) var wholeByteCount: UInt64?
  private var validators = ResponseHead.Validators()

  /// Begins with nothing.
  public init() {}

  /// Whether every byte has come that was announced.
  var isWhole: Bool { byteCount == wholeByteCount ?? byteCount }

  /// The header lines that ask for the rest; nil where there is nothing to ask for a part, or nobody would know
  /// whether it is one of the same file.
  var continuation: (range: String, condition: String)? {
    guard byteCount > 0, let condition = validators.condition else { return nil }
    return ("Range: bytes=\(byteCount)-", "If-Range: \(condition)")
  }

  /// Whether a lost connection can be followed by another one.
  var canContinue: Bool { byteCount == 0 || validators.condition != nil }

  /// Looks at the head of a response, whose bytes come next.
  /// - Parameter url: what was asked for.
  public mutating func judge(_ head: ResponseHead, of url: SecretURL? = nil) -> Judgement {
    switch head.status {
    case 200 where head.isContradictory, 206 where head.isContradictory:
      return .fail(.transfer("its answer announces two lengths"))
    case 200 where head.isEncoded(at: url), 206 where head.isEncoded(at: url): return .fail(.encoded)
    case 200 where byteCount == 0:
      // Nothing of an earlier state has been handed on.
      validators = head.validators
      wholeByteCount = head.byteCount
      return .take(skipping: 0)
    case 200: return judgeWhole(head)
    case 206: return judgePart(head)
    default: return .ignore
    }
  }

  /// A whole file in the place of a part: another one, or from a server that knows no parts.
  private func judgeWhole(_ head: ResponseHead) -> Judgement {
    guard validators.agree(with: head.validators), head.byteCount == wholeByteCount else {
      return .fail(.changed(offset: byteCount))
    }
    guard validators.isProven(by: head.validators) else { return .fail(.cannotResume(offset: byteCount)) }
    return .take(skipping: byteCount)
  }

  private mutating func judgePart(_ head: ResponseHead) -> Judgement {
    guard byteCount > 0, let part = head.part, part.first == byteCount, part.last == part.whole - 1,
      head.byteCount ?? (part.whole - byteCount) == part.whole - byteCount
    else { return .fail(.wrongPart(offset: byteCount)) }
    guard validators.agree(with: head.validators), part.whole == wholeByteCount ?? part.whole else {
      return .fail(.changed(offset: byteCount))
    }
    // A server has to name the tag of a part (RFC 9110, 15.3.7); one that names none may not have compared it.
    guard validators.isProven(by: head.validators) else { return .fail(.cannotResume(offset: byteCount)) }
    wholeByteCount = part.whole
    return .take(skipping: 0)
  }

  /// Counts bytes of the file that have come.
  /// - Returns: why they cannot be the file's; nil where they can.
  public mutating func count(_ more: Int) -> FetchFailure? {
    byteCount += UInt64(more)
    guard let wholeByteCount, byteCount > wholeByteCount else { return nil }
    return .tooLong(announced: wholeByteCount)
  }
}
