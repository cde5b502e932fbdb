import BlockIO
import DiskFormats

/// Looks through the files of the ISO 9660 or UDF volume.
enum TreeDetector {
  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    let isSeen: Void? = try unlessUnseen { () throws(FormatError) in try look(in: bytes, &facts) }
    guard isSeen == nil else { return }
    var tree = facts.tree ?? TreeFacts(place: .iso)
    tree.isUnseen = true
    facts.tree = tree
  }

  private static func look(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    guard let optical = facts.optical, optical.relative == nil else { return }
    // UDF first: Windows media hide everything there behind an ISO 9660 tree with one README.TXT.
    if optical.isUDFReadable, let recognition = try UDFRecognition(reading: bytes),
      let tree = try UDFVolume(bytes, recognition: recognition)?.tree()
    {
      facts.tree = TreeFacts(place: .udf)
      return try scan(tree, &facts)
    }
    guard let volume = try ISO9660Volume(bytes, descriptors: VolumeDescriptorSet(reading: bytes)),
      let tree = volume.bestTree
    else { return }
    facts.tree = TreeFacts(place: .iso)
    try scan(tree, &facts)
  }

  private static func scan<Tree: FileTree>(_ tree: Tree, _ facts: inout BootFacts) throws(FormatError) {
    var found = TreeFacts(place: facts.tree?.place ?? .iso)
    defer { facts.tree = found }
    let root = try tree.listing(of: tree.root).nodes
    found.isMacOS = isMacOS(root)
    try findWindows(tree, root, &found)
    try findLoaders(tree, root, &found)
    var optical = facts.optical ?? OpticalFacts(volume: .unnamed)
    defer { facts.optical = optical }
    let anomalies = try TreeWalk().visit(tree) { (node, _) throws(FormatError) in
      guard !node.isDirectory else { return }
      let contents = try unlessMalformed { () throws(FormatError) in try tree.contents(of: node) }
      guard let contents else { return optical.note(.damaged, at: node.identity) }
      optical.filesEnd = max(optical.filesEnd, contents.end)
      if contents.byteCount > UInt64(UInt32.max), found.largeFiles.count < 16 {
        found.largeFiles.append(TreeFacts.LargeFile(name: node.name, byteCount: contents.byteCount))
      }
    }
    for anomaly in anomalies { optical.note(fault(anomaly.kind), at: anomaly.offset) }
  }

  /// F6: the boot manager beside an installation image; repackers leave one or the other.
  private static func findWindows<Tree: FileTree>(
    _ tree: Tree, _ root: [Tree.Node], _ found: inout TreeFacts
  ) throws(FormatError) {
    guard root.named("bootmgr") != nil || root.named("bootmgr.efi") != nil,
      let sources = root.named("sources"), sources.isDirectory
    else { return }
    let names = try tree.listing(of: sources).nodes
    found.isWindows = ["boot.wim", "install.wim", "install.esd", "install.swm"].contains {
      names.named($0) != nil
    }
  }

  /// F5: what a copy of the tree on FAT32 would boot.
  private static func findLoaders<Tree: FileTree>(
    _ tree: Tree, _ root: [Tree.Node], _ found: inout TreeFacts
  ) throws(FormatError) {
    guard let efi = root.named("EFI"), efi.isDirectory,
      let boot = try tree.listing(of: efi).nodes.named("BOOT"), boot.isDirectory
    else { return }
    for node in try tree.listing(of: boot).nodes where !node.isDirectory {
      guard let promised = LoaderReader.promise(of: node.name) else { continue }
      let file = try unlessMalformed { () throws(FormatError) in try tree.contents(of: node) }
      guard let file else { continue }
      found.loaders.append(
        try LoaderReader.facts(
          file, path: "\(efi.name)/\(boot.name)/\(node.name)", place: found.place, promised: promised,
          offset: file.start))
    }
  }

  /// Apple's installers and recovery media; grub-mkrescue's mock-up for Macs has none of these.
  private static func isMacOS<Node: FileTreeNode>(_ root: [Node]) -> Bool {
    root.contains { node in
      node.name.hasPrefix("Install macOS") || node.name.hasPrefix("Install OS X")
        || [".IAPhysicalMedia", ".IABootFiles", "BaseSystem.dmg"].contains(node.name)
    }
  }

  private static func fault(_ kind: TreeAnomaly.Kind) -> OpticalFacts.TreeFault.Kind {
    switch kind {
    case .cycle: .cycle
    case .tooManyNodes, .tooDeep: .tooLarge
    case .byteOrdersDisagree: .byteOrders
    case .extentBeyondEnd: .beyondEnd
    case .badRecordLength, .endlessContinuation, .badSystemUseEntry, .badTag, .unsupported: .damaged
    }
  }
}

extension OpticalFacts {
  /// Counts a fault of the directories and keeps its first place.
  mutating func note(_ kind: TreeFault.Kind, at offset: UInt64) {
    if let index = anomalies.firstIndex(where: { $0.kind == kind }) {
      anomalies[index].count += 1
    } else {
      anomalies.append(TreeFault(kind, at: offset))
    }
  }
}

extension ExtentBytes {
  /// The first byte behind its last piece, in bytes of the whole; absurd numbers saturate.
  fileprivate var end: UInt64 {
    extents.reduce(0) { end, extent in
      guard let start = extent.start, extent.byteCount > 0 else { return end }
      return max(end, start.adding(extent.byteCount) ?? .max)
    }
  }
}
