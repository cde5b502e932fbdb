import Glibc

/// How much address space this process may use, which `ulimit -v` and its like bound.
///
/// A thread takes 8 MiB of it for its stack and, where nothing bounds it, 64 MiB and more for what it allocates, nearly
/// all of which is never touched; where it ends, allocations fail in places that can only crash.
enum AddressSpace {
  /// What any run that has threads may use, in bytes.
  static let usual: UInt64 = 384 << 20
  /// What each target of a run may use besides, in bytes.
  static let ofTarget: UInt64 = 64 << 20

  /// The limit of this process in bytes; nil where there is none.
  static var limit: UInt64? {
    var limits = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0,
      limits.rlim_cur != UInt64(bitPattern: -1)
    else { return nil }
    return UInt64(limits.rlim_cur)
  }
}
