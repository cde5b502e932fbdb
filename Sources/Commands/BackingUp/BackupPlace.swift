import BlockIO
import SystemPackage
import Terminal

/// Where a backup goes: the file and what lies beside it.
struct BackupPlace {
  /// The file.
  let file: String
  /// Its checksum, as `sha256sum` reads it.
  var checksum: String { file + ".sha256" }
  /// What could not be read.
  var badSectors: String { file + ".bad.json" }

  /// Refuses a place where a file cannot or must not be; nothing is created.
  /// - Parameter replacing: whether files that are there may be replaced.
  func requireFree(replacing: Bool) throws(Refusal) {
    let path = FilePath(file)
    // A path that ends with a slash loses it on the way, and what is to stand beside the file would be in it.
    guard path.lastComponent?.kind == .regular, file.utf8.last != UInt8(ascii: "/") else {
      throw Refusal(diagnostic: .backupNotAFile(file, "it is a directory"))
    }
    let folder = path.removingLastComponent()
    // R3: a mistyped node would become a file that fills the memory.
    if try isAmongNodes(folder.isEmpty ? "." : folder) {
      throw Refusal(diagnostic: .backupNotAFile(file, "it would lie among the nodes of devices, in memory"))
    }
    for path in [file, checksum, badSectors] {
      guard let kind = try kind(of: path) else { continue }
      guard kind == .regular else {
        throw Refusal(diagnostic: .backupNotAFile(path, "it is \(SanitizedText(kind))"))
      }
      guard replacing else { throw Refusal(diagnostic: .backupExists(path)) }
    }
  }

  /// Whether something has the name of the file: while it is not whole, what was there before.
  var hasFile: Bool { (try? FileState(ofLink: FilePath(file))) != nil }

  /// Whether there is a map of an earlier backup, which must not seem to be that of this one.
  var hasBadSectorMap: Bool { (try? FileState(ofLink: FilePath(badSectors))) != nil }

  /// What is at a path; nil for nothing.
  private func kind(of path: String) throws(Refusal) -> FileState.Kind? {
    do throws(SystemCallError) { return try FileState(ofLink: FilePath(path)).kind } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw Refusal(diagnostic: .backupNotSaved(path, error))
    }
  }

  /// Whether a folder is on the file system of `/dev`, where that has one of its own.
  private func isAmongNodes(_ folder: FilePath) throws(Refusal) -> Bool {
    do throws(SystemCallError) {
      let place = try FileState(at: folder).fileSystem
      let nodes = try FileState(at: "/dev").fileSystem
      let root = try FileState(at: "/").fileSystem
      return place == nodes && nodes != root
    } catch { throw Refusal(diagnostic: .backupNotSaved(file, error)) }
  }

  /// The line that `sha256sum --check` reads.
  func checksumLine(_ sha256: [UInt8]) -> [UInt8] {
    let name = FilePath(file).lastComponent?.string ?? file
    // It marks names that it writes with escapes by a backslash before the line.
    let escaped = name.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\\": "\\\\"
      case "\n": "\\n"
      case "\r": "\\r"
      default: String(scalar)
      }
    }.joined()
    let mark = escaped == name ? "" : "\\"
    return Array("\(mark)\(sha256.hexadecimal)  \(escaped)\n".utf8)
  }
}
