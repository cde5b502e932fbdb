import BlockIO
import SystemPackage

/// Finds the block devices that a path lives on, through btrfs and overlay mounts.
struct PathResolver {
  let root: SystemRoot
  let devices: [BlockDevice]
  let rows: [MountTable.Row]
  let volumes: [BtrfsVolume]
  private let numbers: Set<DeviceNumber>
  private let nodes: [String: DeviceNumber]
  private let rowPlaces: [Int: Int]
  /// Overlays can lie on overlays; the kernel allows a stack of two, symbolic links none.
  private static let depthLimit = 8

  init(root: SystemRoot, devices: [BlockDevice], rows: [MountTable.Row], volumes: [BtrfsVolume]) {
    self.root = root
    self.devices = devices
    self.rows = rows
    self.volumes = volumes
    numbers = Set(devices.map(\.number))
    nodes = Dictionary(devices.map { ($0.path, $0.number) }, uniquingKeysWith: { first, _ in first })
    // Thousands of mounts are searched for every path.
    rowPlaces = Dictionary(rows.indices.map { (rows[$0].id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The devices that a file's system lives on; for a block device's node the device itself.
  func devices(under path: String) -> [DeviceNumber] { devices(under: path, depth: 0) }

  /// The number of the block device behind a node.
  func device(at node: String) -> DeviceNumber? {
    if root.isLive, let opened = LocatedFile(at: node), case .blockDevice(let number) = opened.state.kind {
      return number
    }
    return nodes[node]
  }

  /// Whether the path exists, in a system whose files can be asked.
  func exists(_ path: String) -> Bool {
    root.isLive ? LocatedFile(at: path) != nil : nodes[path] != nil || row(above: path) != nil
  }

  private func devices(under path: String, depth: Int) -> [DeviceNumber] {
    guard depth < Self.depthLimit else { return [] }
    guard root.isLive, let file = LocatedFile(at: path) else {
      if let number = device(at: path) { return [number] }
      return row(above: path).map { devices(of: $0, file: path, depth: depth) } ?? []
    }
    if case .blockDevice(let number) = file.state.kind { return [number] }
    if numbers.contains(file.state.fileSystem) { return [file.state.fileSystem] }
    let row =
      file.mountID.flatMap { rowPlaces[$0] }.map { rows[$0] }
      ?? rows.last { $0.device == file.state.fileSystem }
    return row.map { devices(of: $0, file: path, depth: depth) } ?? []
  }

  /// The mount that a path lies on by its text alone: in a copied system, or where it cannot be opened.
  private func row(above path: String) -> MountTable.Row? {
    var best: MountTable.Row?
    for row in rows {
      let point = row.mountPoint
      guard point == "/" || path == point || path.hasPrefix(point + "/") else { continue }
      // Later mounts cover earlier ones at the same place.
      if point.utf8.count >= (best?.mountPoint.utf8.count ?? 0) { best = row }
    }
    return best
  }

  private func devices(
    of row: MountTable.Row, file: String, depth: Int
  ) -> [DeviceNumber] {
    if numbers.contains(row.device) { return [row.device] }
    switch row.fileSystem {
    case "btrfs": return members(of: row, file: file)
    case "overlay": return Self.layers(of: row).flatMap { devices(underLayer: $0, depth: depth + 1) }.unique
    default: return node(of: row).map { [$0] } ?? []
    }
  }

  /// The devices that a layer of an overlay lies on.
  ///
  /// Layers may have paths of another root, in containers and on live systems, or relative ones. Whatever they
  /// lie on stays claimed by the kernel as long as the overlay is mounted.
  func devices(underLayer path: String, depth: Int = 1) -> [DeviceNumber] {
    path.hasPrefix("/") && exists(path) ? devices(under: path, depth: depth) : []
  }

  /// All members of a btrfs, by the UUID that its own ioctl names, else by the node it was mounted from.
  private func members(of row: MountTable.Row, file: String) -> [DeviceNumber] {
    if root.isLive, let uuid = uuid(of: file),
      let volume = volumes.first(where: { $0.uuid == uuid })
    {
      return volume.members
    }
    let node = node(of: row)
    if let volume = volumes.first(where: { $0.members.contains { $0 == node } }) { return volume.members }
    if volumes.count == 1 { return volumes[0].members }
    return node.map { [$0] } ?? []
  }

  /// Only what can be opened without a side effect is asked.
  private func uuid(of file: String) -> String? {
    guard let kind = LocatedFile(at: file)?.state.kind, kind == .regular || kind == .directory else {
      return nil
    }
    return BtrfsIdentity.uuid(of: FilePath(file))
  }

  /// The block device named as source, which only says where it was mounted from.
  private func node(of row: MountTable.Row) -> DeviceNumber? {
    row.source.hasPrefix("/") ? device(at: row.source) : nil
  }

  /// The directories that an overlay is made of, as they were given to mount.
  static func layers(of row: MountTable.Row) -> [String] {
    ["upperdir", "workdir"].flatMap { MountTable.values(of: $0, in: row.options) }
      + ["lowerdir+", "datadir+"].flatMap { MountTable.values(of: $0, in: row.options) }
      + MountTable.values(of: "lowerdir", in: row.options).flatMap { OverlayLayers.split($0) }
  }
}

/// The list in an overlay's `lowerdir`: colons separate, a backslash makes the next character ordinary.
enum OverlayLayers {
  static func split(_ list: String) -> [String] {
    var layers: [String] = []
    var layer = ""
    var isEscaped = false
    for scalar in list.unicodeScalars {
      if isEscaped || (scalar != "\\" && scalar != ":") {
        layer.unicodeScalars.append(scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        layers.append(layer)
        layer = ""
      }
    }
    // Two colons in a row start the data-only layers.
    return (layers + [layer]).filter { !$0.isEmpty }
  }
}

extension Sequence where Element: Hashable {
  /// The elements in order, each once.
  var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
