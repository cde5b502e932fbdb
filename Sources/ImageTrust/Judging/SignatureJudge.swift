/// Who judges signatures: by trusted keys, with the programs of the system.
public protocol SignatureJudge: Sendable {
  /// What kind of signature a file holds, by its content; nil for another file.
  func format(of file: [UInt8]) -> SignatureFormat?
  /// Judges a detached signature over a short text.
  func verdict(on text: [UInt8], signature: [UInt8]) -> SignatureVerdict
  /// Judges a signature in the same file as its text.
  func open(_ file: [UInt8]) -> SignedText
  /// Begins to judge a detached signature over bytes that are too many to be kept.
  func listener(to signature: [UInt8]) -> any SignatureListener
}

/// Judges a signature over bytes that come in order; used by one thread at a time.
public protocol SignatureListener: AnyObject, Sendable {
  /// The processes that work for it.
  var children: [Int32] { get }
  /// Adds bytes.
  func update(_ bytes: RawSpan)
  /// Ends the judging; to be called once.
  func finish() -> SignatureVerdict
}

/// A signature file, and what it proves.
public struct JudgedSignature: Hashable, Sendable {
  /// The name of the file; foreign text.
  public let name: String
  /// What it proves.
  public let verdict: SignatureVerdict

  /// Creates a judged signature from its parts.
  public init(name: String, verdict: SignatureVerdict) {
    self.name = name
    self.verdict = verdict
  }
}
