import Foundation

/// The working tree that this test was compiled from.
enum Repository {
  /// Its top folder.
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The paths of all files that git knows or would add, relative to the top, in order.
  static let paths: [String] = {
    let listing = try? run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    return (listing ?? "").split(separator: "\0").map(String.init)
      .filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path()) }
      .sorted()
  }()

  /// The text of a file.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The Swift files of the product.
  static let sources = paths.filter { $0.hasPrefix("Sources/") && $0.hasSuffix(".swift") }

  /// The Swift files of the tests.
  static let tests = paths.filter { $0.hasPrefix("Tests/") && $0.hasSuffix(".swift") }

  /// Runs a program at the top folder and returns what it prints.
  static func run(_ command: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = root
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ProgramFailure(command: command, status: process.terminationStatus)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The burin that was built together with this test.
  static let burin = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "burin").path()
}

/// A program that a test needs has failed.
struct ProgramFailure: Error {
  let command: [String]
  let status: Int32
}

/// A regular expression, compiled once, in which `^` and `$` mean lines.
struct Pattern: ExpressibleByStringLiteral, Sendable {
  private let expression: NSRegularExpression

  init(stringLiteral pattern: String) { self.init(pattern) }

  init(_ pattern: String) {
    do {
      expression = try NSRegularExpression(pattern: pattern, options: .anchorsMatchLines)
    } catch { preconditionFailure("\(pattern): \(error)") }
  }

  /// Whether it matches somewhere.
  func matches(_ text: String) -> Bool {
    expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
  }

  /// What the first group holds in every match, in order.
  func captures(in text: String) -> [String] {
    expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap { match in
      Range(match.range(at: 1), in: text).map { String(text[$0]) }
    }
  }
}
