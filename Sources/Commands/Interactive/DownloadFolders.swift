import BlockIO
import SystemPackage

/// The folders in which downloads end.
enum DownloadFolders {
  /// Those of some homes, and the one that somebody is in.
  /// - Parameter current: a link to it.
  static func folders(homes: [String], current: FilePath) -> [FilePath] {
    let downloads = homes.flatMap { home in
      [named(in: home), home + "/Downloads"].compactMap(\.self)
    }
    let here = try? SmallFile.link(at: current)
    var seen: Set<String> = []
    return (downloads + [here].compactMap(\.self)).filter { seen.insert($0).inserted }.map { FilePath($0) }
  }

  /// What the desktop calls it: `XDG_DOWNLOAD_DIR="$HOME/…"` in `user-dirs.dirs` (xdg-user-dirs).
  static func named(in home: String) -> String? {
    let file = FilePath(home + "/.config/user-dirs.dirs")
    guard let bytes = try? SmallFile.bytes(of: file, limit: 1 << 14) else { return nil }
    return named(by: String(decoding: bytes, as: UTF8.self), home: home)
  }

  /// The folder that the text of such a file names.
  static func named(by text: String, home: String) -> String? {
    for line in text.split(separator: "\n") where line.hasPrefix("XDG_DOWNLOAD_DIR=") {
      let value = line.dropFirst("XDG_DOWNLOAD_DIR=".count).filter { $0 != "\"" }
      if value.hasPrefix("$HOME/") { return home + value.dropFirst("$HOME".count) }
      if value.hasPrefix("/") { return String(value) }
    }
    return nil
  }
}
