import DeviceProbe
import DiskFormats
import Terminal

extension Diagnostic {
  /// Words for a disk that cannot be given an empty file system; nothing has been written.
  init(_ error: EmptyDiskError, _ names: RunNames) {
    switch error {
    case .blockSize(let size):
      self.init(
        .targetBlockSize, .targetRefused, "\(names.target) has blocks of a size that burin cannot write",
        because: ["neither FAT32 nor exFAT knows blocks of \(size) bytes"], toFix: "take another stick")
    case .tooSmall(let least, let found):
      self.init(
        .restoreUnfit, .targetRefused, "\(names.target) is too small for a file system",
        because: ["it has \(SanitizedText(size: found)), and \(SanitizedText(size: least)) are needed"],
        toFix: "take a larger stick")
    case .unfit(let fileSystem, let byteCount):
      let other: SanitizedText = fileSystem == .fat32 ? "--fs exfat" : "--fs fat32"
      self.init(
        .restoreUnfit, .targetRefused, "\(fileSystem.text) does not go with the size of \(names.target)",
        because: ["it has \(SanitizedText(size: byteCount))"], toFix: "use \(other), or leave it out")
    case .label(let label, let fileSystem):
      let letters: SanitizedText =
        fileSystem == .fat32
        ? "FAT32 keeps 11 letters of ASCII, as capitals, and none of \"*+,./:;<=>?[\\]|"
        : "exFAT keeps 11 letters, and none of \"*/:<>?\\|"
      self.init(
        .restoreLabel, .usage,
        "a file system cannot have the name \(SanitizedText(foreign: label, limit: 64))",
        because: [letters], toFix: "choose another --label")
    }
  }

  /// Words for a stick on which more is recognised than what was written to it.
  static func signaturesLeft(_ target: String, _ others: [FoundSignature]) -> Diagnostic {
    Diagnostic(
      .signaturesLeft, .different, "\(target) does not look like what was written to it",
      because: others.isEmpty
        ? ["the new table or the new file system is not recognised"]
        : others.prefix(8).map { "there is still \($0.text)" },
      leaves: "\(target) with the new file system, all of it read back",
      toFix: "look at it with wipefs(8) before it is used")
  }
}
