import ArgumentParser
import ImageTrust

/// What somebody wants to be proven about an image.
struct TrustWish: Hashable {
  /// `--checksum`.
  var checksums: [ExpectedChecksum] = []
  /// `--no-checksum-files`.
  var ignoresFiles = false
  /// `--keyring`: where there are some, a signature by one of their keys is required.
  var keyrings: [String] = []
}

/// The options that say what must speak for an image.
struct TrustOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The checksum that the image, or the compressed file that it is in, must have, as sha256:HEX or in any other usual spelling.",
      valueName: "checksum"), transform: ExpectedChecksum.init(argument:))
  var checksum: [ExpectedChecksum] = []

  @Option(
    help: ArgumentHelp(
      "Require a signature by a key in this file, and by no other key.", valueName: "file"))
  var keyring: [String] = []

  @Flag(help: "Ignore the files of checksums and signatures beside the image.")
  var noChecksumFiles = false

  /// What they say.
  var wish: TrustWish {
    TrustWish(checksums: checksum, ignoresFiles: noChecksumFiles, keyrings: keyring)
  }
}
