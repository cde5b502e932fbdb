import ArgumentParser
import Terminal

/// `burin __complete`: what may stand where somebody has pressed the tab key, for the completions of shells.
///
/// It gets the words behind `burin`, of which the last may be empty or begun. The first line that it prints is the kind
/// of the answer, each line after it a candidate and, behind a tab, what that is.
struct CompleteCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "__complete", abstract: "Complete a command line, for shells.", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough)
  var words: [String] = []

  var wantsJSON: Bool { false }
  var allowsColor: Bool { false }
  var addressSpaceByteCount: UInt64 { 0 }

  func run(in context: Context) async -> ExitStatus {
    // The separator keeps what a person has typed from being taken for options of this command.
    let typed = words.first == "--" ? Array(words.dropFirst()) : words
    let completion = CommandLineCompleter(context: context).completion(of: typed)
    return context.finish(completion.lines)
  }
}

/// What may stand at a place of a command line.
struct Completion: Hashable {
  /// What a shell has to know about the candidates.
  enum Kind: String {
    /// Words.
    case words
    /// Paths among them, which a shell quotes and shows as such.
    case paths
    /// None: the shell completes names of files by itself.
    case files
  }

  /// One of the words.
  struct Candidate: Hashable {
    /// The whole word.
    let word: String
    /// What it is; empty where that is clear.
    var meaning: SanitizedText = ""
  }

  /// What kind they are.
  var kind: Kind
  /// The words.
  var candidates: [Candidate] = []

  /// The answer as it is printed.
  ///
  /// Words that a terminal would not show as they are, are left out (R48).
  var lines: [SanitizedText] {
    let plain = candidates.filter { $0.word.unicodeScalars.allSatisfy { $0.isPlain && $0 != "\u{FFFD}" } }
    return [SanitizedText(vouchedFor: kind.rawValue)]
      + plain.map { candidate in
        let word = SanitizedText(vouchedFor: candidate.word)
        return candidate.meaning.isEmpty ? word : word + SanitizedText(vouchedFor: "\t") + candidate.meaning
      }
  }
}
