import ArgumentParser
import Documents

/// The options and arguments of a command, as its help has them.
struct CommandSyntax {
  /// An option.
  struct Option {
    /// Its names, with their dashes, the long one last.
    let names: [String]
    /// What its value is called; nil where it takes none.
    let valueName: String?
    /// The values that it may have, where the help lists them.
    let values: [String]
    /// Whether it can be given several times.
    let isRepeating: Bool
    /// What it does.
    let help: String
  }

  /// The options that a person sees.
  private(set) var options: [Option] = []
  /// What the arguments are called, in order, and whether there can be several.
  private(set) var arguments: [(valueName: String, isRepeating: Bool)] = []

  /// Reads the syntax of a command.
  init(of command: any ParsableCommand.Type) {
    // The description for programs is the only one that the parser gives; its own code writes it.
    let text = try? JSONParser.parse(Array(command._dumpHelp().utf8))
    guard case .array(let described)? = text?["command"]?["arguments"] else { return }
    for argument in described where argument["shouldDisplay"] == .bool(true) {
      let isRepeating = argument["isRepeating"] == .bool(true)
      guard case .string(let valueName)? = argument["valueName"] else { continue }
      guard argument["kind"] != "positional" else {
        arguments.append((valueName, isRepeating))
        continue
      }
      options.append(
        Option(
          names: Self.names(in: argument), valueName: argument["kind"] == "option" ? valueName : nil,
          values: (argument["allValueStrings"] ?? argument["allValues"])?.strings ?? [],
          isRepeating: isRepeating, help: argument["abstract"]?.text ?? ""))
    }
  }

  /// The option of a name.
  func option(_ name: some StringProtocol) -> Option? {
    options.first { $0.names.contains { $0 == name } }
  }

  private static func names(in argument: JSONValue) -> [String] {
    guard case .array(let names)? = argument["names"] else { return [] }
    let dashed = names.compactMap { name in
      name["name"]?.text.map { (name["kind"] == "short" ? "-" : "--") + $0 }
    }
    return dashed.sorted { $0.utf8.count < $1.utf8.count }
  }
}

extension JSONValue {
  fileprivate var strings: [String] {
    if case .array(let values) = self { values.compactMap(\.text) } else { [] }
  }
}
