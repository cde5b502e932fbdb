/// What a file beside an image is, by its name alone: whether it is worth a look, never what it proves.
enum BesideName {
  /// A file that may hold checksums.
  struct ChecksumFile: Hashable {
    let name: String
    /// The digest that it is called after.
    let hint: DigestName?
    /// What a single checksum in it is the checksum of, whatever its line says; nil where the line has to name it.
    let whole: ChecksumSubject?
    /// Whether it counts only where the signature is in the same file: `SHA256SUMS.gpg` is a signature otherwise.
    let mustBeSigned: Bool
  }

  /// The endings of signature files.
  static let signatureSuffixes = [".sig", ".asc", ".gpg", ".sign", ".minisig"]

  /// A name in which capitals are small letters, those of ASCII alone: every character keeps its place.
  static func folded(_ name: String) -> String {
    String(decoding: name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  /// What a list may be called in the name of a signature over it: `sha256sum.sig` is one of `sha256sum.txt`.
  static func signedNames(of list: String) -> [String] {
    [list] + (list.lowercased().hasSuffix(".txt") ? [String(list.dropLast(4))] : [])
  }

  /// The endings that compressed files and archives are called by.
  private static let packedSuffixes = [
    ".gz", ".xz", ".zst", ".bz2", ".lz4", ".lzma", ".zip", ".7z", ".zstd", ".tar",
  ]

  /// The name of what is in a compressed file, as far as the file's name tells it.
  static func withoutPacking(_ name: String) -> String? {
    guard let suffix = packedSuffixes.first(where: name.lowercased().hasSuffix) else { return nil }
    let rest = name.dropLast(suffix.count)
    // What is in a compressed tar archive is a member of that, and not the archive.
    return rest.isEmpty || rest.lowercased().hasSuffix(".tar") ? nil : String(rest)
  }

  /// The files of a directory that may hold checksums of an image, those first that are called after it.
  static func checksumFiles(among directory: [String], of names: ImageNames) -> [ChecksumFile] {
    let present = Set(directory)
    var own: [ChecksumFile] = []
    var general: [ChecksumFile] = []
    for name in directory {
      if let file = ownFile(name, names, present) {
        own.append(file)
      } else if let file = generalFile(name) {
        general.append(file)
      }
    }
    return own + general
  }

  /// `image.iso.sha256`, `image.iso-CHECKSUM`, `image.sha256`, and `Image.ISO.SHA256` unless there is another image
  /// that is called so.
  private static func ownFile(
    _ name: String, _ names: ImageNames, _ present: Set<String>
  ) -> ChecksumFile? {
    let folded = folded(name)
    for subject in ChecksumSubject.allCases {
      for image in names.names(of: subject) {
        let stem = image.lastIndex(of: ".").map { image[..<$0] } ?? ""
        for (prefix, whole) in [(image[...], subject as ChecksumSubject?), (stem, nil)]
        where !prefix.isEmpty && name.count > prefix.count && folded.hasPrefix(Self.folded(String(prefix))) {
          let start = name.prefix(prefix.count)
          guard start == prefix || !present.contains(String(start)) else { continue }
          let rest = name.dropFirst(prefix.count)
          guard let first = rest.first, ".-_".contains(first) else { continue }
          let (ending, isSigned) = plain(rest.dropFirst())
          guard let ending, let word = Word(ending, allowsBareName: true) else { continue }
          return ChecksumFile(name: name, hint: word.digest, whole: whole, mustBeSigned: isSigned)
        }
      }
    }
    return nil
  }

  /// `SHA256SUMS`, `sha256sum.txt`, `Fedora-43-CHECKSUM`, `CHECKSUM.SHA256-FreeBSD`, `x-checksums-amd64.sha256`.
  private static func generalFile(_ name: String) -> ChecksumFile? {
    let (rest, isSigned) = plain(name[...])
    guard let rest else { return nil }
    // What stands before the last word says which release it is.
    var start = rest.startIndex
    while true {
      let part = rest[start...]
      let isWhole = start == rest.startIndex
      if let word = Word(part, allowsBareName: isWhole), isWhole || word.isPlural {
        return ChecksumFile(name: name, hint: word.digest, whole: nil, mustBeSigned: isSigned)
      }
      guard let separator = part.firstIndex(where: ".-_".contains) else { break }
      start = rest.index(after: separator)
    }
    // And what stands behind it says with which digest.
    let words = rest.split(whereSeparator: ".-_".contains)
    guard let list = words.firstIndex(where: { $0 == "checksum" || $0 == "checksums" }) else { return nil }
    let digests = words[(list + 1)...].map { DigestName(String($0)) }
    guard let digest = digests.first(where: { $0 != .unknown }) else { return nil }
    return ChecksumFile(name: name, hint: digest, whole: nil, mustBeSigned: isSigned)
  }

  /// A name in lower case without the ending of a text, and whether it has that of a signature.
  private static func plain(_ name: Substring) -> (Substring?, isSigned: Bool) {
    var rest = name.lowercased()[...]
    guard rest.count <= 255 else { return (nil, false) }
    let signature = signatureSuffixes.first { rest.hasSuffix($0) }
    if let signature { rest = rest.dropLast(signature.count) }
    if rest.hasSuffix(".txt") { rest = rest.dropLast(4) }
    return (rest, signature != nil)
  }
}

/// A word that names a list of checksums: `sha256sums`, `b2sum`, `sha3-256sums`, `checksum`, `digests`.
private struct Word {
  let digest: DigestName?
  let isPlural: Bool

  init?(_ text: Substring, allowsBareName: Bool) {
    if ["checksum", "checksums", "hashes", "digests", "sums", "shasums"].contains(text) {
      (digest, isPlural) = (nil, true)
      return
    }
    if ["digest", "hash", "sha", "shasum"].contains(text) {
      (digest, isPlural) = (nil, false)
      return
    }
    var stem = text
    // `shasums256`, as some call their `sha256sums`.
    if stem.hasPrefix("shasums"), stem.count > 7 { stem = "sha" + stem.dropFirst(7) + "sums" }
    let isPlural = stem.hasSuffix("sums")
    let isSum = isPlural || stem.hasSuffix("sum")
    if isSum { stem = stem.dropLast(isPlural ? 4 : 3) }
    while let last = stem.last, "-_.".contains(last) { stem.removeLast() }
    guard isSum || allowsBareName else { return nil }
    let named = DigestName(String(stem))
    // A list of BLAKE3, which nothing here computes, is read so that it can be told of.
    guard named != .unknown || ["b3", "blake3"].contains(stem) else { return nil }
    (digest, self.isPlural) = (named, isPlural)
  }
}
