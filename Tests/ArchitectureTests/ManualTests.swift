import Foundation
import Testing

/// The manual page, cut into its sections.
private struct Manual {
  /// The lines of each section, by its title; `.Sh` and `.Ss` alike.
  let sections: [String: [String]]

  init() throws {
    var sections: [String: [String]] = [:]
    var title = ""
    for line in try Repository.text("man/burin.8").split(separator: "\n").map(String.init) {
      if let next = sectionTitle.captures(in: line).first {
        title = next
        sections[title] = []
      } else {
        sections[title, default: []].append(line)
      }
    }
    self.sections = sections
  }

  /// The long options that a section's list explains, without their dashes.
  func options(in section: String) -> Set<String> {
    Set((sections[section] ?? []).filter { $0.hasPrefix(".It ") }.flatMap(optionName.captures))
  }

  /// The first words of a section's list items.
  func items(in section: String) -> [String] {
    (sections[section] ?? []).flatMap(itemName.captures)
  }
}

private let sectionTitle: Pattern = #"^\.S[hs] "?([^"]+?)"?$"#
private let optionName: Pattern = #"Fl -([a-z][a-z0-9-]*)"#
private let itemName: Pattern = #"^\.It (?:Sy |Cm |Li )?([a-z0-9-]+)"#

/// The text of an enumeration's case, which is the name that people see.
private let caseName: Pattern = #"^ +case (?:\w+ = ")?([a-z0-9]+(?:-[a-z0-9]+)*)"?$"#

/// What the tests need of `--experimental-dump-help`.
private struct Help: Decodable {
  struct Command: Decodable {
    let commandName: String
    let shouldDisplay: Bool?
    let subcommands: [Command]?
    let arguments: [Argument]?
  }

  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }
    let kind: String
    let shouldDisplay: Bool?
    let names: [Name]?
    let valueName: String?
  }

  let command: Command

  static func load() throws -> Help {
    let json = try Repository.run([Repository.burin, "--experimental-dump-help"])
    return try JSONDecoder().decode(Help.self, from: Data(json.utf8))
  }

  /// The commands that a person sees.
  var commands: [Command] {
    (command.subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
  }
}

extension Help.Command {
  /// The long options that a person sees, without those that every command has.
  fileprivate var options: Set<String> {
    let names = (arguments ?? []).filter { $0.shouldDisplay != false }.flatMap { $0.names ?? [] }
    let below = (subcommands ?? []).reduce(into: Set<String>()) { $0.formUnion($1.options) }
    return below.union(names.filter { $0.kind == "long" }.map(\.name)).subtracting(["help", "version"])
  }
}

/// Compares what the manual explains with what the sources have, and names what only one of them knows.
private func expectSame(_ described: [String], _ found: Set<String>) {
  #expect(!found.isEmpty)
  #expect(found.subtracting(described).sorted() == [], "not in the manual")
  #expect(Set(described).subtracting(found).sorted() == [], "only in the manual")
  #expect(described.count == Set(described).count, "explained twice")
}

@Suite("The manual page")
struct ManualTests {
  @Test("has a section for each command, and no other")
  func commands() throws {
    let manual = try Manual()
    let help = try Help.load()
    #expect(!help.commands.isEmpty)
    let described = manual.sections.keys.filter { $0.hasPrefix("burin ") }
    #expect(Set(described) == Set(help.commands.map { "burin \($0.commandName)" }))
  }

  @Test("explains each option of each command, and no other")
  func options() throws {
    let manual = try Manual()
    let common = manual.options(in: "Options of every command")
    #expect(common.isSuperset(of: ["help", "version"]))
    for command in try Help.load().commands {
      let described = manual.options(in: "burin \(command.commandName)")
      let missing = command.options.subtracting(described).subtracting(common)
      #expect(missing.isEmpty, "options of \(command.commandName) that the manual lacks")
      let invented = described.subtracting(command.options)
      #expect(invented.isEmpty, "options of \(command.commandName) that exist only in the manual")
    }
  }

  @Test("names no option anywhere that does not exist")
  func noStaleOptions() throws {
    let known = Set(try Help.load().commands.flatMap(\.options)).union(["help", "version"])
    let named = optionName.captures(in: try Repository.text("man/burin.8"))
    #expect(Set(named).subtracting(known).sorted() == [])
  }

  @Test("explains every finding of an inspection, and no other")
  func findings() throws {
    let found = Set(
      caseName.captures(in: try Repository.text("Sources/ImageInspector/Findings/FindingID.swift")))
    let described = try Manual().items(in: "Findings of an inspection")
    expectSame(described, found)
  }

  @Test("explains every error by its name, and no other")
  func diagnostics() throws {
    let found = caseName.captures(in: try Repository.text("Sources/Commands/Diagnostics/DiagnosticID.swift"))
    let described = try Manual().items(in: "DIAGNOSTICS")
    expectSame(described, Set(found))
  }

  @Test("explains every exit code, and no other")
  func exitCodes() throws {
    let code: Pattern = #"ExitStatus\(rawValue: (\d+)\)"#
    let found = code.captures(in: try Repository.text("Sources/Commands/ExitStatus.swift"))
    let described = try Manual().items(in: "EXIT STATUS").filter { !$0.hasPrefix("128") }
    expectSame(described, Set(found))
  }

  @Test("names every field of every JSON object")
  func fields() throws {
    let key: Pattern = #""([a-z][A-Za-z0-9]*)":\s"#
    let renderers = Repository.sources.filter {
      $0.hasPrefix("Sources/Commands/") && !$0.hasPrefix("Sources/Commands/Rendering/JSON")
    }
    let written = Set(try renderers.map(Repository.text).flatMap(key.captures))
    let manual = try Manual()
    let titles = manual.sections.keys.filter { $0.hasPrefix("Object") || $0.hasPrefix("Lines") }
    let told = (["JSON OUTPUT", "Diagnostics"] + titles).flatMap { manual.sections[$0] ?? [] }
    let words = Set(told.flatMap { $0.split { !$0.isLetter && !$0.isNumber } }.map(String.init))
    #expect(written.count > 50)
    #expect(written.subtracting(words).sorted() == [], "fields that the manual lacks")
  }

  @Test("explains every objection of `list`, and no other")
  func objections() throws {
    let source = try Repository.text("Sources/DeviceSafety/Objection.swift")
    let cases = source.components(separatedBy: "CaseIterable {").last?.components(separatedBy: "\n  }").first
    let found = caseName.captures(in: try #require(cases))
    expectSame(try Manual().items(in: "Objections of list"), Set(found))
  }
}

@Suite("README.md and CONTRIBUTING.md")
struct DocumentTests {
  @Test("every path that they name exists", arguments: ["README.md", "CONTRIBUTING.md"])
  func paths(document: String) throws {
    let path: Pattern = #"`((?:Sources|Tests|packaging|man)/[\w./+-]*)"#
    let named = path.captures(in: try Repository.text(document))
    #expect(!named.isEmpty)
    for name in Set(named) {
      let location = Repository.root.appending(path: name).path()
      #expect(FileManager.default.fileExists(atPath: location), "\(document) names \(name)")
    }
  }

  @Test("every command that they show exists", arguments: ["README.md", "CONTRIBUTING.md"])
  func commands(document: String) throws {
    let known = Set(try Help.load().commands.map(\.commandName))
    let used: Pattern = #"(?:[`$] ?|sudo )burin ([a-z]+)"#
    let named = Set(used.captures(in: try Repository.text(document)))
    #expect(named.subtracting(known).sorted() == [])
  }

  @Test("the commands that are programs of this repository can be run")
  func programs() throws {
    for program in [
      "packaging/build", "packaging/demo", "packaging/test", "packaging/dependencies", "Tests/Benchmarks/run",
    ] {
      let location = Repository.root.appending(path: program).path()
      #expect(FileManager.default.isExecutableFile(atPath: location), "\(program)")
    }
  }
}
