public import BlockIO
public import SystemPackage

/// The keys whose signatures count.
///
/// Where files are given, only they count. Otherwise it is what packages of distributions have put where keys of
/// distributions belong. Keys that a person has for other ends, and those that only apt is to trust for one foreign
/// archive (`/etc/apt`), do not count.
public struct TrustedKeys: Sendable {
  private enum Origin: Sendable {
    case given([KeyringFile])
    case system(SystemRoot)
  }

  private let origin: Origin

  /// Reads files that were given, whatever kinds of keys they hold.
  /// - Throws: ``KeyringError`` of the first file that cannot be used.
  public init(files: [FilePath]) throws(KeyringError) {
    var read: [KeyringFile] = []
    for file in files { read.append(try KeyringFile(file)) }
    origin = .given(read)
  }

  /// Reads a file of keys that is in memory already.
  /// - Parameters:
  ///   - contents: the whole file.
  ///   - path: what it is called where it is told of.
  public init(contents: [UInt8], path: String) throws(KeyringError) {
    self.init([KeyringFile(path: path, keys: try KeyringFile.keys(in: contents))])
  }

  /// Trusts the keys of files that have been read.
  init(_ files: [KeyringFile]) { origin = .given(files) }

  private init(_ origin: Origin) { self.origin = origin }

  /// The keys of a system, which are looked for when a signature asks for them.
  public static func system(_ root: SystemRoot = .live) -> TrustedKeys { TrustedKeys(.system(root)) }

  /// Whether files were given, so that the system's keys do not count.
  public var isGiven: Bool { if case .given = origin { true } else { false } }

  /// The certificates with a key of one of these numbers; those of one number are all candidates.
  func certificates(with keys: Set<OpenPGPKeyID>) -> [TrustedCertificate] {
    var found: [TrustedCertificate] = []
    search(SystemKeyrings.openPGP) { file in
      guard case .openPGP(let certificates) = file.keys else { return }
      for certificate in certificates where !keys.isDisjoint(with: certificate.keyIDs) {
        // The same key lies in several files, often in several states.
        let place = found.firstIndex { $0.certificate.fingerprint == certificate.fingerprint }
        let candidate = TrustedCertificate(certificate: certificate, path: file.path)
        if let place {
          if found[place].certificate.state < certificate.state { found[place] = candidate }
        } else if found.count < Self.mostCandidates {
          found.append(candidate)
        }
      }
    }
    return found
  }

  /// Nobody has so many keys of one number, unless to keep a verifier busy.
  private static let mostCandidates = 64

  /// The keys of minisign and signify with this number.
  func signifyKeys(with number: [UInt8]) -> [(key: SignifyKey, path: String)] {
    var found: [(SignifyKey, String)] = []
    search(SystemKeyrings.signify) { file in
      if case .signify(let key) = file.keys, key.number == number { found.append((key, file.path)) }
    }
    return found
  }

  /// Who may sign with a key, given by the key's own bytes; the system has no list of them.
  func sshSigners(with key: [UInt8]) -> [(signer: AllowedSigner, path: String)] {
    var found: [(AllowedSigner, String)] = []
    search([]) { file in
      guard case .ssh(let signers) = file.keys else { return }
      for signer in signers where signer.key == key { found.append((signer, file.path)) }
    }
    return found
  }

  private func search(_ directories: [SystemKeyrings], _ look: (KeyringFile) -> Void) {
    switch origin {
    case .given(let files): files.forEach(look)
    case .system(let root): for directory in directories { directory.files(below: root, look) }
    }
  }
}
