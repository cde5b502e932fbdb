import Foundation

/// A manual page, cut into its sections.
struct ManualPage {
  /// Its file, without the folder.
  let file: String
  /// All of it.
  let text: String
  /// The lines of each section, by its title; `.Sh` and `.Ss` alike.
  let sections: [String: [String]]

  /// The names of all pages, as `burin.8`.
  static let files = Repository.paths.filter { $0.hasPrefix("man/") }
    .map { String($0.dropFirst("man/".count)) }

  /// Reads a page by the name of its file.
  init(_ file: String) throws {
    self.file = file
    text = try Repository.text("man/\(file)")
    var sections: [String: [String]] = [:]
    var title = ""
    for line in text.split(separator: "\n").map(String.init) {
      if let next = Self.sectionTitle.captures(in: line).first {
        title = next
        sections[title] = []
      } else {
        sections[title, default: []].append(line)
      }
    }
    self.sections = sections
  }

  /// Its name and its section of the manual, as a reference has them: `burin 8`.
  var reference: String {
    let parts = file.split(separator: ".")
    return parts.joined(separator: " ")
  }

  /// The pages that it refers to, as `burin 8`.
  var references: [String] { Self.reference.captures(in: text) }

  /// The long options that are explained in a list of it, without their dashes.
  var options: Set<String> { Self.options(in: text.split(separator: "\n").map(String.init)) }

  /// The long options that a section's list explains.
  func options(in section: String) -> Set<String> { Self.options(in: sections[section] ?? []) }

  /// The first words of a section's list items.
  func items(in section: String) -> [String] { (sections[section] ?? []).flatMap(Self.itemName.captures) }

  /// All long options that it names anywhere.
  var namedOptions: [String] { Self.optionName.captures(in: text) }

  /// The fields of JSON that it explains or names.
  var fields: Set<String> {
    let words = Self.variables.captures(in: text).flatMap { $0.split(separator: " ") }
    return Set(words.filter { $0.first?.isLetter == true }.map(String.init))
  }

  private static func options(in lines: [String]) -> Set<String> {
    Set(lines.filter { $0.hasPrefix(".It ") }.flatMap(optionName.captures))
  }

  private static let sectionTitle: Pattern = #"^\.S[hs] "?([^"]+?)"?$"#
  private static let optionName: Pattern = #"Fl -([a-z][a-z0-9-]*)"#
  private static let itemName: Pattern = #"^\.It (?:Sy |Cm |Li )?([a-z0-9-]+)"#
  private static let reference: Pattern = #"^\.(?:It )?Xr (\S+ \d)"#
  private static let variables: Pattern = #"^\.(?:It |Pq |Po )?Va ([^()\n]*)"#
}

/// What the tests need of `--experimental-dump-help`.
struct Help: Decodable {
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
  var options: Set<String> {
    let names = (arguments ?? []).filter { $0.shouldDisplay != false }.flatMap { $0.names ?? [] }
    let below = (subcommands ?? []).reduce(into: Set<String>()) { $0.formUnion($1.options) }
    return below.union(names.filter { $0.kind == "long" }.map(\.name)).subtracting(["help", "version"])
  }
}

/// The text of an enumeration's case, which is the name that people see.
let caseName: Pattern = #"^ +case (?:\w+ = ")?([a-z0-9]+(?:-[a-z0-9]+)*)"?$"#
