/// The names that are worth asking a server for, where nobody can list its directory.
///
/// Each is one that is recognised in a directory too; those that most releases use come first.
public enum BesideGuess {
  /// The endings of files that are called after the image and hold its checksum.
  private static let endings = [".sha256", ".sha512", ".sha256sum", ".sha512sum", ".CHECKSUM"]

  /// The lists of a directory, as Debian, Ubuntu, Kali, Arch, Mint, Fedora's kin and others call them.
  private static let lists = [
    "SHA256SUMS", "SHA512SUMS", "sha256sums.txt", "sha256sum.txt", "sha512sums.txt", "b2sums.txt", "CHECKSUM",
  ]

  /// The files that may hold checksums of an image or a signature over it.
  /// - Parameters:
  ///   - names: what it is called, without directories.
  ///   - isPacked: whether it is compressed, so that what is in it has a name of its own.
  public static func names(for names: [String], isPacked: Bool) -> [String] {
    let inner = isPacked ? names.compactMap(BesideName.withoutPacking) : []
    let own = (names + inner).flatMap { name in
      (endings + BesideName.signatureSuffixes).map { name + $0 }
    }
    return unique(lists + names.compactMap(releaseList) + own)
  }

  /// The list that Fedora and FreeBSD call after a release, as far as the name of an image tells it.
  private static func releaseList(of image: String) -> String? {
    let parts = image.split(separator: "-").map(String.init)
    if parts.first == "FreeBSD", parts.count >= 4 {
      return "CHECKSUM.SHA256-" + parts[..<4].joined(separator: "-")
    }
    guard parts.first == "Fedora", parts.count >= 4,
      let machine = ["x86_64", "aarch64", "ppc64le", "s390x", "riscv64"].first(where: image.contains),
      let place = parts.dropLast().lastIndex(where: { $0.allSatisfy(\.isNumber) })
    else { return nil }
    var compose = parts[place + 1].prefix { $0.isNumber || $0 == "." }
    while compose.last == "." { compose.removeLast() }
    return "Fedora-\(parts[1])-\(parts[place])-\(compose)-\(machine)-CHECKSUM"
  }

  /// The signatures that may lie beside those lists that have a word about an image.
  /// - Parameters:
  ///   - files: what came of ``names(for:isPacked:)``.
  ///   - names: what the image is called, without directories.
  ///   - isPacked: whether it is compressed, so that what is in it has a name of its own.
  public static func signatures(
    over files: [String: [UInt8]], for names: [String], isPacked: Bool
  ) -> [String] {
    let known = ImageNames(names, isPacked: isPacked)
    let lists = BesideName.checksumFiles(among: files.keys.sorted(), of: known)
      .filter { !$0.mustBeSigned }.filter { $0.whole != nil || known.areMentioned(in: files[$0.name] ?? []) }
      .map(\.name)
    return unique(
      lists.flatMap { list in
        BesideName.signedNames(of: list).flatMap { stem in BesideName.signatureSuffixes.map { stem + $0 } }
      })
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
