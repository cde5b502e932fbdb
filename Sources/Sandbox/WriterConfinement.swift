import CLinuxBlock

/// What the process that writes has given up: everything but what it has open (R47).
///
/// It is put up when the target is approved, everything else is open and no process needs to be started any more,
/// and before the first byte is written; it stays to the end. From then on a fault of this program can reach the
/// disk that was confirmed and the record for `burin undo`, and no other disk, file or process.
///
/// - What is open stays as usable as before, the partition table is read again, and everything can be read.
/// - Opening for writing, creating, renaming, removing, starting, signalling, connecting, mounting and the like are
///   refused with `EPERM`. Nothing is killed for trying: a refusal must not look like a broken stick.
/// - Openings and requests to devices are judged by a list of what is allowed, since one that is missed there writes
///   elsewhere; the rest by a list of what is refused, since one that is missed there would end a good write in the
///   path of an error that nobody has tried. What later kernels add is refused.
/// - Landlock is no part of it: a process behind it sees no other process's descriptors, and the last look for those
///   who can write to the disk (R17) needs these. For the same reason root's identity stays, and the capabilities
///   that ``renounceNeedless()`` leaves.
public struct WriterConfinement: Hashable, Sendable {
  /// What the process may still do besides.
  public struct Exceptions: Hashable, Sendable {
    /// Processes of its own that it may still kill, of those that it has started before.
    public var children: [Int32]
    /// Whether it may still connect, as somebody without root must, to have the kernel read the new table.
    public var keepsConnections: Bool

    /// Creates a set of exceptions, by default none.
    public init(children: [Int32] = [], keepsConnections: Bool = false) {
      self.children = children
      self.keepsConnections = keepsConnections
    }
  }

  /// A barrier that a kernel may lack, or that what runs burin may forbid; the write goes on without it.
  public enum Barrier: Hashable, Sendable, CaseIterable {
    /// Only the system calls that writing needs are answered, in every thread (seccomp).
    case callFilter
    /// Needless rights of root are gone.
    case capabilities
  }

  /// The barriers that could not be put up.
  public var missing: Set<Barrier>

  /// Creates a confinement that lacks something.
  public init(missing: Set<Barrier> = []) { self.missing = missing }

  /// Gives up, in every thread of the process and for good, what writing does not need.
  /// - Parameter hasRenounced: whether ``renounceNeedless()`` did when the process began.
  public static func enter(_ exceptions: Exceptions, hasRenounced: Bool) -> WriterConfinement {
    let status = unsafe exceptions.children.withUnsafeBufferPointer { children in
      // Safe: the filter is made of copies of them.
      unsafe clb_confine_writer(children.baseAddress, children.count, exceptions.keepsConnections)
    }
    var confinement = WriterConfinement()
    if status < 0 { confinement.missing.insert(.callFilter) }
    if !hasRenounced { confinement.missing.insert(.capabilities) }
    return confinement
  }

  /// Gives up the capabilities that no run uses, raw commands to any device above all.
  ///
  /// To be called before there is a second thread: the kernel takes them from the calling thread only, and other
  /// threads inherit what it has. What this process starts as root has them again and gives them up by itself.
  /// - Returns: whether they are gone.
  public static func renounceNeedless() -> Bool { clb_keep_needed_capabilities() == 0 }
}
