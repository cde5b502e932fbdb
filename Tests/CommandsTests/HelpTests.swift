import ArgumentParser
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// A command by the words that lead to it.
private struct NamedCommand: Sendable, CustomTestStringConvertible {
  let names: [String]
  let values: Set<String>
  var testDescription: String { names.joined(separator: " ") }

  /// All of them, those below others and hidden ones too.
  static let all = found(below: [], BurinCommand.self)

  private static func found(below names: [String], _ type: any ParsableCommand.Type) -> [NamedCommand] {
    let own = NamedCommand(names: names, values: Set(CommandSyntax(of: type).options.flatMap(\.values)))
    return [own]
      + type.configuration.subcommands.flatMap { found(below: names + [$0._commandName], $0) }
  }

  /// Its help in the language that is spoken.
  func help(columns: Int) async -> [SanitizedText] {
    let world = FakeWorld(output: Capabilities(isTerminal: true, width: columns))
    #expect(await Burin.run(["help"] + names, in: world.context) == .done)
    return world.stdout.text.split(separator: "\n").map { SanitizedText(vouchedFor: String($0)) }
  }
}

@Suite("Help in another language")
struct HelpTests {
  @Test("the help of the parser is taken apart and set again without a change", arguments: NamedCommand.all)
  private func form(command: NamedCommand) throws {
    let type = command.names.reduce(BurinCommand.self as any ParsableCommand.Type) { type, name in
      type.configuration.subcommands.first { $0._commandName == name } ?? type
    }
    for isWhole in [false, true] {
      let text = BurinCommand.helpMessage(for: type, includeHidden: isWhole, columns: HelpPage.unbrokenWidth)
      let told = try #require(HelpPage(text)).told(columns: HelpPage.unbrokenWidth)
      #expect(told.map(\.string).joined(separator: "\n") == text)
    }
    #expect(HelpPage("0.1.0") == nil)
  }

  @Test("every word of it is looked up, but for what is typed", arguments: NamedCommand.all)
  private func words(command: NamedCommand) async {
    let lines = await Language.$current.withValue(.wide) { await command.help(columns: 90) }
    let typed = Set(NamedCommand.all.flatMap(\.names) + ["burin", "help"]).union(command.values)
    let words = lines.flatMap { line in
      line.string.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_")) }
    }
    let english = words.filter {
      $0.first != "-" && $0.contains(where: \.isLetter) && !typed.contains(String($0))
    }
    #expect(english == [])
    #expect(lines.contains { $0.string.hasPrefix("ＵＳＡＧＥ") })
    #expect(lines.allSatisfy { $0.width <= 90 }, "\(lines.map(\.string).filter { $0.count > 40 })")
  }

  @Test("nothing of it is left in English", arguments: ShippedLanguage.codes)
  func complete(code: String) async throws {
    let language = ShippedLanguage()
    let lines = try await language.spoken(code) { () async -> [SanitizedText] in
      var lines: [SanitizedText] = []
      for command in NamedCommand.all { lines += await command.help(columns: 80) }
      return lines
    }
    #expect(language.missing == [])
    #expect(language.asked.count > 150)
    #expect(lines.allSatisfy { $0.width <= 80 })
    let text = lines.map(\.string).joined(separator: "\n")
    let words =
      code == "de"
      ? ["AUFRUF: burin write [<Optionen>] <Abbild> <Ziel> ...", "  --receipt <Datei> ", "Vorgabe: sha256)"]
      : [
        "USO: burin write [<opciones>] <imagen> <destino> ...", "  --receipt <archivo> ", "omisión: sha256)",
      ]
    for word in words { #expect(text.contains(word), "\(text)") }
    for word in ["USAGE", "OPTIONS:", "<file>", "default", "Show "] { #expect(!text.contains(word)) }
  }

  @Test("a file gets lines of the usual width, and a narrow terminal its own")
  func widths() async {
    for width in [nil, 40] {
      let world = FakeWorld(output: Capabilities(width: width))
      await Language.$current.withValue(.wide) { _ = await Burin.run(["list", "--help"], in: world.context) }
      let lines = world.stdout.text.split(separator: "\n").map { SanitizedText(vouchedFor: String($0)) }
      let widest = lines.map(\.width).max() ?? 0
      #expect(widest <= max(width ?? 80, 46) && widest > (width ?? 60) / 2)
    }
  }

  @Test("what shells complete with says in the language what it is")
  func completion() async throws {
    let world = FakeWorld()
    try await ShippedLanguage().spoken("de") {
      #expect(await Burin.run(["__complete", "--", "list", "--"], in: world.context) == .done)
    }
    #expect(world.stdout.text.contains("--json\tJSON für Programme anstelle von Text ausgeben."))
  }
}

@Suite("Errors of the command line in another language")
struct UsageMessageTests {
  private static let german: [([String], String)] = [
    (["list", "--frobnicate"], "Unbekannte Option '--frobnicate'"),
    (["list", "--jsn"], "Unbekannte Option '--jsn'. Meinten Sie '--json'?"),
    (["list", "a"], "Unerwartetes Argument 'a'"), (["list", "<image>"], "Unerwartetes Argument '<image>'"),
    (["list", "a", "b"], "2 unerwartete Argumente: 'a', 'b'"),
    (["write"], "Das Argument '<Abbild>' fehlt"), (["write", "a.iso"], "Das Argument '<Ziel> ...' fehlt"),
    (["write", "a", "b", "--digest"], "Bei '--digest <Prüfsumme>' fehlt der Wert"),
    (
      ["write", "a", "b", "--digest", "<file>"],
      "Der Wert '<file>' ist ungültig für '--digest <Prüfsumme>'. Bitte geben Sie 'sha256' oder 'none' an."
    ),
    (["write", "a", "b", "--undo", "x"], "Der Wert 'x' ist ungültig für '--undo <Größe>'"),
    (
      ["check", "a", "--checksum", "abcd"],
      "Der Wert 'abcd' ist ungültig für '--checksum <Prüfsumme>': \"abcd\" ist keine Prüfsumme: keine Prüfsumme hat 4 Ziffern"
    ),
    (["list", "--json=3"], "Die Option '--json' nimmt keinen Wert an, aber '3' wurde angegeben."),
    (["list", "--json", "--dump"], "--dump ist ein Text für sich: lassen Sie --json weg"),
    (
      ["--generate-completion-script", "foo"],
      "Für 'foo' können keine Ergänzungen erzeugt werden.\nBitte benutzen Sie --generate-completion-script=<shell>"
    ),
  ]

  @Test("every kind is told", arguments: german)
  func told(arguments: [String], expected: String) async throws {
    let world = FakeWorld()
    try await ShippedLanguage().spoken("de") {
      #expect(await Burin.run(arguments, in: world.context) == .usage)
    }
    #expect(world.stderr.text.hasPrefix("burin: \(expected)"), "\(world.stderr.text)")
    #expect(world.stderr.text.contains("--help`"))
  }

  @Test("the object for programs is in English", arguments: german.map(\.0))
  func object(arguments: [String]) async throws {
    let (english, world) = (FakeWorld(), FakeWorld())
    #expect(await Burin.run(arguments + ["--json"], in: english.context) == .usage)
    try await ShippedLanguage().spoken("de") {
      #expect(await Burin.run(arguments + ["--json"], in: world.context) == .usage)
    }
    #expect(english.stdout.text.hasPrefix("{"))
    #expect(world.stdout.text == english.stdout.text)
  }

  @Test("no word of any is English in Spanish", arguments: german.map(\.0))
  func spanish(arguments: [String]) async throws {
    let english = FakeWorld()
    #expect(await Burin.run(arguments, in: english.context) == .usage)
    let world = FakeWorld()
    try await ShippedLanguage().spoken("es") { _ = await Burin.run(arguments, in: world.context) }
    let typed = Set(arguments)
    func words(_ text: String) -> Set<Substring> {
      Set(text.split { !$0.isLetter }.filter { $0.count > 3 && !typed.contains(String($0)) })
    }
    let names: Set<Substring> = [
      "burin", "usage", "help", "list", "json", "dump", "write", "digest", "none", "protect", "undo",
      "checksum",
      "frobnicate", "check", "generate", "completion", "script", "shell", "bash", "fish", "image", "file",
    ]
    #expect(words(world.stderr.text).intersection(words(english.stderr.text)).subtracting(names) == [])
  }
}
