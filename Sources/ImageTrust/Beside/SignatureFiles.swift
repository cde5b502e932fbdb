/// The files of a directory that are called signatures, by the names of what they sign.
///
/// The case of an ending does not matter, as some systems and people change it: `SHA256SUMS.Gpg` is one of `SHA256SUMS`,
/// and never one of `sha256sums`, which may be another file.
struct SignatureFiles {
  /// How many signatures over one file are read: each ending once in small letters and once in capitals.
  static let limit = 2 * BesideName.signatureSuffixes.count

  private var names: [String: [(name: String, ending: Int)]] = [:]

  /// Finds them among the names of a directory.
  init(in directory: [String]) {
    for name in directory {
      let folded = BesideName.folded(name)
      guard let ending = BesideName.signatureSuffixes.firstIndex(where: folded.hasSuffix) else { continue }
      let stem = String(name.dropLast(BesideName.signatureSuffixes[ending].count))
      names[stem, default: []].append((name, ending))
    }
  }

  /// The signatures over a file, by the ending that they have and with small letters before capitals.
  func names(of file: String) -> [String] {
    (names[file] ?? []).sorted { ($0.ending, $1.name) < ($1.ending, $0.name) }.map(\.name)
  }
}
