/// The kinds of signatures that images and their checksum files come with.
public enum SignatureFormat: String, Hashable, Sendable, CaseIterable {
  /// OpenPGP (RFC 9580), detached, binary or armoured: `.sig`, `.asc`, `.gpg`, `.sign`.
  case openPGP = "OpenPGP"
  /// OpenPGP around the text that is signed, as Fedora's CHECKSUM files are.
  case clearSigned = "OpenPGP, clear-signed"
  /// minisign, which signs a comment as well.
  case minisign
  /// OpenBSD's signify, detached.
  case signify
  /// signify in front of the text that is signed (`signify -S -e`).
  case signifyEmbedded = "signify, embedded"
  /// `ssh-keygen -Y sign`.
  case ssh = "SSH"

  /// Whether the signed text stands in the same file.
  public var holdsText: Bool { self == .clearSigned || self == .signifyEmbedded }
}

extension SignatureFormat {
  /// The kind of signature that a file begins as.
  ///
  /// Its content decides, never its name. That it is whole and right is for ``SignatureVerifier`` to say.
  /// - Returns: nil for what is no signature of a known kind.
  public static func recognise(_ file: [UInt8]) -> SignatureFormat? {
    if isSignaturePacket(file) { return .openPGP }
    if let format = SignifySignature.format(of: file) { return format }
    guard let lines = TextLines(file) else { return nil }
    for index in 0..<lines.count {
      switch Armour.Kind(beginning: lines[index]) {
      case .signedText: return .clearSigned
      case .signature: return .openPGP
      case .publicKey, .privateKey, .message: return nil
      case nil: break
      }
      if lines[index].trimmingBlanksAtEnd.elementsEqual(SSHSignature.firstLine.utf8) { return .ssh }
    }
    return nil
  }

  /// Whether a file begins as an OpenPGP message, which has its text in it, as `gpg --sign` makes it.
  ///
  /// It is armoured, or begins with a packet that says how it is compressed or signed (RFC 9580, sections 4.2 and 10.3).
  static func isMessage(_ file: [UInt8]) -> Bool {
    guard let first = file.first else { return false }
    switch first {
    case 0x90...0x93, 0xA0...0xA3: return true
    // In the new form such a byte also begins a letter of UTF-8, and then another byte follows it.
    case 0xC4, 0xC8: return file.count > 1 && file[1] & 0xC0 != 0x80
    default: break
    }
    guard let lines = TextLines(file) else { return false }
    return (0..<lines.count).lazy.compactMap { Armour.Kind(beginning: lines[$0]) }.first == .message
  }

  /// A packet of kind 2 with one of the known versions and a class for files, even if it is cut off.
  private static func isSignaturePacket(_ file: [UInt8]) -> Bool {
    // The first byte of a packet has its kind, and in the old form, how long its length is.
    let lengths: [UInt8: Int] = [0x88: 1, 0x89: 2, 0x8A: 4]
    guard let first = file.first, file.count > 6 else { return false }
    var body = 1 + (lengths[first] ?? 1)
    if first == 0xC2 {
      body = file[1] < 192 ? 2 : file[1] == 255 ? 6 : 3
    } else if lengths[first] == nil {
      return false
    }
    let (version, kind) = (file[body], file.count > body + 2 ? file[body + 1...body + 2] : [])
    return (4...6).contains(version) && kind.first.map { $0 <= 1 } ?? false
      || version == 3 && kind.elementsEqual([5, 0])
  }
}
