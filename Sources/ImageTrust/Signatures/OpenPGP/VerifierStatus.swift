/// What gpgv reports through its descriptor for programs (GnuPG's doc/DETAILS), read strictly.
///
/// What comes from a signature or a key is escaped there and stands behind fixed words. All the same, a report counts
/// only where it is consistent: as many verdicts as there are signatures, one for each.
struct VerifierStatus: Hashable, Sendable {
  /// What is said of one signature.
  struct Verdict: Hashable, Sendable {
    /// The words for it.
    enum Outcome: String, Sendable {
      case good = "GOODSIG"
      case expiredSignature = "EXPSIG"
      case expiredKey = "EXPKEYSIG"
      case revokedKey = "REVKEYSIG"
      case bad = "BADSIG"
      case notChecked = "ERRSIG"
    }

    let outcome: Outcome
    /// The number of the key that made it, or its fingerprint.
    let keyID: String
    /// The name in the key, for a signature that was checked.
    let owner: String
    /// What else is known of a signature that is right.
    var valid: Valid?
    /// Why it was not checked: 9 for an unknown key, 4 for an unknown method.
    let reason: Int?
  }

  /// The line for a signature that is right, whatever its key is worth.
  struct Valid: Hashable, Sendable {
    /// The fingerprint of the key that made it.
    let fingerprint: String
    /// That of the primary key it belongs to.
    let primary: String
    /// The number of its digest (RFC 9580, section 9.5).
    let digest: Int
  }

  /// One for each signature, in their order.
  private(set) var verdicts: [Verdict] = []

  /// Words by which the verifier says that not all is as it should be.
  private static let faults: Set<Substring> = ["ERROR", "FAILURE", "NODATA", "UNEXPECTED", "BADARMOR"]

  /// Reads a report.
  /// - Returns: nil where it contradicts itself, or says that something else is wrong.
  init?(_ report: [UInt8]) {
    var isOpen = false
    for line in String(decoding: report, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      guard words.count >= 2, words[0] == "[GNUPG:]" else { return nil }
      if words[1] == "NEWSIG" {
        // The one before has got no verdict.
        guard !isOpen else { return nil }
        isOpen = true
      } else if let outcome = Verdict.Outcome(rawValue: String(words[1])) {
        guard isOpen, let verdict = Self.verdict(outcome, Array(words.dropFirst(2))) else { return nil }
        isOpen = false
        verdicts.append(verdict)
      } else if words[1] == "VALIDSIG" {
        guard !isOpen, let last = verdicts.indices.last, verdicts[last].valid == nil,
          let valid = Self.valid(Array(words.dropFirst(2))), Self.agree(verdicts[last], valid)
        else { return nil }
        verdicts[last].valid = valid
      } else if Self.faults.contains(words[1]) {
        return nil
      }
    }
    guard !isOpen else { return nil }
  }

  private static func verdict(_ outcome: Verdict.Outcome, _ words: [Substring]) -> Verdict? {
    guard let key = words.first, isKey(key) else { return nil }
    let reason = outcome == .notChecked && words.count > 5 ? Int(words[5]) : nil
    return Verdict(
      outcome: outcome, keyID: String(key), owner: unescaped(words.dropFirst().joined(separator: " ")),
      reason: reason)
  }

  /// Fingerprint, date, time, expiry, version, nothing, key's method, digest, class, primary key.
  private static func valid(_ words: [Substring]) -> Valid? {
    guard words.count >= 10, isKey(words[0]), isKey(words[9]), let digest = Int(words[7]) else { return nil }
    return Valid(fingerprint: String(words[0]), primary: String(words[9]), digest: digest)
  }

  private static func isKey(_ word: Substring) -> Bool {
    [16, 40, 64].contains(word.count) && word.allSatisfy { $0.isHexDigit && !$0.isLowercase }
  }

  /// Whether both lines are of one key, and the first is of a signature that is right.
  private static func agree(_ verdict: Verdict, _ valid: Valid) -> Bool {
    switch verdict.outcome {
    case .bad, .notChecked: false
    case .good, .expiredSignature, .expiredKey, .revokedKey:
      valid.fingerprint.hasSuffix(verdict.keyID) || valid.fingerprint.hasPrefix(verdict.keyID)
    }
  }

  /// `%1B` stands for a byte that might do harm in a line.
  private static func unescaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
      let digits = String(rest.prefix(2)) ?? ""
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
