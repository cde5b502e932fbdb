@testable import ImageTrust

/// Judges signatures that say themselves what they are: `SIG anna` and, around a text, `TEXT anna` with the text below.
struct FakeJudge: SignatureJudge {
  func format(of file: [UInt8]) -> SignatureFormat? {
    if file.starts(with: "SIG ".utf8) { return .openPGP }
    if file.starts(with: "TEXT ".utf8) || file.starts(with: "-----BEGIN PGP SIGNED".utf8) {
      return .clearSigned
    }
    return nil
  }

  func verdict(on text: [UInt8], signature: [UInt8]) -> SignatureVerdict {
    let words = String(decoding: signature, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    switch words.last {
    case "bad": return .bad(.mismatch(keyID: "00"))
    case "unknown": return .unknownKey(keyID: "12")
    case let name?:
      return .good(SignatureIdentity(keyText: String(name), fingerprint: "ff", keyringPath: "/k"))
    case nil: return .bad(.malformed)
    }
  }

  func open(_ file: [UInt8]) -> SignedText {
    let lines = file.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
    guard file.starts(with: "TEXT ".utf8), let first = lines.first else {
      return SignedText(verdict: .bad(.severalTexts), text: [])
    }
    return SignedText(
      verdict: verdict(on: [], signature: Array(first)), text: Array(lines.dropFirst().first ?? []))
  }

  func listener(to signature: [UInt8]) -> any SignatureListener {
    Listener(verdict(on: [], signature: signature))
  }

  private final class Listener: SignatureListener {
    let children: [Int32] = []
    private let verdict: SignatureVerdict
    init(_ verdict: SignatureVerdict) { self.verdict = verdict }
    func update(_ bytes: RawSpan) {}
    func finish() -> SignatureVerdict { verdict }
  }
}
