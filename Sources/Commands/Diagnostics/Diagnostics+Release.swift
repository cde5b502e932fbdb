import BlockIO
import DesktopBus
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

  /// Words for a mount that is not taken away by who was asked to.
  init(unmounting mountPoint: String, _ error: UnmountError, signal: Int32?) {
    let itself: SanitizedText = "unmount it yourself: `umount \(mountPoint)`"
    switch error {
    case .kernel(let error) where error.errno == .resourceBusy: self.init(busy: mountPoint)
    case .service(.busy): self.init(busy: mountPoint)
    case .kernel(let error):
      self.init(
        mounted: mountPoint, error.errno == .notPermitted ? .notPermitted : .targetRefused,
        SanitizedText(error), toFix: itself)
    case .service(.unavailable(let reason)):
      self.init(
        mounted: mountPoint, .notPermitted,
        "only root unmounts it, and UDisks2, which could do it for you, is not there: \(SanitizedText(sentence: reason))",
        toFix: "run it with sudo, or unmount it first")
    case .service(.notAuthorized(let reason)):
      self.init(
        mounted: mountPoint, .notPermitted,
        "polkit does not permit you to have UDisks2 unmount it: \(reason)",
        toFix: "run it with sudo, or where somebody can be asked for a password")
    case .service(.failed(let reason)):
      self.init(
        mounted: mountPoint, .targetRefused, "UDisks2 says: \(SanitizedText(sentence: reason))", toFix: itself
      )
    case .service(.cancelled): self = .cancelled(by: signal)
    }
  }

  private init(busy mountPoint: String) {
    self.init(
      mounted: mountPoint, .targetRefused, "a program has a file or a directory on it open",
      toFix: "close what uses it; `fuser --verbose --mount \(mountPoint)` names the programs")
  }

  private init(
    mounted mountPoint: String, _ exit: ExitStatus, _ reason: SanitizedText, toFix: SanitizedText
  ) {
    self.init(.targetInUse, exit, "\(mountPoint) cannot be unmounted", because: [reason], toFix: toFix)
  }

  private init(unreleased reason: SanitizedText, target: String, toFix: SanitizedText) {
    self.init(
      .targetInUse, .targetRefused, "\(target) is in use and will not be written", because: [reason],
      toFix: toFix)
  }
}
