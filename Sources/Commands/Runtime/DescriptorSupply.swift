import Glibc

/// How many descriptors this process may have open, which `ulimit -n` and its like bound.
///
/// Where they end, libdispatch crashes as its first thread asks for an epoll descriptor, programs that are started lack
/// their libraries (127), and whatever else is opened fails at places that nobody can foresee.
enum DescriptorSupply {
  /// What any task takes before it is known what is wanted.
  static let least: UInt64 = 16
  /// What any run may use.
  private static let ofRun: UInt64 = 48
  /// What each target of a run may use besides.
  private static let ofTarget: UInt64 = 16
  /// What the soft limit is raised to: enough for hundreds of targets, where 1024 is what Linux gives (INR_OPEN_CUR).
  private static let ample: rlim_t = 4096

  /// How many descriptors a run may use.
  static func needed(for targetCount: Int) -> UInt64 { ofRun + UInt64(targetCount) * ofTarget }

  /// The soft limit of this process; nil where there is none.
  static var limit: UInt64? {
    guard let limits, limits.rlim_cur != rlim_t.max else { return nil }
    return UInt64(limits.rlim_cur)
  }

  /// Raises a lower soft limit to what is ample, as far as the hard limit permits it.
  static func raise() {
    guard var limits, limits.rlim_cur < min(ample, limits.rlim_max) else { return }
    limits.rlim_cur = min(ample, limits.rlim_max)
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
  }

  private static var limits: rlimit? {
    var limits = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return nil }
    return limits
  }
}
