import Foundation
import Testing

/// Compares what the manual explains with what the sources have, and names what only one of them knows.
private func expectSame(_ described: [String], _ found: Set<String>) {
  #expect(!found.isEmpty)
  #expect(found.subtracting(described).sorted() == [], "not in the manual")
  #expect(Set(described).subtracting(found).sorted() == [], "only in the manual")
  #expect(described.count == Set(described).count, "explained twice")
}

@Suite("The manual pages")
struct ManualTests {
  @Test("are one for each command, the program, its JSON and its tutorial, and no other")
  func commands() throws {
    let commands = try Help.load().commands.map { "burin-\($0.commandName).8" }
    #expect(commands.count > 10)
    #expect(Set(ManualPage.files) == Set(commands + ["burin.8", "burin-json.5", "burin-tutorial.7"]))
  }

  @Test("begin with their own name, and say in one line what they are about", arguments: ManualPage.files)
  func names(file: String) throws {
    let page = try ManualPage(file)
    let parts = file.split(separator: ".").map(String.init)
    #expect(page.text.contains("\n.Dt \(parts[0].uppercased()) \(parts[1])\n"))
    #expect(page.sections["NAME"]?.first == ".Nm \(parts[0])")
    #expect(page.sections["NAME"]?.last?.hasPrefix(".Nd ") == true)
    #expect(page.sections["SEE ALSO"]?.isEmpty == false)
  }

  @Test(
    "refer to no page of burin that does not exist, and to no section that is elsewhere",
    arguments: ManualPage.files)
  func references(file: String) throws {
    let page = try ManualPage(file)
    let known = Set(try ManualPage.files.map { try ManualPage($0).reference })
    let ours = page.references.filter { $0.hasPrefix("burin") }
    #expect(Set(ours).subtracting(known) == [])
    #expect(file == "burin.8" || ours.contains("burin 8"), "leads back to the first page")
    let section: Pattern = #"^\.Sx ([^.,;)\n]+?) *[.,;)]*(?: [.,;)]+)*$"#
    #expect(Set(section.captures(in: page.text)).subtracting(page.sections.keys) == [])
  }

  @Test("can all be found from the first one")
  func list() throws {
    let known = Set(try ManualPage.files.map { try ManualPage($0).reference })
    #expect(known.subtracting(try ManualPage("burin.8").references) == ["burin 8"])
  }

  @Test("no sentence of some length stands in two of them")
  func repetition() throws {
    var places: [String: [String]] = [:]
    for file in ManualPage.files {
      let lines = try ManualPage(file).text.split(separator: "\n")
      // Two lines in a row: what options share may be one line in each page.
      for (first, second) in zip(lines, lines.dropFirst()) where first.count > 60 && second.count > 20 {
        let isProse = ![".", "{", "[", "\"", " "].contains { first.hasPrefix($0) } && !second.hasPrefix(".")
        if isProse { places["\(first)\n\(second)", default: []].append(file) }
      }
    }
    #expect(places.count > 150)
    #expect(places.filter { $0.value.count > 1 } == [:])
  }

  @Test("explain each option of their command, and no other")
  func options() throws {
    let common = try ManualPage("burin.8").options(in: "Options of every command")
    #expect(common.isSuperset(of: ["help", "version"]))
    for command in try Help.load().commands {
      let described = try ManualPage("burin-\(command.commandName).8").options
      let missing = command.options.subtracting(described).subtracting(common)
      #expect(missing.isEmpty, "options of \(command.commandName) that its page lacks")
      let invented = described.subtracting(command.options)
      #expect(invented.isEmpty, "options of \(command.commandName) that exist only in its page")
    }
  }

  @Test("explain each option of burin without a command, and no other")
  func interactive() throws {
    let command = try Help.load().command.subcommands?.first { $0.commandName == "interactive" }
    #expect(try ManualPage("burin.8").options(in: "INTERACTIVE USE") == command?.options)
  }

  @Test("name no option anywhere that does not exist", arguments: ManualPage.files)
  func noStaleOptions(file: String) throws {
    let known = try Help.load().command.options.union(["help", "version"])
    #expect(Set(try ManualPage(file).namedOptions).subtracting(known).sorted() == [])
  }

  @Test("explain every finding of an inspection, and no other")
  func findings() throws {
    let found = Set(
      caseName.captures(in: try Repository.text("Sources/ImageInspector/Findings/FindingID.swift")))
    expectSame(try ManualPage("burin-inspect.8").items(in: "FINDINGS"), found)
  }

  @Test("explain every error by its name, and no other")
  func diagnostics() throws {
    let found = caseName.captures(in: try Repository.text("Sources/Commands/Diagnostics/DiagnosticID.swift"))
    expectSame(try ManualPage("burin.8").items(in: "DIAGNOSTICS"), Set(found))
  }

  @Test("explain every exit code, and no other")
  func exitCodes() throws {
    let code: Pattern = #"ExitStatus\(rawValue: (\d+)\)"#
    let found = code.captures(in: try Repository.text("Sources/Commands/ExitStatus.swift"))
    let described = try ManualPage("burin.8").items(in: "EXIT STATUS").filter { !$0.hasPrefix("128") }
    expectSame(described, Set(found))
  }

  @Test("explain every objection of `list`, and no other")
  func objections() throws {
    let source = try Repository.text("Sources/DeviceSafety/Objection.swift")
    let cases = source.components(separatedBy: "CaseIterable {").last?.components(separatedBy: "\n  }").first
    let found = caseName.captures(in: try #require(cases))
    expectSame(try ManualPage("burin-list.8").items(in: "OBJECTIONS"), Set(found))
  }
}

@Suite("burin-json(5)")
struct JSONManualTests {
  /// The names of the schemas, without what they have in common.
  private static let schemas = Repository.paths.filter { $0.hasPrefix("packaging/schemas/") }
    .compactMap { $0.split(separator: "/").last?.split(separator: ".").first.map(String.init) }
    .filter { $0 != "common" }

  @Test("has a section for every schema, and no other")
  func sections() throws {
    let title: Pattern = #"^(?:Object|Lines) of (\w+)$"#
    let described = try ManualPage("burin-json.5").sections.keys.flatMap(title.captures)
    #expect(Set(described) == Set(Self.schemas))
  }

  @Test("says of every command how many objects it prints")
  func commands() throws {
    let name: Pattern = #"^\.Cm ([a-z]+)"#
    let described = (try ManualPage("burin-json.5").sections["DESCRIPTION"] ?? []).flatMap(name.captures)
    #expect(Set(described) == Set(try Help.load().commands.map(\.commandName)))
  }

  @Test("names every field of every schema, and no other")
  func fields() throws {
    var found: Set<String> = []
    for path in Repository.paths where path.hasPrefix("packaging/schemas/") {
      try Self.collect(JSONSerialization.jsonObject(with: Data(Repository.text(path).utf8)), into: &found)
    }
    #expect(found.count > 150)
    let described = try ManualPage("burin-json.5").fields
    #expect(found.subtracting(described).sorted() == [], "fields that the page lacks")
    #expect(described.subtracting(found).sorted() == [], "fields that only the page has")
  }

  @Test("names every field that the program prints")
  func printed() throws {
    let key: Pattern = #""([a-z][A-Za-z0-9]*)":\s"#
    let others = ["Sources/Commands/Rendering/JSON", "Sources/Commands/Completing/"]
    let renderers = Repository.sources.filter { path in
      ["Sources/Commands/", "Sources/Documents/Receipt"].contains { path.hasPrefix($0) }
        && !others.contains { path.hasPrefix($0) }
    }
    let written = Set(try renderers.map(Repository.text).flatMap(key.captures))
    #expect(written.count > 50)
    let described = try ManualPage("burin-json.5").fields
    #expect(written.subtracting(described).sorted() == [], "fields that the page lacks")
  }

  /// The names of all properties that a schema describes, however deep.
  private static func collect(_ value: Any, into names: inout Set<String>) throws {
    if let object = value as? [String: Any] {
      if let properties = object["properties"] as? [String: Any] { names.formUnion(properties.keys) }
      for member in object.values { try collect(member, into: &names) }
    } else if let array = value as? [Any] {
      for element in array { try collect(element, into: &names) }
    }
  }
}
