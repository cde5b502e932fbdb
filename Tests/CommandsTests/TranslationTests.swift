import BlockIO
import DeviceProbe
import DeviceSafety
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import Writer

@Suite("Translations")
struct TranslationTests {
  private static let image = "image.iso"

  /// What people see most: lists, a look at an image, a refusal, a write from the plan to the undoing of it.
  private func everyday(_ directory: ScratchDirectory) async throws -> String {
    try directory.run(
      "head -c 1300001 /dev/zero | tr '\\0' '\\245' >\(Self.image); truncate -s 4M stick; truncate -s 1M small"
    )
    let (image, stick) = ("\(directory.path)/\(Self.image)", "file:\(directory.path)/stick")
    var world = FakeWorld(Machines.workstation)
    world.context.home = directory.path
    var text = ""
    for arguments in [
      ["list"], ["list", "--all"], ["inspect", image], ["check", image],
      ["write", image, "/dev/nvme0n1", "--yes"], ["write", image, "file:\(directory.path)/small", "--yes"],
      ["write", image, stick, "--dry-run"], ["write", image, stick, "--yes", "--allow-damaged"],
      ["write", image, stick, "--dry-run", "--allow-damaged"],
      ["verify", image, stick], ["history"], ["undo"], ["undo", stick, "--yes"], ["verify", image, stick],
      ["test", "--quick", stick, "--yes"], ["restore", stick, "--yes"], ["protect", "list"],
    ] {
      _ = await Burin.run(arguments, in: world.context)
    }
    text += world.stdout.text + world.stderr.text
    return text
  }

  @Test("nothing that people see every day is left in English", arguments: ShippedLanguage.codes)
  func complete(code: String) async throws {
    let language = ShippedLanguage()
    let directory = try ScratchDirectory()
    let text = try await language.spoken(code) { try await everyday(directory) }
    #expect(language.missing == [])
    #expect(language.asked.count > 120)
    // Labels and sentences of each command, in the language.
    let words = code == "de" ? ["GRÖSSE", "Grund", "enthält jetzt"] : ["TAMAÑO", "motivo", "contiene ahora"]
    for word in words { #expect(text.contains(word), "\(text)") }
    for word in ["SIZE", "because", "now holds"] { #expect(!text.contains(word)) }
  }

  @Test(
    "what the rules say of machines is told, with all that holds a disk", arguments: ShippedLanguage.codes)
  func verdicts(code: String) async throws {
    let texts = try Self.verdicts()
    #expect(texts.count > 100)
    let told = try await ShippedLanguage().spoken(code) { texts.map { SanitizedText(sentence: $0).string } }
    let english: Set<Substring> = [
      "is", "are", "has", "holds", "which", "whose", "opened", "the", "and", "of", "an", "cannot", "mounted",
    ]
    for (text, told) in zip(texts, told) {
      let words = told.split { !$0.isLetter && !"/._-".contains($0) }
      #expect(told != text && english.isDisjoint(with: words), "\(text): \(told)")
    }
  }

  /// The sentences of the machines that were met, as the tests of the rules hold them.
  private static func verdicts() throws -> [String] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/expected/verdicts").standardized
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    let lines = try files.flatMap { try String(contentsOf: $0, encoding: .utf8).split(separator: "\n") }
    // `  RULE sentence`; longer ones are cut there.
    let sentences = lines.filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") && $0.count < 300 }
    return Set(sentences.map { String($0.dropFirst(2).drop { $0 != " " }.dropFirst()) }).sorted()
  }

  @Test("what programs read is English, whatever is spoken", arguments: ShippedLanguage.codes)
  func json(code: String) async throws {
    let english = FakeWorld(Machines.workstation)
    #expect(await english.run("list", "--all", "--json") == 0)
    let other = FakeWorld(Machines.workstation)
    try await ShippedLanguage().spoken(code) { #expect(await other.run("list", "--all", "--json") == 0) }
    #expect(other.stdout.text == english.stdout.text)
    let diagnostic = try await ShippedLanguage().spoken(code) { Diagnostic.cannotAsk(id: "usb-1") }
    #expect(diagnostic.json == Diagnostic.cannotAsk(id: "usb-1").json)
    #expect(diagnostic.summary.string != Diagnostic.cannotAsk(id: "usb-1").summary.string)
  }

  @Test("wide words of a language stay within the terminal", arguments: [80, 100, 140])
  func widths(width: Int) async {
    let capabilities = Capabilities(isTerminal: true, redraws: true, hasColor: false, width: width)
    let world = FakeWorld(Machines.workstation, output: capabilities)
    let diagnostic = await Language.$current.withValue(.wide) {
      #expect(await Burin.run(["list", "--all"], in: world.context) == .done)
      return Diagnostic.cannotAsk(id: "usb-1")
    }
    let listed = world.stdout.text.split(separator: "\n").map { SanitizedText(vouchedFor: String($0)) }
    #expect(listed.contains { $0.string.contains("ＤＩＳＫＤＩＳＫ") })
    let details = listed.filter { $0.string.hasPrefix("    ") }
    #expect(!details.isEmpty)
    #expect(details.allSatisfy { $0.width <= width }, "\(details.map(\.string))")
    #expect(listed.first.map { $0.width <= width } == true)
    let lines = Language.$current.withValue(.wide) { diagnostic.lines(for: capabilities) }.dropFirst()
    #expect(lines.allSatisfy { $0.width <= width }, "\(lines.map(\.string))")
  }
}

@Suite("The language that is asked for")
struct InstalledLanguageTests {
  private static let asked: [([String: String], [String])] = [
    ([:], []), (["LANG": "C"], []), (["LANG": "C.UTF-8", "LANGUAGE": "de"], []),
    (["LANG": "POSIX", "LANGUAGE": "de"], []),
    (["LANG": "de_DE.UTF-8"], ["de_DE", "de"]), (["LANG": "de_DE.utf8@euro"], ["de_DE", "de"]),
    (["LANG": "de_DE"], []), (["LANG": "de_DE.ISO-8859-1"], []), (["LANG": "de_DE@euro"], []),
    (["LANG": "de_DE.UTF-8", "LC_MESSAGES": "es_ES.UTF-8"], ["es_ES", "es"]),
    (["LANG": "de_DE.UTF-8", "LC_ALL": "C"], []), (["LANG": "de_DE.UTF-8", "LC_ALL": ""], ["de_DE", "de"]),
    (["LANG": "en_GB.UTF-8"], []),
    (["LANG": "en_GB.UTF-8", "LANGUAGE": "fr:de_AT:en:es"], ["fr", "de_AT", "de"]),
    (["LANG": "en_GB.UTF-8", "LANGUAGE": "../../tmp:/etc:d:de_../x:dé:fr%2f:es"], ["de", "es"]),
  ]

  @Test("is one of the variables, in the order of gettext, and never a path", arguments: asked)
  func codes(environment: [String: String], expected: [String]) {
    #expect(InstalledLanguage.codes { environment[$0] } == expected)
  }

  @Test("catalogues lie beside the folder of programs, and nowhere else")
  func folder() {
    #expect(InstalledLanguage.folder(of: "/usr/bin/burin") == "/usr/share/locale")
    #expect(InstalledLanguage.folder(of: "/opt/burin/bin/burin") == "/opt/burin/share/locale")
    #expect(InstalledLanguage.folder(of: "/tmp/x/burin") == nil)
    #expect(InstalledLanguage.folder(of: "burin") == nil)
  }

  @Test("R48: a catalogue that somebody else can have written is not read")
  func owners() throws {
    let directory = try ScratchDirectory()
    try directory.run("mkdir -p es/LC_MESSAGES de/LC_MESSAGES")
    let path = FilePath(directory.path).appending("es/LC_MESSAGES/burin.mo")
    try ReplacedFile.write(catalogueBytes(["no": "no, no"]), to: path)
    let me = try FileState(at: path).owner
    func text(_ owners: [UInt32], _ codes: [String] = ["de", "es"]) -> String {
      let language = InstalledLanguage.language(
        of: codes, in: FilePath(directory.path), writtenOnlyBy: owners)
      return Language.$current.withValue(language) { ("no" as SanitizedText).string }
    }
    #expect(text([me]) == "no, no")
    #expect(text([me], ["de"]) == "no")
    #expect(text([me &+ 1]) == "no")
    try directory.run("chmod g+w es/LC_MESSAGES/burin.mo")
    #expect(text([me]) == "no")
    try directory.run(
      "chmod g-w es/LC_MESSAGES/burin.mo; mv es/LC_MESSAGES/burin.mo x; mkfifo es/LC_MESSAGES/burin.mo")
    #expect(text([me]) == "no")
  }
}
