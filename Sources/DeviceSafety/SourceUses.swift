public import DeviceProbe

/// How a device that is to be read is used: by whom it may be changed meanwhile, and which files of this run lie on it.
public struct SourceUses: Hashable, Sendable {
  /// Who may change it while it is read, one sentence each.
  public let writers: [String]
  /// The files on it that this run is to write, one sentence each.
  public let outputs: [String]
  /// Whether it is mounted, if only for reading: then nobody can claim it.
  public let isMounted: Bool

  /// Judges what was looked up.
  public init(of source: TargetLookup, in snapshot: DeviceSnapshot) {
    guard let device = source.disk else {
      // A file that stands for a stick: it has no mounts of its own, but may be read by a loop device that has.
      let uses = source.assessment.objections
      outputs = uses.filter { $0.id == .systemDisk }.map(\.text)
      writers = uses.filter { $0.id != .systemDisk }.map(\.text)
      isMounted = false
      return
    }
    let links = SnapshotLinks(SnapshotIndex(snapshot))
    let uses = UseChain.chains(from: [device] + links.index.partitions(of: device.number), in: links)
    outputs = uses.filter(\.isOutput).map(\.sentence)
    isMounted = uses.contains { $0.mount != nil }
    let readOnly = Self.readOnlyStarts(of: uses)
    // R6: who cannot be seen may write.
    let unseen = snapshot.unreadable.filter { Self.tables.contains($0.path) }.map {
      "\($0.path) cannot be read (\($0.reason)), so that \(device.name) may be in use unseen"
    }
    writers = unseen + uses.filter { $0.mayWrite(readOnly) }.map(\.sentence)
  }

  /// Where it stands who uses a disk.
  private static let tables: Set<String> = ["/proc/self/mountinfo", "/proc/swaps"]

  /// The disk and the partitions that are mounted, and nowhere for writing.
  private static func readOnlyStarts(of uses: [UseChain]) -> Set<UseChain.Start> {
    let direct = uses.filter { $0.hops.isEmpty && $0.mount != nil }
    let written = direct.filter { $0.mount?.isReadOnly == false }.map(\.start)
    return Set(direct.map(\.start)).subtracting(written)
  }
}

extension UseChain {
  fileprivate var mount: Mount? { if case .mount(let mount) = end { mount } else { nil } }

  fileprivate var isOutput: Bool {
    if case .anchor(let anchor) = end { anchor.purpose == .output } else { false }
  }

  /// Whether something may be written to the disk this way.
  /// - Parameter readOnly: what is mounted for reading only, so that no file on it changes.
  fileprivate func mayWrite(_ readOnly: Set<Start>) -> Bool {
    if hops.contains(where: { $0.device?.isReadOnly == true }) { return false }
    if hops.first?.link == .loopOnFile, readOnly.contains(start) { return false }
    switch end {
    case .mount(let mount): return !mount.isReadOnly
    // What the system or this run needs of it shows in its mounts.
    case .anchor: return false
    case .swap, .btrfs, .hidden, .hop: return true
    }
  }
}

extension Mount {
  /// Whether the whole file system is mounted for reading only.
  fileprivate var isReadOnly: Bool { options == "ro" || options.hasPrefix("ro,") }
}
