import ArgumentParser
import DeviceProbe
import Documents
import Foundation
import TestSupport
import Testing

@testable import Commands

@Suite("The schemas of JSON")
struct SchemaTests {
  private let scratch: ScratchDirectory

  init() throws {
    scratch = try ScratchDirectory()
    try scratch.run(
      """
      head -c 1300001 /dev/zero | tr '\\0' '\\245' >image
      yes old content | head -c 4194304 >stick
      truncate -s 80M larger
      """)
  }

  private var image: String { "\(scratch.path)/image" }
  private var stick: String { "file:\(scratch.path)/stick" }
  private var larger: String { "file:\(scratch.path)/larger" }

  @Test("there is one for each command that prints JSON, and no other")
  func files() {
    let commands = Self.commands
    for command in commands { #expect(JSONSchema.file(forCommand: command) != nil, "\(command)") }
    let described = Set(commands.compactMap(JSONSchema.file(forCommand:)))
    #expect(Set(JSONSchema.files).subtracting(described) == ["common.json", "receipt.json"])
  }

  private static let commands = BurinCommand.configuration.subcommands
    .filter { $0.configuration.shouldDisplay }.map { $0._commandName }

  @Test("each allows the object about a command line that is wrong", arguments: commands)
  func usage(command: String) async throws {
    let world = FakeWorld()
    #expect(await Burin.run([command, "--json", "--frobnicate"], in: world.context) == .usage)
    let object = try JSONParser.parse(Array(world.stdout.text.utf8))
    let schema = try JSONSchema(#require(JSONSchema.file(forCommand: command)))
    #expect(try schema.violations(of: object) == [])
    #expect(object["error"]?["id"] == "usage")
  }

  @Test("those of what has an image allow the object about a URL that makes no sense")
  func senselessURL() async throws {
    for command in ["write", "verify"] {
      let world = FakeWorld()
      #expect(await world.run(command, "ftp://a/b.iso", "file:/nowhere/stick", "--json") == 64)
      #expect(world.stdout.text.contains("url-invalid"))
    }
  }

  @Test(
    "the expected output of other tests is as they say",
    arguments: [
      ("list.json", "list"), ("list--all.json", "list"), ("inspect.json", "inspect"),
      ("inspect-packed.json", "inspect"),
    ])
  func goldens(name: String, command: String) throws {
    let folder = JSONSchema.folder.appending(path: "../../Tests/Fixtures/expected").standardized
    let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    #expect(try JSONSchema("\(command).json").violations(ofText: text) == [])
  }

  @Test("what every command prints is as they say, where it does its work and where it fails")
  func outputs() async throws {
    let plan = "\(scratch.path)/plan"
    let receipt = "\(scratch.path)/receipt"
    let runs: [(arguments: [String], status: Int32)] = [
      (["list"], 0), (["inspect", image], 0), (["inspect", "\(scratch.path)/nothing"], 7),
      (["check", image], 1), (["check", "\(scratch.path)/nothing"], 7),
      (["write", image, stick, "--dry-run"], 0),
      (["write", image, "file:\(scratch.path)/nothing", "--yes"], 7),
      (["write", image, stick, "--yes", "--receipt", receipt, "--checksum", checksum()], 0),
      (["verify", image, stick], 0), (["verify", "--receipt", receipt, stick], 0), (["history"], 0),
      (["undo"], 0), (["undo", stick, "--dry-run"], 0), (["undo", stick, "--yes"], 0),
      (["undo", stick, "--yes"], 7), (["verify", image, stick], 1), (["verify", image, "file:\(image)x"], 7),
      (["plan", image, stick, "-o", plan], 0), (["plan", "\(image)x", stick], 7), (["apply", plan], 0),
      (["apply", "\(plan)x"], 7), (["backup", stick, "\(scratch.path)/backup"], 0),
      (["backup", "\(stick)x", "\(scratch.path)/other"], 7), (["restore", larger, "--dry-run"], 0),
      (["restore", larger, "--yes"], 0), (["restore", "\(larger)x", "--yes"], 7),
      (["test", stick, "--yes", "--quick"], 0), (["test", "\(stick)x", "--yes"], 7),
      (["protect", "list"], 0), (["resume"], 0), (["resume", "\(stick)x"], 7),
      (["bmap", "create", image, "-o", "\(scratch.path)/map"], 0),
      (["bmap", "create", image, "-o", "\(scratch.path)/missing/map"], 7),
      (["plan", image, stick, "-o", "\(scratch.path)/missing/plan"], 7),
    ]
    let world = FakeWorld(Machines.workstation)
    for (arguments, status) in runs {
      var next = FakeWorld(Machines.workstation)
      next.context.undo = world.context.undo
      #expect(await Burin.run(arguments + ["--json"], in: next.context).rawValue == status, "\(arguments)")
      let schema = try JSONSchema(#require(JSONSchema.file(forCommand: arguments[0])))
      #expect(!next.stdout.text.isEmpty, "\(arguments)")
      let violations = try schema.violations(ofText: next.stdout.text)
      #expect(violations == [], "\(arguments)")
    }
    for (file, schema) in [("plan", "plan.json"), ("receipt", "receipt.json")] {
      let text = String(decoding: try scratch.contents(file), as: UTF8.self)
      let violations = try JSONSchema(schema).violations(ofText: text)
      #expect(violations == [])
    }
  }

  @Test("every word for what came of --eject and --power-off is one that they know")
  func partings() throws {
    let schema = try JSONSchema("write.json")
    var outcome = try WriteOutcome.sample()
    for ejection in Parting.Outcome.ofEjection {
      outcome.parting = Parting.Outcomes(ejection: ejection)
      #expect(try schema.violations(of: outcome.json) == [], "\(ejection.word)")
    }
    for powerOff in Parting.Outcome.ofPowerOff {
      outcome.parting = Parting.Outcomes(ejection: .done, powerOff: powerOff)
      #expect(try schema.violations(of: outcome.json) == [], "\(powerOff.word)")
    }
    outcome.parting = Parting.Outcomes(ejection: .shared([]))
    #expect(try !schema.violations(of: outcome.json).isEmpty, "a drive gives its own medium out")
  }

  private func checksum() -> String {
    "sha256:" + ((try? scratch.run("sha256sum image").prefix(64)).map(String.init) ?? "")
  }

  @Test("a field that is missing, is new or has another type is noticed, however deep")
  func violations() async throws {
    let stick = Machines.stick("sdb", 16, port: "1-2", diskseq: 21)
    let world = FakeWorld(DeviceSnapshot(devices: [stick]))
    #expect(await world.run("list", "--json") == 0)
    let listing = try JSONParser.parse(Array(world.stdout.text.utf8))
    let schema = try JSONSchema("list.json")
    #expect(try schema.violations(of: listing) == [])
    let changed = listing.mutants
    #expect(changed.count > 100)
    for (change, mutant) in changed {
      #expect(try !schema.violations(of: mutant).isEmpty, "\(change)")
    }
  }
}

extension JSONValue {
  /// The value with one field taken away, added, or replaced by one that no schema has, for every field.
  fileprivate var mutants: [(change: String, value: JSONValue)] {
    switch self {
    case .object(let members):
      let without = members.indices.map { index -> (String, JSONValue) in
        var rest = members
        rest.remove(at: index)
        return ("without \(members[index].key)", .object(rest))
      }
      let inside = members.indices.flatMap { index in
        members[index].value.mutants.map { mutant -> (String, JSONValue) in
          var other = members
          other[index] = Member(key: members[index].key, value: mutant.value)
          return ("\(members[index].key): \(mutant.change)", .object(other))
        }
      }
      return without + inside + [("more", .object(members + [Member(key: "more", value: .null)]))]
    case .array(let values):
      return values.indices.flatMap { index in
        values[index].mutants.map { mutant -> (String, JSONValue) in
          var other = values
          other[index] = mutant.value
          return ("[\(index)]: \(mutant.change)", .array(other))
        }
      }
    default: return [("of another type", [[]])]
    }
  }
}
