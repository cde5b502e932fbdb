import BlockIO
import Glibc

/// How many threads a run has at once, which `ulimit -u` and a cgroup's `pids.max` bound.
///
/// Where the kernel refuses one, libdispatch tries again for ever (`_dispatch_root_queue_poke_slow`, queue.c) and the
/// run stands still, be it in the midst of a write; so whether there can be enough is found out before.
enum ThreadSupply {
  /// What each target of a run takes: its lanes and what is saved of it.
  private static let ofTarget = 8
  /// What a run takes besides: helpers that watch, tell and decode.
  private static let ofRun = 8
  /// The pool has a thread per processor, and no run has more than this many jobs for it.
  private static var ofPool: Int { min(max(sysconf(CInt(_SC_NPROCESSORS_ONLN)), 1), 32) }

  /// What any task takes before it is known what is wanted, and all that one without a target does.
  static var least: Int { ofPool + 2 }

  /// How many threads a run may have at once.
  static func needed(for targetCount: Int) -> Int {
    min(BackgroundThread.most, ofPool + ofRun + targetCount * ofTarget)
  }
}
