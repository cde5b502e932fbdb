/// A file or directory of a tree that is only read.
public protocol FileTreeNode: Hashable, Sendable {
  /// The last component of its path, foreign text.
  var name: String { get }
  /// Whether it holds other nodes.
  var isDirectory: Bool { get }
  /// The place of its data or of the structure that describes it, so that circles are recognised.
  var identity: UInt64 { get }
}

/// What a directory holds, with everything about it that no honest tool would have written.
public struct DirectoryListing<Node: FileTreeNode>: Hashable, Sendable {
  /// The nodes in their order on the medium, without those for the directory itself and its parent.
  public var nodes: [Node]
  /// What was wrong on the way; the nodes are what could be read nevertheless.
  public var anomalies: [TreeAnomaly]

  /// Creates a listing.
  public init(nodes: [Node] = [], anomalies: [TreeAnomaly] = []) {
    self.nodes = nodes
    self.anomalies = anomalies
  }
}

/// The files of a volume, whatever its format.
///
/// Every function is bounded: a directory stops at ``FileTreeLimits/nodesPerDirectory``.
public protocol FileTree: Sendable {
  /// What the format calls a file or a directory.
  associatedtype Node: FileTreeNode
  /// The directory that all paths begin at.
  var root: Node { get }
  /// Reads one directory.
  func listing(of directory: Node) throws(FormatError) -> DirectoryListing<Node>
  /// The bytes of a file, which are read when they are asked for.
  func contents(of file: Node) throws(FormatError) -> ExtentBytes
}

/// How much of a tree is looked at before it counts as hostile.
public enum FileTreeLimits {
  /// The longest directory, in nodes; real ones stay below 20000.
  public static let nodesPerDirectory = 32_768
  /// The longest directory, in bytes: as many nodes of the longest record.
  public static let bytesPerDirectory = 8 << 20
  /// The deepest nesting; ISO 9660 allows 8 levels and Rock Ridge, in practice, some tens.
  public static let depth = 64
}

extension FileTree {
  /// Finds a node by the components of its path; an exact match wins over one that ignores the case.
  public func node(at path: [String]) throws(FormatError) -> Node? {
    var node = root
    for component in path.prefix(FileTreeLimits.depth) {
      guard node.isDirectory else { return nil }
      guard let next = try listing(of: node).nodes.named(component) else { return nil }
      node = next
    }
    return path.count > FileTreeLimits.depth ? nil : node
  }

  /// Finds a node by a path with slashes, such as `EFI/BOOT`.
  public func node(at path: String) throws(FormatError) -> Node? {
    try node(at: path.split(separator: "/").map(String.init))
  }
}

extension Sequence where Element: FileTreeNode {
  /// The node of a name; an exact match wins over one that ignores the case.
  public func named(_ name: String) -> Element? {
    let folded = name.lowercased()
    var similar: Element?
    for node in self {
      if node.name == name { return node }
      if similar == nil, node.name.lowercased() == folded { similar = node }
    }
    return similar
  }
}
