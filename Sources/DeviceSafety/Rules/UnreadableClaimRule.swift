import DeviceProbe
import SystemPackage

/// R6: a file that may say that the system needs a disk, and cannot be read or understood.
///
/// What the kernel itself uses is still known, so that it does not refuse every disk: whoever writes has to say
/// that the disk is not needed. A listing overlooks what only root may read, since its reader cannot write either.
enum UnreadableClaimRule: SafetyRule {
  static let number = "R6"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let name = candidate.disk.name
    return snapshot.unreadable.filter { $0.isClaimSource && !(request.isForListing && $0.isForbidden) }
      .map { source in
        let isConfiguration = ["/etc/", "/run/"].contains { source.path.hasPrefix($0) }
        let doubt =
          isConfiguration ? "\(name) may be named in it" : "\(name) may be where this system came from"
        return Objection(
          isConfiguration ? .configured : .bootedFrom, .b, rule: number,
          text: "\(source.path) cannot be read (\(source.reason)), so that \(doubt)",
          chain: [name, source.path])
      }
  }
}

extension UnreadableSource {
  fileprivate var isForbidden: Bool {
    [Errno.permissionDenied, .notPermitted].contains { $0.description == reason }
  }
}
