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
