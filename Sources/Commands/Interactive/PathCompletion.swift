import BlockIO
import SystemPackage

/// What a path that is being typed may become.
struct PathCompletion: Hashable, Sendable {
  /// The text, as far as every name that fits agrees.
  let text: String
  /// The names that fit, where there are several.
  let names: [String]

  /// A folder with more names than that is not completed.
  private static let mostNames = 10_000

  /// Completes the last part of a path from the names in a folder.
  /// - Parameters:
  ///   - typed: what was typed.
  ///   - names: what is in the folder of it, folders with a `/` at the end.
  init(_ typed: String, among names: [String]) {
    let (folder, start) = Self.parts(of: typed)
    // What is hidden is meant only where somebody says so.
    let fitting = names.filter { $0.hasPrefix(start) && (start.hasPrefix(".") || !$0.hasPrefix(".")) }
      .sorted()
    guard let first = fitting.first, let last = fitting.last else {
      (text, self.names) = (typed, [])
      return
    }
    // Of sorted names, the first and the last differ earliest.
    let common = zip(first, last).prefix { $0 == $1 }.map { String($0.0) }.joined()
    text = folder + common
    self.names = fitting.count > 1 ? fitting : []
  }

  /// A path as its folder, with the `/`, and the rest.
  static func parts(of path: String) -> (folder: String, rest: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[...slash]), String(path[path.index(after: slash)...]))
  }

  /// Completes a path by what is there; nothing but names is read.
  /// - Parameter home: what `~` stands for.
  static func live(_ typed: String, home: String?) -> PathCompletion {
    let text = expanded(typed, home: home)
    let folder = FilePath(parts(of: text).folder.isEmpty ? "." : parts(of: text).folder)
    let names = (try? SmallFile.names(in: folder)) ?? []
    // Names that are no UTF-8 could not be typed, and those with invisible characters would mislead.
    let shown = names.prefix(mostNames).filter {
      $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{FFFD}" }
    }
    let marked = shown.map { name in
      let state = try? FileState(at: folder.appending(name))
      return state?.kind == .directory ? name + "/" : name
    }
    return PathCompletion(text, among: marked)
  }

  /// A path with the home directory in the place of `~`.
  static func expanded(_ text: String, home: String?) -> String {
    guard let home, text == "~" || text.hasPrefix("~/") else { return text }
    return home + text.dropFirst() + (text == "~" ? "/" : "")
  }
}
