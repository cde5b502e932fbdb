public import BlockIO
import SystemPackage

/// Why a file of trusted keys cannot be used.
public enum KeyringError: Error, Hashable, Sendable {
  /// It could not be read.
  case unreadable(SystemCallError)
  /// It holds no key of a known kind, or is damaged.
  case noKeys
  /// It is a keybox of GnuPG, whose keys have to be exported first.
  case keybox
  /// It holds somebody's secret key, which is no business of anybody who checks signatures.
  case secretKey
}

/// A certificate and the file that it came from.
struct TrustedCertificate: Hashable, Sendable {
  let certificate: Certificate
  let path: String
}

/// The trusted keys of one file, of the one kind that it holds.
struct KeyringFile: Sendable {
  enum Keys: Sendable {
    case openPGP([Certificate])
    case signify(SignifyKey)
    case ssh([AllowedSigner])
  }

  let path: String
  let keys: Keys

  /// The most that is read of one file, in bytes: the largest keyring of a distribution has a third of it.
  static let largest = 96 << 20

  init(path: String, keys: Keys) {
    self.path = path
    self.keys = keys
  }

  /// Reads a file; what it holds is told by its content.
  init(_ file: FilePath) throws(KeyringError) {
    let bytes: [UInt8]
    do throws(SystemCallError) {
      bytes = try SmallFile.bytes(ofRegularFile: file, limit: Self.largest)
    } catch { throw .unreadable(error) }
    path = file.string
    keys = try Self.keys(in: bytes)
  }

  static func keys(in bytes: [UInt8]) throws(KeyringError) -> Keys {
    // The header of the first blob of a keybox (GnuPG's kbx/keybox-blob.c).
    if bytes.count > 12, bytes[8..<12].elementsEqual("KBXf".utf8) { throw .keybox }
    if isSecret(bytes) { throw .secretKey }
    if let certificates = Certificate.all(in: bytes) { return .openPGP(certificates) }
    if let key = SignifyKey(bytes) { return .signify(key) }
    if let signers = AllowedSigner.all(in: bytes) { return .ssh(signers) }
    throw .noKeys
  }

  private static func isSecret(_ bytes: [UInt8]) -> Bool {
    var packets = PacketReader(bytes)
    if packets.next()?.kind == Packet.Kind.secretKey { return true }
    guard let lines = TextLines(Array(bytes.prefix(4096))), lines.count > 0 else { return false }
    return Armour.Kind(beginning: lines[0]) == .privateKey
      || lines[0].elementsEqual("-----BEGIN OPENSSH PRIVATE KEY-----".utf8)
  }
}
