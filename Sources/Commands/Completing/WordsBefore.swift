/// What the words before the cursor leave to say.
struct WordsBefore {
  /// The option that the next word is the value of.
  private(set) var awaitingValue: CommandSyntax.Option?
  /// Whether `--` says that no option follows.
  private(set) var hasSeparator = false
  /// All names of the options that were given.
  private(set) var used: Set<String> = []
  /// The arguments that were given.
  private(set) var arguments: [String] = []
  /// What the next argument is called; nil where there is none.
  let nextArgument: String?

  /// Reads the words behind a command.
  init(_ words: [String], _ syntax: CommandSyntax) {
    for word in words {
      if awaitingValue != nil {
        awaitingValue = nil
      } else if hasSeparator || !word.hasPrefix("-") || word == "-" {
        arguments.append(word)
      } else if word == "--" {
        hasSeparator = true
      } else if let option = syntax.option(word.prefix { $0 != "=" }) {
        used.formUnion(option.names)
        if option.valueName != nil, !word.contains("=") { awaitingValue = option }
      }
    }
    if arguments.count < syntax.arguments.count {
      nextArgument = syntax.arguments[arguments.count].valueName
    } else {
      nextArgument = syntax.arguments.last.flatMap { $0.isRepeating ? $0.valueName : nil }
    }
  }
}
