import ImageTrust
import SystemPackage

/// A block map as its file has it, and who has signed that.
///
/// bmaptool looks for the same: a signature in the file around the map, or beside it (R50).
struct MapSignature: Hashable {
  /// The map's text: that in the frame of a signature, else all of the file.
  let text: [UInt8]
  /// What a signature proves, if there is one; a good one before all others.
  let judged: JudgedSignature?

  /// Judges the signature of a file.
  ///
  /// - Parameters:
  ///   - file: its bytes.
  ///   - path: where it lies.
  ///   - judge: whose keys count.
  /// - Throws: where something has been changed that was signed.
  init(of file: [UInt8], at path: String, by judge: any SignatureJudge) throws(Refusal) {
    var found: [JudgedSignature] = []
    if judge.format(of: file)?.holdsText == true {
      let signed = judge.open(file)
      text = signed.text
      found.append(JudgedSignature(name: path, verdict: signed.verdict))
    } else {
      text = file
      var search = BesideSearch(image: FilePath(path), isPacked: false, judge: judge)
      found += search.run().imageSignatures.map {
        JudgedSignature(name: $0.name, verdict: judge.verdict(on: file, signature: $0.bytes))
      }
    }
    if let bad = found.first(where: \.verdict.isBad) { throw Refusal(diagnostic: .signatureWrong(path, bad)) }
    judged = found.first(where: \.verdict.isGood) ?? found.first
  }
}
