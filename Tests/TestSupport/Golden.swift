import Foundation

/// Texts that are compared with files in `Tests/Fixtures/expected`; `UPDATE_GOLDEN=1` writes them anew.
public enum Golden {
  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().appending(path: "../Fixtures/expected").standardized

  /// Compares a text with what the file of a name holds.
  /// - Returns: the lines that differ; nil where nothing does.
  public static func difference(of text: String, from name: String) throws -> String? {
    let file = folder.appending(path: name)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
      return nil
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    guard text != expected else { return nil }
    let new = text.components(separatedBy: "\n")
    let old = expected.components(separatedBy: "\n")
    let changes = new.difference(from: old).map { change in
      switch change {
      case .remove(let line, let text, _): "-\(line + 1): \(text)"
      case .insert(let line, let text, _): "+\(line + 1): \(text)"
      }
    }
    return "\(name) differs:\n\(changes.joined(separator: "\n"))"
  }
}
