public import BlockIO
import CLinuxBlock
import Glibc

/// What a process has given up, for itself and for good.
public struct Confinement: Hashable, Sendable {
  /// A barrier that a kernel may lack; the others stand, or nothing is read at all.
  public enum Barrier: UInt8, Hashable, Sendable, CaseIterable {
    /// No file can be opened and no connection made (Landlock).
    case landlock = 1
    /// Only the system calls that reading needs are answered (seccomp).
    case callFilter = 2
    /// It runs as nobody, not as root, where the user namespace knows a nobody.
    case nobody = 4
  }

  /// The barriers that could not be put up.
  public var missing: Set<Barrier>

  /// Creates a confinement that lacks something.
  public init(missing: Set<Barrier> = []) { self.missing = missing }

  /// The user and the group that own nothing.
  private static let nobody: UInt32 = 65534
  /// An inspection keeps a few megabytes; what is there already, libraries above all, counts as well.
  private static let addressSpace: UInt64 = 1 << 30
  /// Far more than the longest inspection takes, in seconds.
  private static let processorTime: UInt64 = 60

  /// Gives up everything but the open descriptors, memory and some processor time.
  ///
  /// To be called while the process has one thread: some of it holds for the calling thread only.
  /// - Parameter isRoot: whether there is an identity to give up.
  /// - Throws: ``SystemCallError``; nothing that somebody else made may be read then.
  public static func enter(isRoot: Bool) throws(SystemCallError) -> Confinement {
    var missing: Set<Barrier> = []
    try SystemCallError.check(clb_no_new_privileges(), "prctl PR_SET_NO_NEW_PRIVS")
    if isRoot, try !becomeNobody() { missing.insert(.nobody) }
    try SystemCallError.check(clb_drop_capabilities(), "capset")
    try SystemCallError.check(clb_die_with_parent(), "prctl PR_SET_PDEATHSIG")
    var version: CInt = 0
    try SystemCallError.check(unsafe clb_landlock_nothing(&version), "landlock_restrict_self")
    if version == 0 { missing.insert(.landlock) }
    // Landlock needs a descriptor; from here on there is no further one.
    try SystemCallError.check(clb_limit(addressSpace, processorTime), "setrlimit")
    let filtered = clb_filter_calls()
    if filtered == -ENOSYS {
      missing.insert(.callFilter)
    } else {
      try SystemCallError.check(filtered, "seccomp")
    }
    return Confinement(missing: missing)
  }

  /// Whether the user namespace has a nobody; in one that has not, root is nobody's root already.
  private static func becomeNobody() throws(SystemCallError) -> Bool {
    let status = clb_become(nobody, nobody)
    if status == -EINVAL { return false }
    try SystemCallError.check(status, "setresuid")
    return true
  }
}
