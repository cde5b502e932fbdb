import DiskFormats

/// Finds files of an ISO 9660 tree by their paths, symbolic links on the way included, each directory read once.
struct TreePaths {
  private let tree: ISO9660Tree
  private var listings: [UInt64: [String: ISO9660Node]] = [:]
  private var nodeCount = 0

  /// How many nodes are kept at most; real trees have some ten thousand.
  private static let mostNodes = 1 << 18
  /// How many symbolic links one path may lead through, as with the kernel.
  private static let mostLinks = 40

  init(_ tree: ISO9660Tree) { self.tree = tree }

  /// The file at a path; nil where there is none.
  mutating func file(at path: String) throws(FormatError) -> ISO9660Node? {
    // Those that are still to be gone, the next one last.
    var rest = Self.components(path)
    var way = [tree.root]
    var links = 0
    while let name = rest.popLast() {
      guard let directory = way.last, directory.isDirectory, way.count <= FileTreeLimits.depth else {
        return nil
      }
      if name == "." { continue }
      if name == ".." {
        if way.count > 1 { way.removeLast() }
        continue
      }
      guard let node = try nodes(of: directory)[name] else { return nil }
      guard let target = node.linkTarget else {
        way.append(node)
        continue
      }
      links += 1
      guard links <= Self.mostLinks, target.utf8.count <= 4096 else { return nil }
      if target.hasPrefix("/") { way = [tree.root] }
      rest += Self.components(target)
    }
    return way.last.flatMap { $0.isDirectory ? nil : $0 }
  }

  private static func components(_ path: String) -> [String] {
    path.split(separator: "/").reversed().map(String.init)
  }

  private mutating func nodes(of directory: ISO9660Node) throws(FormatError) -> [String: ISO9660Node] {
    if let known = listings[directory.identity] { return known }
    var nodes: [String: ISO9660Node] = [:]
    // Of two with one name the first is the one that a kernel finds.
    for node in try tree.listing(of: directory).nodes where nodes[node.name] == nil {
      nodes[node.name] = node
    }
    nodeCount += nodes.count
    if nodeCount <= Self.mostNodes { listings[directory.identity] = nodes }
    return nodes
  }
}
