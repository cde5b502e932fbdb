import BlockIO
import SystemPackage
import TestSupport
import Testing

@testable import ImageTrust

@Suite("R50: whose signatures count")
struct KeyringTests {
  private let bench: SignatureBench
  private let scratch: ScratchDirectory

  init() throws {
    bench = try SignatureBench.shared.get()
    scratch = try ScratchDirectory()
  }

  /// The verdict on a good signature where files lie in a system.
  private func verdict(
    _ files: [String: [UInt8]], signature: String = "text.sig"
  ) throws -> SignatureVerdict {
    for (path, bytes) in files {
      try scratch.run("mkdir -p \"$(dirname './\(path)')\"")
      try scratch.write(bytes, to: path)
    }
    let root = SystemRoot(directory: FilePath(scratch.path))
    let verifier = SignatureVerifier(keys: .system(root))
    return verifier.verdict(on: try bench["text"], signature: try bench[signature])
  }

  @Test(
    "keys of distributions lie in several places, and their names do not matter",
    arguments: [
      "usr/share/keyrings/a.gpg", "usr/share/keyrings/a.pgp", "usr/share/pacman/keyrings/a.gpg",
      "etc/pki/rpm-gpg/RPM-GPG-KEY-a", "usr/lib/rpm/gnupg/keys/a.asc",
      "usr/share/distribution-gpg-keys/a/RPM-GPG-KEY-a",
    ], ["good.gpg", "good.asc"])
  func places(path: String, key: String) throws {
    guard case .good(let identity) = try verdict([path: bench[key]]) else {
      return #expect(Bool(false), "\(path)")
    }
    #expect(identity.keyringPath == scratch.path + "/" + path)
  }

  @Test(
    "keys elsewhere do not count, nor those that were removed",
    arguments: [
      "etc/apt/trusted.gpg.d/a.gpg", "usr/share/keyrings/a-removed-keys.gpg", "root/.gnupg/pubring.gpg",
      "usr/share/keyrings/folder/a.gpg",
    ])
  func notTrusted(path: String) throws {
    guard case .unknownKey = try verdict([path: bench["good.gpg"]]) else {
      return #expect(Bool(false), "\(path)")
    }
  }

  @Test("Arch's list of revoked keys is heeded")
  func revoked() throws {
    let keys = "usr/share/pacman/keyrings/arch.gpg"
    let list = "usr/share/pacman/keyrings/arch-revoked"
    let other = Array((try bench.fingerprint("twin") + "\n").utf8)
    #expect(try verdict([keys: bench["good.gpg"], list: other]).isGood)
    let own = Array((try bench.fingerprint("good") + "\n").utf8)
    #expect(try !verdict([list: other + own]).isGood)
  }

  @Test("what is no keyring is passed over, and the first file with the key is named")
  func mixed() throws {
    let both = try bench["smug.gpg"] + bench["good.gpg"]
    let verdict = try verdict([
      "usr/share/keyrings/1.gpg": Array("nothing".utf8), "usr/share/keyrings/2.gpg": [0x99],
      "usr/share/keyrings/3.gpg": bench["twin.gpg"], "usr/share/keyrings/4.gpg": both,
      "usr/share/keyrings/5.gpg": bench["good.gpg"],
    ])
    guard case .good(let identity) = verdict else { return #expect(Bool(false), "\(verdict)") }
    #expect(identity.keyringPath.hasSuffix("/4.gpg"))
  }

  @Test("signify's keys", arguments: ["etc/signify/a.pub", "usr/share/signify-openbsd-keys/a.pub"])
  func signify(path: String) throws {
    #expect(try verdict([path: bench["s.pub"]], signature: "text.signify").isGood)
  }

  @Test("SSH keys count only where they are given")
  func ssh() throws {
    let verdict = try verdict(["usr/share/keyrings/a": bench["ed25519.pub"]], signature: "text.ed25519")
    guard case .unknownKey = verdict else { return #expect(Bool(false), "\(verdict)") }
  }

  @Test("files that are given are the only ones, of whatever kind")
  func given() throws {
    for name in ["good.asc", "m.pub", "ed25519.pub"] { try scratch.write(bench[name], to: name) }
    let paths = ["good.asc", "m.pub", "ed25519.pub"].map { FilePath(scratch.path + "/" + $0) }
    let keys = try TrustedKeys(files: paths)
    #expect(keys.isGiven)
    #expect(!TrustedKeys.system().isGiven)
    let verifier = SignatureVerifier(keys: keys)
    for signature in ["text.sig", "text.minisig", "text.ed25519"] {
      #expect(verifier.verdict(on: try bench["text"], signature: try bench[signature]).isGood, "\(signature)")
    }
    #expect(!verifier.verdict(on: try bench["text"], signature: try bench["text.smug"]).isGood)
  }

  @Test("a file that cannot be used is named, with the reason")
  func faults() throws {
    func fault(_ bytes: [UInt8]) throws -> KeyringError? {
      try scratch.write(bytes, to: "keys")
      do throws(KeyringError) {
        _ = try TrustedKeys(files: [FilePath(scratch.path + "/keys")])
        return nil
      } catch { return error }
    }
    #expect(try fault(bench["secret.gpg"]) == .secretKey)
    #expect(try fault(bench["ed25519"]) == .secretKey)
    #expect(try fault([]) == .noKeys)
    #expect(try fault(bench["text"]) == .noKeys)
    #expect(try fault(bench["good.gpg"].dropLast()) == .noKeys)
    #expect(try fault(bench["m.pub"].dropLast(3)) == .noKeys)
    #expect(try fault([0, 0, 0, 32, 1, 1, 0, 2] + Array("KBXf".utf8) + [0, 0]) == .keybox)
    #expect(try fault(bench["good.gpg"]) == nil)
    try scratch.run("rm keys; mkfifo keys")
    let path = FilePath(scratch.path + "/keys")
    #expect(throws: KeyringError.self) { try TrustedKeys(files: [path]) }
    #expect(throws: KeyringError.self) { try TrustedKeys(files: [FilePath("/nonexistent")]) }
  }
}
