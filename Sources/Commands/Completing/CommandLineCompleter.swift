import ArgumentParser
import DeviceProbe
import DeviceSafety
import Terminal

/// Finds what may stand at the end of a command line.
struct CommandLineCompleter {
  /// The world.
  let context: Context

  /// The candidates for the last of some words, those behind `burin`.
  func completion(of words: [String]) -> Completion {
    guard let last = words.last else { return Completion(kind: .words) }
    var rest = words.dropLast()
    let isHelp = rest.first == "help"
    if isHelp { rest.removeFirst() }
    var command: any ParsableCommand.Type = BurinCommand.self
    while let name = rest.first, let below = Self.subcommand(name, of: command) {
      command = below
      rest.removeFirst()
    }
    if !command.configuration.subcommands.isEmpty {
      return rest.isEmpty ? commands(below: command, beginningWith: last) : Completion(kind: .words)
    }
    guard !isHelp else { return Completion(kind: .words) }
    return completion(of: last, behind: Array(rest), in: CommandSyntax(of: command))
  }

  // MARK: - Commands

  private static func subcommand(
    _ name: String, of command: any ParsableCommand.Type
  ) -> (any ParsableCommand.Type)? {
    command.configuration.subcommands.first { $0._commandName == name && $0.configuration.shouldDisplay }
  }

  private func commands(
    below command: any ParsableCommand.Type, beginningWith prefix: String
  ) -> Completion {
    var candidates = command.configuration.subcommands.filter { $0.configuration.shouldDisplay }.map {
      Completion.Candidate(word: $0._commandName, meaning: SanitizedText(own: $0.configuration.abstract))
    }
    if command == BurinCommand.self {
      candidates.append(Completion.Candidate(word: "help", meaning: "Show help on a command."))
      candidates.append(Completion.Candidate(word: "--version", meaning: "Show the version."))
    }
    candidates.append(Completion.Candidate(word: "--help", meaning: "Show help information."))
    let isOption = prefix.hasPrefix("-")
    return words(candidates.filter { $0.word.hasPrefix("-") == isOption }, beginningWith: prefix)
  }

  // MARK: - Options and arguments

  private func completion(of last: String, behind words: [String], in syntax: CommandSyntax) -> Completion {
    let read = WordsBefore(words, syntax)
    if let option = read.awaitingValue { return values(of: option, beginningWith: last, after: "") }
    if last.hasPrefix("-"), !read.hasSeparator {
      guard let sign = last.firstIndex(of: "="), let option = syntax.option(last[..<sign]) else {
        return options(of: syntax, beginningWith: last, without: read.used)
      }
      let value = last[last.index(after: sign)...]
      return values(of: option, beginningWith: String(value), after: last[...sign])
    }
    guard let argument = read.nextArgument else {
      return options(of: syntax, beginningWith: last, without: read.used)
    }
    var answer = values(called: argument, beginningWith: last, after: "")
    // Nobody names a disk twice.
    answer.candidates.removeAll { read.arguments.contains($0.word) }
    return answer
  }

  private func options(
    of syntax: CommandSyntax, beginningWith prefix: String, without used: Set<String>
  ) -> Completion {
    let left = syntax.options.filter { $0.isRepeating || used.isDisjoint(with: $0.names) }
    let candidates = left.compactMap { option in
      option.names.last.map { Completion.Candidate(word: $0, meaning: SanitizedText(own: option.help)) }
    }
    return words(candidates, beginningWith: prefix)
  }

  private func values(
    of option: CommandSyntax.Option, beginningWith prefix: String, after stem: Substring
  ) -> Completion {
    guard !option.values.isEmpty else {
      return values(called: option.valueName ?? "", beginningWith: prefix, after: stem)
    }
    let candidates = option.values.map { Completion.Candidate(word: stem + $0) }
    return words(candidates, beginningWith: stem + prefix)
  }

  /// What a value may be, by what the help calls it; where nothing is known, nothing is offered.
  private func values(
    called name: String, beginningWith prefix: String, after stem: Substring
  ) -> Completion {
    switch name {
    case "image": images(beginningWith: prefix, after: stem)
    case "target": targets(beginningWith: prefix, after: stem)
    case "device", "what": sticksOrFiles(beginningWith: prefix, after: stem)
    case "id": words(sticks(after: stem), beginningWith: stem + prefix)
    case "file", "plan": Completion(kind: .files)
    default: Completion(kind: .words)
    }
  }

  private func words(_ candidates: [Completion.Candidate], beginningWith prefix: String) -> Completion {
    Completion(kind: .words, candidates: candidates.filter { $0.word.hasPrefix(prefix) })
  }

  // MARK: - Sticks and images

  /// The sticks that may be written, as `list` shows them, without a look at what is on them.
  private func sticks(after stem: Substring) -> [Completion.Candidate] {
    var request = SafetyRequest()
    request.isForListing = true
    let snapshot = context.snapshot([], nil)
    let disks = snapshot.devices.filter(\.isWholeDisk)
    let assessments = SafetyPolicy.assess(disks, in: SnapshotIndex(snapshot), request)
    return zip(disks, assessments).filter(\.1.isSelectable).map { disk, _ in
      let size = disk.byteCount.map { SanitizedText(size: $0) } ?? "?"
      let id = TargetID(of: disk).description
      return Completion.Candidate(word: stem + id, meaning: "\(disk.nameText), \(size)")
    }
  }

  private static let virtualStick = "file:"

  private func targets(beginningWith prefix: String, after stem: Substring) -> Completion {
    if prefix.hasPrefix(Self.virtualStick) {
      let path = String(prefix.dropFirst(Self.virtualStick.count))
      let found = PathSearch(context: context)
        .candidates(beginningWith: path, after: stem + Self.virtualStick)
      return Completion(kind: .paths, candidates: found)
    }
    var answer = sticksOrFiles(beginningWith: prefix, after: stem)
    if answer.kind == .words, Self.virtualStick.hasPrefix(prefix) {
      answer.candidates.append(
        Completion.Candidate(word: stem + Self.virtualStick, meaning: "A file in the place of a stick."))
    }
    return answer
  }

  private func sticksOrFiles(beginningWith prefix: String, after stem: Substring) -> Completion {
    let isPath = prefix.contains("/") || prefix.hasPrefix(".") || prefix.hasPrefix("~")
    return isPath ? Completion(kind: .files) : words(sticks(after: stem), beginningWith: stem + prefix)
  }

  private func images(beginningWith prefix: String, after stem: Substring) -> Completion {
    let paths = PathSearch(context: context, isWanted: ImageLikeness.isImage)
      .candidates(beginningWith: prefix, after: stem)
    let sticks = words(sticks(after: stem), beginningWith: stem + prefix).candidates
    return Completion(kind: paths.isEmpty ? .words : .paths, candidates: paths + sticks)
  }
}
