/// A text with an OpenPGP signature around it (RFC 9580, section 7).
struct ClearSigned: Hashable, Sendable {
  /// Why there is nothing to judge.
  enum Fault: Error, Hashable, Sendable {
    /// There is no such frame, or it has no end.
    case malformed
    /// There is more in the file that claims to be signed.
    case severalTexts
  }

  /// The frame with all that is in it, as the verifier gets it, and nothing of the file around it.
  let bytes: [UInt8]
  /// What the signature behind the text names.
  let signature: SignaturePackets
  /// The text as it stands in the frame, which nobody vouches for.
  let text: [UInt8]
  /// The lines as they were signed: without the dashes before them, and without the blanks at their ends.
  private let lines: [[UInt8]]

  /// The bytes that the signature is of (sections 7.1 and 5.2.4): between lines stand a return and a feed.
  var signedBytes: [UInt8] { Array(lines.joined(separator: [0x0D, 0x0A])) }
  /// The same text with the line ends of this system.
  var signedText: [UInt8] { lines.flatMap { $0 + [0x0A] } }

  init(_ file: [UInt8]) throws(Fault) {
    guard let lines = TextLines(file) else { throw .malformed }
    let begins = (0..<lines.count).filter { Armour.Kind(beginning: lines[$0]) != nil }
    guard let first = begins.first, Armour.Kind(beginning: lines[first]) == .signedText else {
      throw .malformed
    }
    guard begins.count >= 2 else { throw .malformed }
    guard begins.count == 2 else { throw .severalTexts }
    let last = begins[1]
    guard let block = Armour(lines, at: last), block.kind == .signature,
      let signature = SignaturePackets(block.bytes),
      let empty = (first + 1..<last).first(where: { lines[$0].trimmingBlanksAtEnd.isEmpty }),
      // Nothing else may stand there (section 7), where a reader takes it for the text.
      (first + 1..<empty).allSatisfy({ lines[$0].after("Hash: ") != nil })
    else { throw .malformed }
    self.signature = signature
    bytes = Array(file[lines.ranges[first].lowerBound..<lines.ranges[block.end - 1].upperBound]) + [0x0A]
    let content = (empty + 1..<last).map { lines[$0].after("- ") ?? lines[$0] }
    text = content.flatMap { $0 + [0x0A] }
    self.lines = content.map { Array($0.trimmingBlanksAtEnd) }
  }
}
