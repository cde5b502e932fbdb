import BlockIO

/// A signature of `ssh-keygen -Y sign` (OpenSSH's PROTOCOL.sshsig).
struct SSHSignature: Hashable, Sendable {
  static let firstLine = "-----BEGIN SSH SIGNATURE-----"
  private static let lastLine = "-----END SSH SIGNATURE-----"
  private static let magic = Array("SSHSIG".utf8)
  /// What a signature of a file is made for; one for mail or for a commit of git is another matter.
  private static let purpose = Array("file".utf8)

  let key: SSHKey
  /// What it says that it was made for.
  let namespace: [UInt8]
  /// The digest of the bytes that is signed.
  let digest: DigestAlgorithm
  private let method: String
  private let signature: [UInt8]
  /// What stands before the digest in what is signed.
  private let head: [UInt8]

  /// Reads a signature.
  /// - Returns: nil where any part of it has not the form that it should have.
  init?(_ file: [UInt8]) {
    guard let lines = TextLines(file, limit: 4096),
      let begin = lines.ranges.indices.first(where: { !lines[$0].trimmingBlanksAtEnd.isEmpty }),
      lines[begin].trimmingBlanksAtEnd.elementsEqual(Self.firstLine.utf8),
      let end = lines.ranges.indices.first(where: {
        lines[$0].trimmingBlanksAtEnd.elementsEqual(Self.lastLine.utf8)
      }),
      begin < end, (end + 1..<lines.count).allSatisfy({ lines[$0].trimmingBlanksAtEnd.isEmpty }),
      let bytes = Base64.decode((begin + 1..<end).flatMap { lines[$0].trimmingBlanksAtEnd })
    else { return nil }
    var reader = ByteCursor(bytes)
    guard reader.bytes(Self.magic.count) == Self.magic, reader.number(byteCount: 4) == 1,
      let key = reader.string().flatMap(SSHKey.init), let namespace = reader.string(), !namespace.isEmpty,
      let reserved = reader.string(), let digestName = reader.string(), let blob = reader.string(),
      reader.isAtEnd
    else { return nil }
    switch String(decoding: digestName, as: UTF8.self) {
    case "sha256": digest = .sha256
    case "sha512": digest = .sha512
    default: return nil
    }
    var parts = ByteCursor(blob)
    guard let method = parts.string(), let signature = parts.string(), parts.isAtEnd else { return nil }
    self.key = key
    self.namespace = namespace
    self.method = String(decoding: method, as: UTF8.self)
    self.signature = signature
    head = Self.magic + [namespace, reserved, digestName].flatMap(Self.string)
  }

  private static func string(_ bytes: [UInt8]) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bytes.count >> $0) } + bytes
  }

  /// What it proves about the bytes with this digest.
  /// - Parameters:
  ///   - signers: who may sign with its key.
  ///   - now: in seconds since 1970.
  func verdict(
    onDigest digest: [UInt8], signers: [(signer: AllowedSigner, path: String)], now: Int64
  ) -> SignatureVerdict {
    let fingerprint = key.fingerprint
    guard namespace == Self.purpose else {
      return .bad(.otherPurpose(String(decoding: namespace, as: UTF8.self)))
    }
    guard let first = signers.first else { return .unknownKey(keyID: fingerprint) }
    switch key.check(signature, method: method, of: head + Self.string(digest)) {
    case .right: break
    case .wrong: return .bad(.mismatch(keyID: fingerprint))
    case .unknownMethod: return .unsupported(.method("\(key.kind) \(method)"))
    }
    func identity(_ entry: (signer: AllowedSigner, path: String)) -> SignatureIdentity {
      SignatureIdentity(keyText: entry.signer.principals, fingerprint: fingerprint, keyringPath: entry.path)
    }
    if let valid = signers.first(where: { $0.signer.isValid(at: now) }) { return .good(identity(valid)) }
    return .expiredKey(identity(first))
  }
}
