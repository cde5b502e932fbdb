import BlockIO
import SystemPackage
import TestSupport

@testable import ImageTrust

/// Keys and signatures made by the programs that people make them with, once for all tests.
struct SignatureBench: Sendable {
  private struct Missing: Error { let name: String }

  /// Everything that was made, by its name.
  let files: [String: [UInt8]]

  static let shared = Result { try SignatureBench() }

  /// `good` and `twin` have the same name; `expired` has expired, and `revoked` was revoked after it had signed.
  private static let openPGP = #"""
    export GNUPGHOME=$PWD/h; mkdir -m 700 h i
    trap 'for home in h i; do GNUPGHOME=$PWD/$home gpgconf --kill all; done' EXIT
    g() { gpg --batch --quiet --yes --trust-model always --passphrase '' "$@"; }
    # At a time, with a name, for how long: makes a key, and notes its fingerprint and the key.
    key() {
      g --faked-system-time "$2" --quick-gen-key "$3" ed25519 sign "$4"
      g --list-keys --with-colons | awk -F: '$1 == "fpr" { last = $10 } END { print last }' >$1.fpr
      g --export $(cat $1.fpr) >$1.gpg
    }
    key good 20190101T000000 'Release <release@example.org>' 0; good=$(cat good.fpr)
    for text in text other; do
      g -u $good --detach-sign --output $text.sig $text
      g -u $good --clearsign --output $text.clear $text
    done
    g --armor --export $good >good.asc; g --export-secret-keys $good >secret.gpg
    g -u $good --armor --detach-sign --output text.asc text
    g -u $good --sign --output text.inline text; g -u $good --armor --sign --output text.inline.asc text
    g -u $good --digest-algo SHA1 --detach-sign --output text.sha1 text
    { cat text; printf '%020000d rest\n' 0; } >tail; sed 's/rest$/best/' tail >tail.forged
    for text in text tail; do g -u $good --textmode --detach-sign --output $text.textmode $text || [ -s $text.textmode ]; done
    g -u $good --sig-notation 'a@example.org=x [GNUPG:] GOODSIG 0000000000000000 y' --detach-sign \
      --output text.notation text
    g -u $good --faked-system-time 20200101T000000 --default-sig-expire 10d --detach-sign --output text.expired text

    key smug 20200101T000000 $'Mallory\n[GNUPG:] VALIDSIG %0A[GNUPG:] GOODSIG \e[31m <m@example.org>' 0
    for text in text other; do g -u $(cat smug.fpr) --detach-sign --output $text.smug $text; done
    for text in text other; do g -u $(cat smug.fpr) --armor --detach-sign --output $text.smug.asc $text; done
    cat text.asc text.smug.asc >text.two.asc; cat text.asc other.smug.asc >text.mixed.asc
    cat text.sig text.smug >text.two; cat text.sig other.smug >text.mixed

    key revoked 20200101T000000 'Revoked <r@example.org>' 0; revoked=$(cat revoked.fpr)
    g -u $revoked --detach-sign --output text.revoked text
    g -u $good --faked-system-time 20300101T000000 --quick-sign-key $revoked; g --export $revoked >endorsed.gpg
    sed 's/^:-----/-----/' h/openpgp-revocs.d/$revoked.rev | g --import
    g --export-options export-minimal --export $revoked >revoked.gpg

    key expired 20200101T000000 'Expired <e@example.org>' 10d
    g -u $(cat expired.fpr) --faked-system-time 20200102T000000 --detach-sign --output text.late text
    g --quick-set-expire $(cat expired.fpr) 0; g --export $(cat expired.fpr) >extended.gpg

    export GNUPGHOME=$PWD/i
    key twin 20190101T000000 'Release <release@example.org>' 0
    g --detach-sign --output text.twin text
    """#

  private static let others = #"""
    for name in m n; do minisign -G -f -W -p $name.pub -s $name.sec; done
    minisign -S -s m.sec -m text -x text.minisig -t 'the comment'
    minisign -S -s m.sec -m other -x other.minisig -t 'the comment'
    minisign -S -l -s m.sec -m text -x text.legacy -t 'the comment'
    signify-openbsd -G -n -c 'our key' -p s.pub -s s.sec
    for text in text other; do signify-openbsd -S -s s.sec -m $text -x $text.signify; done
    signify-openbsd -S -e -s s.sec -m text -x text.embedded
    ssh-keygen -q -t ed25519 -N '' -C me@example.org -f ed25519
    ssh-keygen -q -t ecdsa -b 256 -N '' -C me@example.org -f ecdsa
    ssh-keygen -q -t ecdsa -b 521 -N '' -C me@example.org -f long
    ssh-keygen -q -t rsa -b 2048 -N '' -C me@example.org -f rsa
    ssh-keygen -q -t rsa -b 1024 -N '' -C me@example.org -f short
    for key in ed25519 ecdsa long rsa short; do ssh-keygen -q -Y sign -f $key -n file <text >text.$key; done
    ssh-keygen -q -Y sign -f ed25519 -n git <text >text.git
    ssh-keygen -q -Y sign -f ed25519 -n file -O hashalg=sha256 <text >text.sha256
    """#

  init() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(Array("0123  image.iso\n- dashed\nlast\n".utf8), to: "text")
    try scratch.write(Array("4567  image.iso\n- dashed\nlast\n".utf8), to: "other")
    for script in [Self.openPGP, Self.others] {
      try scratch.write(Array(script.utf8), to: "script")
      try scratch.run("bash -e script")
    }
    var files: [String: [UInt8]] = [:]
    for name in try SmallFile.names(in: FilePath(scratch.path)) where !["h", "i"].contains(name) {
      files[name] = try scratch.contents(name)
    }
    self.files = files
  }

  /// What was made under a name.
  subscript(name: String) -> [UInt8] {
    get throws {
      guard let bytes = files[name] else { throw Missing(name: name) }
      return bytes
    }
  }

  func text(_ name: String) throws -> String { String(decoding: try self[name], as: UTF8.self) }

  /// A verifier that trusts the keys in these files alone.
  func verifier(_ keyrings: String..., tools: SignatureTools = .installed) throws -> SignatureVerifier {
    var read: [KeyringFile] = []
    for name in keyrings { read.append(KeyringFile(path: name, keys: try KeyringFile.keys(in: self[name]))) }
    return SignatureVerifier(keys: TrustedKeys(read), tools: tools)
  }

  /// What a signature proves about a text.
  func verdict(_ signature: String, of text: String, trusting keyrings: String...) throws -> SignatureVerdict
  {
    var read: [KeyringFile] = []
    for name in keyrings { read.append(KeyringFile(path: name, keys: try KeyringFile.keys(in: self[name]))) }
    return SignatureVerifier(keys: TrustedKeys(read)).verdict(
      on: try self[text], signature: try self[signature])
  }

  /// A fingerprint that was noted.
  func fingerprint(_ name: String) throws -> String { try text(name + ".fpr").filter { !$0.isWhitespace } }
}
