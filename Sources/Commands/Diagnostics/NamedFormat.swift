import Terminal

/// The format that the name of a file speaks of.
///
/// Formats are told by content, and this only refuses: a file that is called packed and is nothing that is known has
/// lost the mark by which it would be known, as a disk image of macOS does whose end is missing.
enum NamedFormat {
  private static let formats: [(ending: String, format: SanitizedText)] = [
    (".gz", "gzip"), (".tgz", "gzip"), (".xz", "xz"), (".txz", "xz"), (".zst", "zstd"), (".zstd", "zstd"),
    (".bz2", "bzip2"), (".lz4", "lz4"), (".lzma", "lzma"), (".zip", "zip"), (".7z", "7z"),
    (".qcow2", "qcow2"), (".vmdk", "VMDK"), (".vhd", "VHD"), (".vhdx", "VHDX"), (".vdi", "VDI"),
    (".dmg", "DMG"), (".tar", "tar"),
  ]

  /// Whether a name is that of the first of several volumes, as 7z and others call them.
  static func isVolume(_ path: String) -> Bool { path.hasSuffix(".001") }

  /// Whether a name promises a format that ends with the only mark by which it is known: what has lost that would be
  /// taken for the bytes of a disk, which come before it.
  static func promisesFooter(_ path: String) -> Bool { path.lowercased().hasSuffix(".vhd") }

  /// The format by the ending of a path or an address; nil where that promises none.
  static func text(of path: String) -> SanitizedText? {
    let name = path.lowercased()
    return formats.first { name.hasSuffix($0.ending) }?.format
  }
}
