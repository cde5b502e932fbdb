import Glibc
public import SystemPackage

/// Where a system shows itself: the running one, or a copy of its trees in a directory.
public struct SystemRoot: Hashable, Sendable {
  /// The directory that holds `sys`, `proc` and `dev`.
  public let directory: FilePath

  /// Creates a root; everything is read below `directory` and nothing outside it.
  public init(directory: FilePath) { self.directory = directory }

  /// The running system.
  public static let live = SystemRoot(directory: "/")

  /// Whether it is the running system, of which questions can be asked beside reading its trees.
  public var isLive: Bool { self == .live }

  /// The place of an absolute path of that system, `..` included, never outside of the directory.
  public func path(_ absolute: String) -> FilePath {
    guard !isLive else { return FilePath(absolute) }
    // Only with a part that begins with a dot can it lead outside; there are many paths, and few of these.
    guard unsafe strstr(absolute, "/.") != nil || !absolute.hasPrefix("/") else {
      return FilePath(directory.string + absolute)
    }
    return directory.pushing(FilePath(absolute).lexicallyNormalized().removingRoot())
  }
}
