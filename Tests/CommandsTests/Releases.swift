import TestSupport

@testable import Commands
@testable import Terminal

/// How a project publishes its images.
enum Project: String, CaseIterable, Sendable {
  case debian, ubuntu, fedora, arch, alpine, openSUSE

  /// The image.
  var image: String {
    switch self {
    case .debian: "debian-13.2.0-amd64-netinst.iso"
    case .ubuntu: "ubuntu-24.04.3-desktop-amd64.iso"
    case .fedora: "Fedora-Server-netinst-x86_64-43-1.6.iso"
    case .arch: "archlinux-2025.11.01-x86_64.iso"
    case .alpine: "alpine-standard-3.22.2-x86_64.iso"
    case .openSUSE: "openSUSE-Tumbleweed-DVD-x86_64-Current.iso"
    }
  }

  /// The file with the signature that counts.
  var signature: String {
    switch self {
    case .debian: "SHA256SUMS.sign"
    case .ubuntu: "SHA256SUMS.gpg"
    case .fedora: "Fedora-Server-43-1.6-x86_64-CHECKSUM"
    case .arch: image + ".sig"
    case .alpine: image + ".asc"
    case .openSUSE: image + ".sha256.asc"
    }
  }

  /// Makes lists and signatures beside an image that is there.
  fileprivate var publication: String {
    let image = self.image
    return switch self {
    case .debian:
      """
      for n in 256 512; do sha${n}sum \(image) >SHA${n}SUMS; g --armor --detach-sign -o SHA${n}SUMS.sign SHA${n}SUMS; done
      """
    case .ubuntu: "sha256sum -b \(image) >SHA256SUMS; g --armor --detach-sign -o SHA256SUMS.gpg SHA256SUMS"
    case .fedora:
      """
      { echo "# \(image): $(stat -c %s \(image)) bytes"; sha256sum --tag \(image); } >list
      g --clearsign -o \(signature) list; rm list
      """
    case .arch:
      """
      sha256sum \(image) >sha256sums.txt; b2sum \(image) >b2sums.txt; g --detach-sign -o \(signature) \(image)
      """
    case .alpine:
      """
      for n in 256 512; do sha${n}sum \(image) >\(image).sha$n; done
      g --armor --detach-sign -o \(signature) \(image)
      """
    case .openSUSE:
      """
      sha256sum \(image) | sed s/Current/Snapshot20251118-Media/ >\(image).sha256
      g --armor --detach-sign -o \(signature) \(image).sha256
      """
    }
  }

  /// The ways in which somebody forges a release, as commands in its directory; `../other` is the release of another
  /// image that the same key has signed.
  var forgeries: [String] {
    let image = self.image
    // Noise has any single byte once in a while.
    let flip = "printf forged | dd of=\(image) bs=1 seek=70000 conv=notrunc status=none"
    // The lists as an attacker who has no key would make them.
    let refresh = """
      old=$(sha256sum <\(image)); old512=$(sha512sum <\(image)); oldb2=$(b2sum <\(image)); \(flip)
      for list in *; do
        [ $list = \(image) ] || sed -i "s/${old%% *}/$(sha256sum <\(image) | cut -d ' ' -f 1)/
          s/${old512%% *}/$(sha512sum <\(image) | cut -d ' ' -f 1)/; s/${oldb2%% *}/$(b2sum <\(image) | cut -d ' ' -f 1)/" $list
      done
      """
    let damage =
      self == .arch
      ? "n=$(stat -c %s \(signature)); printf '\\252\\125' | dd of=\(signature) bs=1 seek=$((n - 9)) conv=notrunc status=none"
      : "head -c -60 \(signature) >cut && mv cut \(signature)"
    let zeros = String(repeating: "0", count: 64)
    return [
      flip, "truncate -s -1 \(image)", refresh,
      "cp ../other/\(signature) .; \(self == .fedora ? refresh : ":")", damage,
      self == .fedora
        ? "{ echo 'SHA256 (\(image)) = \(zeros)'; cat \(signature); } >new && mv new \(signature) && \(flip)"
        : "echo '\(zeros)  \(image)' >>$(ls | grep -i -m 1 -E '256sums(.txt)?$|sha256$')",
    ]
  }
}

/// Release directories with signatures of a key of our own, made once for all tests.
struct Releases: Sendable {
  private let directory: ScratchDirectory

  static let shared = Result { try Releases() }

  /// The file with the key that has signed them.
  var keyring: String { directory.path + "/release.gpg" }
  /// A file with a key that has signed nothing.
  var strangers: String { directory.path + "/stranger.gpg" }

  private init() throws {
    directory = try ScratchDirectory()
    var script = #"""
      export GNUPGHOME=$PWD/home; mkdir -m 700 home
      trap 'gpgconf --kill all' EXIT
      g() { gpg --batch --quiet --yes --trust-model always --passphrase '' -u release@example.org "$@"; }
      for name in release stranger; do
        g --quick-gen-key "$name <$name@example.org>" ed25519 sign 0
        gpg --export $name@example.org >$name.gpg
      done
      head -c 150000 /dev/urandom >image; head -c 150000 /dev/urandom >other
      """#
    for project in Project.allCases {
      for (folder, image) in [
        ("\(project.rawValue)/release", "image"), ("\(project.rawValue)/other", "other"),
      ] {
        script += """

          (mkdir -p \(folder) && cp \(image) \(folder)/\(project.image) && cd \(folder)
          \(project.publication)) || exit 1
          """
      }
    }
    try directory.write(Array(script.utf8), to: "script")
    try directory.run("bash -e script")
  }

  /// A copy of a project's release, changed by some commands.
  func copy(of project: Project, changedBy script: String = ":") throws -> ScratchDirectory {
    let copy = try ScratchDirectory()
    try copy.run(
      "cp -r \(directory.path)/\(project.rawValue)/. . && cd release && { \(script)\n} && truncate -s 1M ../stick"
    )
    return copy
  }

  /// A world whose system trusts the key of the releases.
  func world() -> FakeWorld {
    var world = FakeWorld()
    world.trust(keyring)
    return world
  }
}
