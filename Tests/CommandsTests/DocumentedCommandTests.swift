import ArgumentParser
import DeviceSafety
import Foundation
import Testing

@testable import Commands

/// A document that shows command lines and what they print.
private struct Document {
  let path: String
  let lines: [String]

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardized

  /// Every manual page, and what somebody reads first.
  static let all: [String] = {
    let folder = root.appending(path: "man").path()
    let pages = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return pages.sorted().map { "man/\($0)" } + ["README.md"]
  }()

  init(_ path: String) throws {
    self.path = path
    let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    // A manual page writes a backslash as `\e`.
    lines = text.replacing("\\e", with: "\\").components(separatedBy: "\n")
  }

  /// The arguments of every burin in a command line that is shown behind a prompt.
  var commands: [[String]] {
    lines.flatMap { line -> [[String]] in
      guard let prompt = line.firstMatch(of: #/^(?:\.Dl )?[$#]\ /#) else { return [] }
      let shown = line[prompt.range.upperBound...].split(separator: " #", maxSplits: 1)[0]
      return shown.split { "|;&()".contains($0) }.compactMap { Self.arguments(of: String($0)) }
    }
  }

  /// The words behind `burin`; nil where something else is called.
  private static func arguments(of command: String) -> [String]? {
    var words = words(of: command)[...]
    if words.first == "sudo" { words = words.dropFirst() }
    guard words.first == "burin" else { return nil }
    return words.dropFirst().prefix { word in !["<", ">", "2>"].contains { word.hasPrefix($0) } }
  }

  /// A command in words, as a shell takes it: quotes hold blanks together.
  private static func words(of command: String) -> [String] {
    var words: [String] = []
    var quote: Character?
    var begun = false
    for character in command {
      if character == quote {
        quote = nil
      } else if quote == nil, "'\"".contains(character) {
        quote = character
      } else if quote == nil, character == " " {
        begun = false
      } else {
        if !begun { words.append("") }
        words[words.count - 1].append(character)
        begun = true
      }
    }
    return words
  }

  /// The examples of JSON, each with the name of the schema that says how it has to look.
  var examples: [(schema: String, text: String)] {
    var examples: [(schema: String, text: String)] = []
    var schema = ""
    var isInside = false
    for line in lines {
      if let title = line.firstMatch(of: /^\.Ss (?:Object|Lines) of (\w+)$/) {
        schema = "\(title.output.1).json"
      } else if let command = line.firstMatch(of: /^\.Dl \$ burin (\w+)/) {
        schema = JSONSchema.file(forCommand: String(command.output.1)) ?? ""
      } else if line.hasPrefix(".") {
        isInside = false
      } else if line.hasPrefix("{") {
        isInside = !line.hasSuffix("}")
        examples.append((schema, line))
      } else if isInside {
        examples[examples.count - 1].text += "\n" + line
        isInside = line != "}"
      }
    }
    return examples
  }
}

@Suite("What documents show")
struct DocumentedCommandTests {
  @Test("every command line is one that the program takes", arguments: Document.all)
  func commands(path: String) throws {
    for arguments in try Document(path).commands {
      do {
        _ = try BurinCommand.parseAsRoot(arguments)
      } catch {
        #expect(BurinCommand.exitCode(for: error) == .success, "burin \(arguments.joined(separator: " "))")
      }
    }
  }

  @Test("every ID of a stick has the form of one", arguments: Document.all)
  func identifiers(path: String) throws {
    for word in try Document(path).commands.joined() where word.contains(/^[a-z]+-[a-z0-9]{8}$/) {
      #expect(TargetID(parsing: word) != nil, "\(word)")
    }
  }

  @Test("every page shows how its command is called")
  func coverage() throws {
    let commands = BurinCommand.configuration.subcommands.filter { $0.configuration.shouldDisplay }
      .map { $0._commandName }
    #expect(commands.count > 10)
    for name in commands {
      let shown = try Document("man/burin-\(name).8").commands
      #expect(shown.contains { $0.first == name }, "\(name)")
    }
    let tutorial = Set(try Document("man/burin-tutorial.7").commands.compactMap(\.first))
    #expect(Set(commands).subtracting(tutorial) == [], "the tutorial shows all of them")
  }

  @Test("every example of JSON is as its schema says, and every schema has one")
  func examples() throws {
    let examples = try Document("man/burin-json.5").examples
    for (schema, text) in examples {
      #expect(try JSONSchema(schema).violations(ofText: text) == [], "\(schema): \(text.prefix(80))")
    }
    #expect(Set(JSONSchema.files).subtracting(examples.map(\.schema)) == ["common.json"])
  }
}
