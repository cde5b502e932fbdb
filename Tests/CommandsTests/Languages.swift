import Foundation
import Synchronization
import Testing

@testable import Terminal

/// Speaks English, and notes which texts no catalogue could ever have: those that were not collected.
final class CollectedTexts: Sendable {
  /// What `packaging/translations/extract` has found, with the context before it where it has one.
  private static let all: Set<String> = {
    let template = try? String(
      contentsOf: ShippedLanguage.folder.appending(path: "burin.pot"), encoding: .utf8)
    var all: Set<String> = []
    var (context, text, isText) = ("", "", false)
    for line in (template ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
      let quoted = line.firstIndex(of: "\"").map { unescaped(line[$0...].dropFirst().dropLast()) } ?? ""
      let keyword = line.prefix { $0 != " " && $0 != "\"" }
      switch keyword {
      case "msgctxt": context = quoted + "\u{4}"
      case "msgid": (text, isText) = (quoted, true)
      case "": if isText { text += quoted }
      default: isText = false
      }
      if line.isEmpty {
        all.insert(context + text)
        (context, text, isText) = ("", "", false)
      }
    }
    return all
  }()

  private let unknown = Mutex(Set<String>())

  /// The texts that were asked for and not collected.
  var lacking: [String] { unknown.withLock { $0.sorted() } }

  /// Listens while a body runs, unless another language is spoken.
  func listening<Result>(_ body: () async -> Result) async -> Result {
    let language = Language { [self] pattern, _ in
      if !Self.all.contains(pattern), !ShippedLanguage.names.contains(pattern) {
        unknown.withLock { _ = $0.insert(pattern) }
      }
      return nil
    }
    return await Language.$current.withValue(Language.current ?? language) { await body() }
  }

  private static func unescaped(_ text: Substring) -> String {
    String(text).replacing("\\n", with: "\n").replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
  }
}

/// A catalogue of the repository, which notes what it was asked for in vain.
final class ShippedLanguage: Sendable {
  /// The languages that are shipped.
  static let codes = ["de", "es"]
  /// What is told in the same words everywhere.
  fileprivate static let names: Set<String> = {
    let text = try? String(contentsOf: folder.appending(path: "names"), encoding: .utf8)
    return Set((text ?? "").split(separator: "\n").map(String.init))
  }()
  fileprivate static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "packaging/translations")

  private let lookedUp = Mutex(Set<String>())
  private let lacking = Mutex(Set<String>())

  /// The patterns that were asked for.
  var asked: Set<String> { lookedUp.withLock(\.self) }
  /// Those that are in English for lack of a translation.
  var missing: [String] { lacking.withLock { $0.subtracting(Self.names).sorted() } }

  private static let languages = Mutex<[String: Language]>([:])

  /// A language, of which one process of `msgfmt` is enough.
  private static func language(_ code: String) throws -> Language {
    try languages.withLock { languages in
      if let made = languages[code] { return made }
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["msgfmt", "--output-file", "-", folder.appending(path: "\(code).po").path()]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      let language = Language(try #require(Catalogue(parsing: Array(bytes))))
      languages[code] = language
      return language
    }
  }

  /// Speaks a language while a body runs.
  func spoken<Result>(_ code: String, _ body: () async throws -> Result) async throws -> Result {
    let shipped = try Self.language(code)
    let language = Language(sentences: shipped.sentences) { [self] pattern, plural in
      let found = shipped.pattern(pattern, plural)
      lookedUp.withLock { _ = $0.insert(pattern) }
      if found == nil { lacking.withLock { _ = $0.insert(pattern) } }
      return found
    }
    return try await Language.$current.withValue(language) { try await body() }
  }
}

extension Language {
  /// A language in which every word is twice as long and every letter twice as wide, and blanks are few.
  static let wide = Language { pattern, plural in
    let whole = plural.map { $0.number == 1 ? pattern : $0.pattern } ?? pattern
    let text = whole.split(separator: "\u{4}").last ?? ""
    return text.split(separator: " ", omittingEmptySubsequences: false).map { word in
      guard !word.contains("%"), word.contains(where: \.isLetter) else { return String(word) }
      let letters = String(String.UnicodeScalarView(word.unicodeScalars.map(\.fullwidth)))
      return letters + letters
    }.joined(separator: " ")
  }
}

extension Unicode.Scalar {
  /// The same in the full width of East Asia, where it has one.
  fileprivate var fullwidth: Unicode.Scalar {
    (0x21...0x7E).contains(value) ? Unicode.Scalar(value + 0xFEE0) ?? self : self
  }
}
