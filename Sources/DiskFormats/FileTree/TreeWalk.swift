/// A walk over a whole tree, breadth first, that ends whatever the tree says.
public struct TreeWalk: Hashable, Sendable {
  /// How many directories are opened at most.
  public var directoryLimit: Int
  /// How many nodes are looked at, at most.
  public var nodeLimit: Int

  /// Sets the bounds of a walk.
  public init(directoryLimit: Int = 4096, nodeLimit: Int = 65_536) {
    self.directoryLimit = directoryLimit
    self.nodeLimit = nodeLimit
  }

  /// Visits every node with the number of directories above it.
  /// - Returns: Everything that was wrong with the tree; `tooManyNodes` where a bound ended the walk.
  public func visit<Tree: FileTree>(
    _ tree: Tree, _ body: (Tree.Node, _ depth: Int) throws(FormatError) -> Void
  ) throws(FormatError) -> [TreeAnomaly] {
    var anomalies: [TreeAnomaly] = []
    var seen: Set<UInt64> = [tree.root.identity]
    var queue: [(node: Tree.Node, depth: Int)] = [(tree.root, 0)]
    var next = 0
    var nodes = 0
    while next < queue.count {
      let (directory, depth) = queue[next]
      next += 1
      guard next <= directoryLimit, nodes <= nodeLimit else {
        anomalies.append(TreeAnomaly(.tooManyNodes, at: directory.identity))
        break
      }
      let listing = try tree.listing(of: directory)
      Self.collect(listing.anomalies, into: &anomalies)
      nodes += listing.nodes.count
      for node in listing.nodes {
        try body(node, depth)
        guard node.isDirectory else { continue }
        if !seen.insert(node.identity).inserted {
          Self.collect([TreeAnomaly(.cycle, at: node.identity)], into: &anomalies)
        } else if depth + 1 >= FileTreeLimits.depth {
          Self.collect([TreeAnomaly(.tooDeep, at: node.identity)], into: &anomalies)
        } else {
          queue.append((node, depth + 1))
        }
      }
    }
    return anomalies
  }

  /// Keeps the first few of a kind: a damaged tree repeats itself thousands of times.
  private static func collect(_ new: [TreeAnomaly], into anomalies: inout [TreeAnomaly]) {
    anomalies += new.prefix(max(0, 64 - anomalies.count))
  }
}
