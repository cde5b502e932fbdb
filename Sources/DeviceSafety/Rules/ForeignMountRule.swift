import BlockIO
import DeviceProbe

/// R12: a mount that only another mount namespace sees, such as a container's, counts like any other.
enum ForeignMountRule: SafetyRule {
  static let number = "R12"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    var seen: Set<DeviceNumber> = []
    // A hundred processes may share the namespace: one of them is evidence enough.
    return candidate.uses.filter { use in
      guard use.hops.isEmpty, case .mount(let mount) = use.end, mount.process != nil else { return false }
      return seen.insert(use.start.number).inserted
    }.map { Objection(.mounted, .x, rule: number, text: $0.sentence, chain: $0.steps) }
  }
}
