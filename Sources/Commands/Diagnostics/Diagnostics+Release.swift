import BlockIO
import DeviceSafety
import SystemPackage
import Terminal

extension Diagnostic {
  /// Words for mounts that `--unmount` does not take away; nothing was unmounted.
  init(_ obstacle: MountRelease.Obstacle, target: String) {
    switch obstacle {
    case .otherUse(let objection): self.init(Assessment(objections: [objection]), target: target)
    case .otherUser(let mountPoint, let user):
      self.init(
        unreleased: "\(mountPoint) is a mount of the user \(user)", target: target,
        toFix: "ask \(user) to unmount it, or choose another disk")
    case .bindMount(let mountPoint):
      self.init(
        unreleased: "at \(mountPoint) a directory of it is mounted, not all of it", target: target,
        toFix: "unmount it yourself: `umount \(mountPoint)`")
    case .covered(let mountPoint):
      self.init(
        unreleased: "something else has been mounted over \(mountPoint)", target: target,
        toFix: "unmount what lies above it first")
    }
  }

  /// Words for a mount that the kernel does not take away.
  init(unmounting mountPoint: String, _ error: SystemCallError) {
    let isBusy = error.errno == .resourceBusy
    self.init(
      .targetInUse, error.errno == .notPermitted ? .notPermitted : .targetRefused,
      "\(mountPoint) cannot be unmounted",
      because: [isBusy ? "a program has a file or a directory on it open" : SanitizedText(error)],
      toFix: isBusy
        ? "close what uses it; `fuser --verbose --mount \(mountPoint)` names the programs"
        : "unmount it yourself: `umount \(mountPoint)`")
  }

  private init(unreleased reason: SanitizedText, target: String, toFix: SanitizedText) {
    self.init(
      .targetInUse, .targetRefused, "\(target) is in use and will not be written", because: [reason],
      toFix: toFix)
  }
}
