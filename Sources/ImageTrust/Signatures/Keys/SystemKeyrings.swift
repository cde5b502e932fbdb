import BlockIO
import SystemPackage

/// A directory in which packages of distributions put keys.
struct SystemKeyrings: Sendable {
  let directory: String
  /// Whether its folders hold keys as well.
  var hasFolders = false

  /// Debian and Ubuntu; Arch; Fedora, Mageia and their kin, for themselves and for others; openSUSE.
  static let openPGP = [
    SystemKeyrings(directory: "/usr/share/keyrings"), SystemKeyrings(directory: "/usr/share/pacman/keyrings"),
    SystemKeyrings(directory: "/etc/pki/rpm-gpg"), SystemKeyrings(directory: "/usr/lib/rpm/gnupg/keys"),
    SystemKeyrings(directory: "/usr/share/distribution-gpg-keys", hasFolders: true),
  ]

  /// OpenBSD's keys, and those of others who sign as OpenBSD does.
  static let signify = [
    SystemKeyrings(directory: "/etc/signify"), SystemKeyrings(directory: "/usr/share/signify-openbsd-keys"),
  ]

  /// The most files that are looked at in one directory.
  private static let mostFiles = 8192

  /// Reads what is there; a file that is unreadable or holds no keys has none to offer.
  func files(below root: SystemRoot, _ look: (KeyringFile) -> Void) {
    let top = root.path(directory)
    var folders = [top]
    if hasFolders { folders += Self.names(in: top).map { top.appending($0) } }
    for folder in folders {
      let names = Self.names(in: folder)
      for name in names where !Self.isOfRemovedKeys(name) {
        guard let file = try? KeyringFile(folder.appending(name)) else { continue }
        look(Self.withoutRevoked(file, in: folder, names: names, name: name))
      }
    }
  }

  private static func names(in folder: FilePath) -> [String] {
    Array(((try? SmallFile.names(in: folder)) ?? []).prefix(mostFiles))
  }

  /// Debian and Ubuntu ship keys that are to be trusted no longer beside the others, for those who look at old files.
  private static func isOfRemovedKeys(_ name: String) -> Bool {
    name.contains("removed") || name.contains("emeritus")
  }

  /// Arch names the keys in `NAME.gpg` that count no longer in `NAME-revoked`, by their fingerprints.
  private static func withoutRevoked(
    _ file: KeyringFile, in folder: FilePath, names: [String], name: String
  ) -> KeyringFile {
    guard name.hasSuffix(".gpg"), case .openPGP(let certificates) = file.keys else { return file }
    let list = name.dropLast(4) + "-revoked"
    guard names.contains(String(list)) else { return file }
    // A list that cannot be read may name any of them.
    let bytes = try? SmallFile.bytes(ofRegularFile: folder.appending(String(list)), limit: 1 << 20)
    guard let bytes else { return KeyringFile(path: file.path, keys: .openPGP([])) }
    let revoked = Set(
      String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init))
    return KeyringFile(
      path: file.path, keys: .openPGP(certificates.filter { !revoked.contains($0.fingerprint) }))
  }
}
