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

  /// What a confined process is for.
  public enum Purpose: Hashable, Sendable {
    /// To look at a file and give one answer: one thread, for a while.
    case inspection
    /// To read a file to its end and give one answer: one thread, for as long as that takes.
    case comparison
    /// To read a file to its end and hand on what it makes of it, on several threads, as long as somebody takes it.
    case decoding
    /// To ask servers for a file and hand on what they send, as long as somebody takes it.
    case fetching

    /// What is there already, libraries and the reserved space of threads above all, counts as well; in bytes.
    fileprivate var addressSpace: UInt64 {
      switch self {
      // A few megabytes are kept.
      case .inspection, .comparison: 1 << 30
      // Half a gigabyte is kept at most, and every thread reserves a tenth of that besides.
      case .decoding: 2 << 30
      // Two dozen libraries and a thread that asks for names.
      case .fetching: 2 << 30
      }
    }

    /// In seconds.
    fileprivate var processorTime: UInt64 {
      switch self {
      // Far more than the longest inspection takes.
      case .inspection: 60
      // The digest of a file of a terabyte.
      case .comparison: 3600
      case .decoding, .fetching: .max
      }
    }
  }

  /// The barriers that could not be put up.
  public var missing: Set<Barrier>

  /// Creates a confinement that lacks something.
  public init(missing: Set<Barrier> = []) { self.missing = missing }

  /// The user and the group that own nothing.
  private static let nobody: UInt32 = 65534

  /// Gives up everything but the open descriptors, memory and some processor time.
  ///
  /// To be called while the process has one thread: some of it holds for the calling thread only.
  /// - Parameters:
  ///   - purpose: what it has to be able to do all the same.
  ///   - isRoot: whether there is an identity to give up.
  /// - Throws: ``SystemCallError``; nothing that somebody else made may be read then.
  public static func enter(for purpose: Purpose, isRoot: Bool) throws(SystemCallError) -> Confinement {
    var missing: Set<Barrier> = []
    try SystemCallError.check(clb_no_new_privileges(), "prctl PR_SET_NO_NEW_PRIVS")
    if isRoot, try !becomeNobody() { missing.insert(.nobody) }
    try SystemCallError.check(clb_drop_capabilities(), "capset")
    // It would die with the thread that started it, and a pass over an image is handed from thread to thread.
    // The others end with their reader all the same: the first write to a pipe that nobody reads kills a decoder, and
    // who fetches is told.
    if purpose == .inspection || purpose == .comparison {
      try SystemCallError.check(clb_die_with_parent(), "prctl PR_SET_PDEATHSIG")
    }
    if try !closeFiles(to: purpose) { missing.insert(.landlock) }
    // Landlock needs a descriptor; from here on there may be no further one.
    let hasThreads = purpose == .decoding
    if purpose == .decoding { clb_keep_memory() }
    let limited =
      purpose == .fetching
      ? clb_limit_fetching(purpose.addressSpace)
      : clb_limit(purpose.addressSpace, purpose.processorTime, hasThreads)
    try SystemCallError.check(limited, "setrlimit")
    let filtered = purpose == .fetching ? clb_filter_fetching() : clb_filter_calls(hasThreads)
    if filtered == -ENOSYS {
      missing.insert(.callFilter)
    } else {
      try SystemCallError.check(filtered, "seccomp")
    }
    return Confinement(missing: missing)
  }

  /// Whether the kernel has Landlock; then no file can be opened but those that the purpose needs.
  private static func closeFiles(to purpose: Purpose) throws(SystemCallError) -> Bool {
    var version: CInt = 0
    let status =
      purpose == .fetching
      ? unsafe clb_landlock_fetching(&version) : unsafe clb_landlock_nothing(&version)
    try SystemCallError.check(status, "landlock_restrict_self")
    return version > 0
  }

  /// Whether the user namespace has a nobody; in one that has not, root is nobody's root already.
  private static func becomeNobody() throws(SystemCallError) -> Bool {
    let status = clb_become(nobody, nobody)
    if status == -EINVAL { return false }
    try SystemCallError.check(status, "setresuid")
    return true
  }
}

extension Confinement {
  /// Makes this process another user's, for good, with that user's group and no other.
  /// - Returns: whether it is; otherwise it may be so in part, and has to end.
  public static func becomes(user: UInt32, group: UInt32) -> Bool { clb_become(user, group) == 0 }
}
