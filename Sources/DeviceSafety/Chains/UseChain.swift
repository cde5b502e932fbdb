import BlockIO
import DeviceProbe

/// One way in which a disk is used, from the disk or a partition of it down to what is built on it.
struct UseChain: Hashable {
  /// What stands at the end of a chain.
  enum End: Hashable {
    /// A mount.
    case mount(Mount)
    /// A swap area, or a swap file on the file system there.
    case swap(SwapArea)
    /// Membership of a mounted btrfs file system, with the places where it is known to be mounted.
    case btrfs(BtrfsVolume, mountPoints: [String])
    /// A use of another kind, with the places where it may show itself.
    case hidden(HiddenUse, hints: [String])
    /// Something that the system or this run needs.
    case anchor(Anchor)
    /// The last hop itself; what is on top of it, if anything, are chains of their own.
    case hop
  }

  /// A disk or partition, as far as its chains need it: there may be thousands of them.
  struct Start: Hashable {
    /// Its number.
    let number: DeviceNumber
    /// The kernel's name.
    let name: String
  }

  /// The disk or the partition where the chain starts.
  let start: Start
  /// What is built on it, each on the one before.
  let hops: [UseHop]
  /// What the last one is used for.
  let end: End

  /// From the disk down to its use, one step each, such as `sdb2`, `LUKS container dm-0 (cryptroot)`,
  /// `LVM dm-1 (vg0-root)`, `mounted at /`.
  var steps: [String] { [start.name] + hops.map(\.label) + [end.label].compactMap(\.self) }

  /// The chain as one sentence without its full stop.
  var sentence: String {
    var text = start.name
    var owner = UseHop.Owner.start
    for hop in hops { owner = hop.append(to: &text, after: owner) }
    guard let clause = end.clause else { return text }
    return text + owner.connection + " " + clause
  }
}

extension UseChain.End {
  /// The last step of a chain; nil where the last hop says it all.
  var label: String? {
    switch self {
    case .mount(let mount):
      if let process = mount.process {
        "mounted at \(mount.mountPoint) (\(process.command), process \(process.id))"
      } else {
        "mounted at \(mount.mountPoint)"
      }
    case .swap(let area): area.isFile ? "swap file \(area.path)" : "swap"
    case .btrfs(let volume, let mountPoints):
      if mountPoints.isEmpty {
        "btrfs \(volume.uuid)"
      } else {
        "btrfs \(volume.uuid), mounted at \(mountPoints.joined(separator: ", "))"
      }
    case .hidden(let hidden, _): hidden.label
    case .anchor(let anchor): "holds \(anchor.path)"
    case .hop: nil
    }
  }

  /// The verb and what follows, for a sentence.
  var clause: String? {
    switch self {
    case .mount(let mount):
      if let process = mount.process {
        "is mounted at \(mount.mountPoint) for process \(process.id) (\(process.command))"
      } else {
        "is mounted at \(mount.mountPoint)"
      }
    case .swap(let area): area.isFile ? "holds the active swap file \(area.path)" : "is active swap"
    case .btrfs(_, let mountPoints):
      if mountPoints.isEmpty {
        "is a member of a mounted btrfs file system"
      } else {
        "is a member of the btrfs file system mounted at \(mountPoints.joined(separator: ", "))"
      }
    case .hidden(let hidden, let hints): hidden.clause(hints)
    case .anchor(let anchor): "holds \(anchor.purpose.noun) \(anchor.path)"
    case .hop: nil
    }
  }
}

extension Anchor.Purpose {
  /// What the path is, for a sentence.
  var noun: String {
    switch self {
    case .systemDirectory: "the system's directory"
    case .executable: "the running program"
    case .library: "a library of the running program,"
    case .workingDirectory: "the working directory"
    case .image: "the image"
    case .output: "the file to be written"
    }
  }
}
