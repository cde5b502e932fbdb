import BlockIO
import SystemPackage

/// Looks for the files of a directory that may be meant.
struct PathSearch {
  /// The world.
  let context: Context
  /// Whether a regular file is one that is looked for, by its content.
  var isWanted: (FilePath) -> Bool = { _ in true }

  /// How many files are opened at most.
  static let mostFiles = 500
  /// How long may be spent on that: who presses a key waits for the answer.
  static let patience = Duration.milliseconds(100)

  /// The files and directories whose paths begin like a word, behind a stem.
  ///
  /// What there was no time to look at is offered too.
  func candidates(beginningWith word: String, after stem: Substring) -> [Completion.Candidate] {
    let typedDirectory = word.lastIndex(of: "/").map { word[...$0] } ?? ""
    let beginning = word[typedDirectory.endIndex...]
    let directory = path(of: typedDirectory)
    let start = context.now()
    var opened = 0
    let names = (try? SmallFile.names(in: directory)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix(beginning), beginning.hasPrefix(".") || !name.hasPrefix("."),
        let component = FilePath.Component(name)
      else { return nil }
      let path = directory.appending(component)
      switch (try? FileState(at: path))?.kind {
      case .directory?: return Completion.Candidate(word: "\(stem)\(typedDirectory)\(name)/")
      case .regular?:
        opened += 1
        let isLookedAt = opened <= Self.mostFiles && context.now() - start < Self.patience
        guard !isLookedAt || isWanted(path) else { return nil }
        return Completion.Candidate(word: "\(stem)\(typedDirectory)\(name)")
      default: return nil
      }
    }
  }

  /// The directory that a person means, who may have written `~` for the own one.
  private func path(of typed: Substring) -> FilePath {
    if typed.isEmpty { return "." }
    guard typed.hasPrefix("~/"), let home = context.home else { return FilePath(String(typed)) }
    return FilePath(home + typed.dropFirst())
  }
}
