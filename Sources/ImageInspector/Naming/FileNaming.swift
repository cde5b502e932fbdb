public import BlockIO
import DiskFormats

extension ImageInspector {
  /// The files of an image that hold some of its bytes: of ISO 9660 and of every FAT file system in it (R42).
  ///
  /// What cannot be read or understood has no names; the work is bounded whatever the image says.
  /// - Parameters:
  ///   - ranges: the bytes that are asked about; only the first of them are looked for.
  ///   - bytes: the image, not packed.
  /// - Returns: at most ``NamedFile/mostNamed``, in the order of the bytes.
  /// - Throws: ``InspectionError`` where the image cannot be had.
  public static func files(
    holding ranges: [Range<UInt64>], in bytes: some RandomAccessBytes
  ) throws(InspectionError) -> [NamedFile] {
    try files(holding: ranges, in: bytes, within: NamingBudget())
  }

  /// - Parameter budget: how much is looked at.
  static func files(
    holding ranges: [Range<UInt64>], in bytes: some RandomAccessBytes, within budget: NamingBudget
  ) throws(InspectionError) -> [NamedFile] {
    let cached = CachedBytes(bytes)
    let report = try inspect(cached)
    var naming = FileNaming(ranges, within: budget)
    if let descriptors = try? VolumeDescriptorSet(reading: cached),
      let volume = try? ISO9660Volume(cached, descriptors: descriptors), let tree = volume.bestTree
    {
      naming.visit(tree)
    }
    for (partition, range) in MountTraces.places(in: report).prefix(FileNaming.mostVolumes) {
      let window = SubrangeBytes(cached, start: range.lowerBound, byteCount: UInt64(range.count))
      guard naming.touches(range), let volume = try? FATVolume(window) else { continue }
      naming.visit(volume, partition, from: range.lowerBound)
    }
    return naming.files
  }
}

/// How much of file systems is looked at for names, in all of them together.
struct NamingBudget {
  /// Clusters of FAT that are followed, however many files share their chains: those of 16 GiB in pieces of 4 KiB.
  var clusters: UInt64 = 4 << 20
  /// How long the directories of FAT are that are read, in bytes.
  var directoryBytes: UInt64 = 64 << 20
}

/// Looks for the owners of some bytes among files.
private struct FileNaming {
  private let ranges: [Range<UInt64>]
  private var found: [NamedFile] = []

  /// More file systems than this are not looked at.
  static let mostVolumes = 16
  /// More ranges than a list of differences has are not looked for.
  private static let mostRanges = 64
  private static let mostDirectories = 4096
  private static let mostNodes = 65_536
  private var budget: NamingBudget

  init(_ ranges: [Range<UInt64>], within budget: NamingBudget) {
    self.budget = budget
    self.ranges = Array(ranges.prefix(Self.mostRanges))
  }

  /// What was found, in the order of the bytes; of several files that share them all.
  var files: [NamedFile] {
    Array(found.sorted { ($0.offset, $0.path) < ($1.offset, $1.path) }.prefix(NamedFile.mostNamed))
  }

  /// Whether some of the bytes lie in a range.
  func touches(_ range: Range<UInt64>) -> Bool { ranges.contains { $0.overlaps(range) } }

  /// Where a file lies, and what it is called.
  private struct Owner {
    let path: String
    let isDirectory: Bool
    let extents: [Range<UInt64>]
  }

  private mutating func add(_ owner: Owner, _ fileSystem: String, _ partition: Int?) {
    guard found.count < NamedFile.mostNamed * 4 else { return }
    for range in ranges {
      guard let extent = owner.extents.first(where: { $0.overlaps(range) }) else { continue }
      found.append(
        NamedFile(
          path: String(decoding: owner.path.utf8.prefix(NamedFile.longestPath / 4), as: UTF8.self),
          isDirectory: owner.isDirectory, fileSystem: fileSystem, partition: partition,
          offset: max(extent.lowerBound, range.lowerBound)))
      return
    }
  }

  mutating func visit(_ tree: ISO9660Tree) {
    var queue: [(node: ISO9660Node, path: String)] = [(tree.root, "")]
    var seen: Set<UInt64> = []
    var (next, nodes) = (0, 0)
    while next < queue.count, next < Self.mostDirectories, nodes < Self.mostNodes {
      let (directory, path) = queue[next]
      next += 1
      guard seen.insert(directory.identity).inserted, let listing = try? tree.listing(of: directory) else {
        continue
      }
      nodes += listing.nodes.count
      for node in [directory] + listing.nodes.filter({ !$0.isDirectory }) {
        let name = node == directory ? path : "\(path)/\(node.name)"
        add(
          Owner(path: name.isEmpty ? "/" : name, isDirectory: node.isDirectory, extents: Self.ranges(node)),
          "ISO 9660", nil)
      }
      guard path.utf8.count < NamedFile.longestPath else { continue }
      queue += listing.nodes.filter(\.isDirectory).map { (node: $0, path: "\(path)/\($0.name)") }
    }
  }

  private static func ranges(_ node: ISO9660Node) -> [Range<UInt64>] {
    node.extents.compactMap { extent in
      guard let start = extent.start, extent.byteCount > 0 else { return nil }
      let (end, overflows) = start.addingReportingOverflow(extent.byteCount)
      return overflows ? nil : start..<end
    }
  }

  mutating func visit(_ volume: FATVolume, _ partition: Int?, from start: UInt64) {
    var queue: [(directory: FATDirectory, path: String)] = []
    if let root = try? volume.rootDirectory() { queue.append((root, "")) }
    var seen: Set<UInt32> = []
    var (next, nodes) = (0, 0)
    while next < queue.count, next < Self.mostDirectories, nodes < Self.mostNodes {
      let (directory, path) = queue[next]
      next += 1
      nodes += directory.entries.count
      for entry in directory.entries {
        let name = "\(path)/\(entry.name)"
        guard budget.clusters > 0 else { return }
        let extents = volume.extents(of: entry, clusters: budget.clusters)
        let byteCount = extents.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
        budget.clusters -= min(budget.clusters, 1 + byteCount / UInt64(volume.boot.bytesPerCluster))
        add(
          Owner(
            path: name, isDirectory: entry.isDirectory, extents: extents.map { $0.moved(by: start) }),
          volume.boot.kind.rawValue.uppercased(), partition)
        guard entry.isDirectory, entry.firstCluster != 0, seen.insert(entry.firstCluster).inserted,
          name.utf8.count < NamedFile.longestPath, budget.directoryBytes >= byteCount,
          let below = try? volume.directory(entry)
        else { continue }
        budget.directoryBytes -= byteCount
        queue.append((below, name))
      }
    }
  }
}

extension Range<UInt64> {
  /// The same bytes from another place on; a file system lies within its image, so that nothing overflows.
  fileprivate func moved(by offset: UInt64) -> Range<UInt64> {
    (lowerBound &+ offset)..<Swift.max(lowerBound &+ offset, upperBound &+ offset)
  }
}
