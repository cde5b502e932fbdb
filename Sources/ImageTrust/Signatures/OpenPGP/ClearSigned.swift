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
    text = (empty + 1..<last).reduce(into: []) { text, index in
      text += lines[index].after("- ") ?? lines[index]
      text.append(0x0A)
    }
  }
}
