import BlockIO
import SystemPackage

/// Reads the files that claims come from, and keeps account of those that exist and tell nothing.
struct ClaimFiles {
  let root: SystemRoot
  private(set) var unreadable: [UnreadableSource] = []

  /// Far beyond what any of these files holds; more is not read.
  private static let limit = 1 << 20

  init(root: SystemRoot) { self.root = root }

  /// A file's content; nil where it is missing, which is no fact, or unreadable, which is noted.
  mutating func bytes(_ path: String) -> [UInt8]? {
    do throws(SystemCallError) { return try SmallFile.bytes(of: root.path(path), limit: Self.limit) } catch {
      note(path, error)
      return nil
    }
  }

  /// The names in a directory that end in one of some ways.
  mutating func names(in directory: String, endingIn suffixes: [String], limit: Int) -> [String] {
    let names: [String]
    do throws(SystemCallError) { names = try SmallFile.names(in: root.path(directory)) } catch {
      note(directory, error)
      return []
    }
    let found = names.filter { name in suffixes.contains { name.hasSuffix($0) } }
    if found.count > limit {
      unreadable.append(UnreadableSource(path: directory, reason: "more than \(limit) files"))
    }
    return Array(found.prefix(limit))
  }

  /// Where a link leads; nil where there is none.
  func link(_ path: String) -> String? {
    do throws(SystemCallError) { return try SmallFile.link(at: root.path(path)) } catch { return nil }
  }

  /// Notes that a file was read and not understood.
  mutating func reject(_ path: String) {
    unreadable.append(UnreadableSource(path: path, reason: "not understood"))
  }

  private mutating func note(_ path: String, _ error: SystemCallError) {
    // A unit that is a directory or a link to nothing has no content either.
    let missing: [Errno] = [.noSuchFileOrDirectory, .notDirectory, .noSuchAddressOrDevice]
    guard !missing.contains(error.errno) else { return }
    unreadable.append(UnreadableSource(path: path, reason: "\(error.errno)"))
  }
}
