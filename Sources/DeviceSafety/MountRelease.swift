public import BlockIO
public import DeviceProbe

/// R26: which mounts of a target may be taken away, where the person has asked for it.
///
/// Only plain mounts of the target itself, in burin's own mount namespace, and of this very person; everything
/// that is built on the target, that the system needs or that somebody else sees stays, and with it the refusal.
public struct MountRelease: Hashable, Sendable {
  /// Why nothing is released.
  public enum Obstacle: Error, Hashable, Sendable {
    /// The target is used in another way too, or the system needs it.
    case otherUse(Objection)
    /// A mount belongs to another user.
    case otherUser(mountPoint: String, user: String)
    /// Only a directory of the file system is mounted there.
    case bindMount(mountPoint: String)
    /// Another file system was mounted over it.
    case covered(mountPoint: String)
  }

  /// A mount that may be taken away.
  public struct Mount: Hashable, Sendable {
    /// Where it is mounted.
    public let mountPoint: String
    /// The node of what is mounted there: the disk or one of its partitions.
    public let path: String
    /// The number of that node.
    public let number: DeviceNumber
  }

  /// The mounts, in the order in which they can be taken away: what lies deeper comes first.
  public let mounts: [Mount]

  /// Where desktops mount the sticks of a user, as `…/NAME/LABEL` (udisks(8)).
  private static let userFolders = ["/run/media/", "/media/"]

  /// Finds out what may be released.
  /// - Parameters:
  ///   - disk: the target.
  ///   - user: the name of the person who runs burin, also through sudo.
  ///   - request: what the rules may overlook.
  public init(
    of disk: BlockDevice, in snapshot: DeviceSnapshot, for user: String?,
    _ request: SafetyRequest = SafetyRequest()
  ) throws(Obstacle) {
    let candidate = Candidate(disk, in: snapshot)
    let paths = Dictionary(
      ([disk] + candidate.partitions).map { ($0.number, $0.path) }, uniquingKeysWith: { first, _ in first })
    let numbers = Set(paths.keys)
    let mounts = snapshot.mounts.filter { $0.process == nil && numbers.contains($0.device) }
    // Without its own mounts the target must be one that the rules leave alone.
    var without = snapshot
    without.mounts.removeAll { $0.process == nil && numbers.contains($0.device) }
    let rest = SafetyPolicy.assess(disk, in: without, request)
    if let objection = rest.objections.first(where: { $0.severity == .x && !$0.isSightingElsewhere }) {
      throw .otherUse(objection)
    }
    for mount in mounts {
      guard mount.root == "/" else { throw .bindMount(mountPoint: mount.mountPoint) }
      // Of several mounts at one place the last one is on top, and the only one that a path leads to.
      let top = snapshot.mounts.last { $0.process == nil && $0.mountPoint == mount.mountPoint }
      guard let top, numbers.contains(top.device) else { throw .covered(mountPoint: mount.mountPoint) }
      if let owner = Self.owner(of: mount.mountPoint), owner != user {
        throw .otherUser(mountPoint: mount.mountPoint, user: owner)
      }
    }
    self.mounts = mounts.reversed().compactMap { mount in
      paths[mount.device].map { Mount(mountPoint: mount.mountPoint, path: $0, number: mount.device) }
    }
  }

  /// The user for whom a desktop has mounted something; nil elsewhere.
  private static func owner(of mountPoint: String) -> String? {
    for folder in userFolders where mountPoint.hasPrefix(folder) {
      let parts = mountPoint.dropFirst(folder.count).split(separator: "/")
      return parts.count > 1 ? parts.first.map(String.init) : nil
    }
    return nil
  }
}

extension Objection {
  /// Whether it only says that the same mount is seen in another namespace, from which it goes with ours where
  /// it came from ours; where it does not, the gate refuses after all.
  fileprivate var isSightingElsewhere: Bool { id == .mounted && rule == "R12" }
}
