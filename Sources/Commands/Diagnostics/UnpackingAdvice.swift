import Terminal

/// The command that unpacks what is not unpacked here, by the format's short name.
enum UnpackingAdvice {
  /// What to do, as a part of a sentence.
  static func advice(_ format: String) -> SanitizedText {
    guard let command = command(format) else { return "unpack it first, then write what comes out" }
    return "unpack it first, such as with `\(SanitizedText(vouchedFor: command)) | burin write - TARGET`"
  }

  /// What writes to standard output, and the formats that it is good for.
  private static let commands: [(formats: Set<String>, command: String)] = [
    (["gzip", "compress"], "gzip -dc FILE"), (["xz", "lzma"], "xz -dc FILE"), (["bzip2"], "bzip2 -dc FILE"),
    (["zstd"], "zstd -dc --long=31 FILE"), (["lz4", "lz4-legacy"], "lz4 -dc FILE"),
    (["lzip"], "lzip -dc FILE"), (["lrzip"], "lrzcat FILE"), (["lzop"], "lzop -dc FILE"),
    (["zip", "7z", "rar"], "7z x -so FILE"),
    (["cpio"], "bsdtar -xOf FILE"),
  ]

  private static func command(_ format: String) -> String? {
    commands.first { $0.formats.contains(format) }?.command
  }
}
