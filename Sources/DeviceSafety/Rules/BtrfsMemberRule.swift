import DeviceProbe

/// R14: every member of a mounted btrfs file system is in use, though the mount table names only one.
enum BtrfsMemberRule: SafetyRule {
  static let number = "R14"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    candidate.uses.filter { use in
      if use.hops.isEmpty, case .btrfs = use.end { true } else { false }
    }.map { Objection(.btrfsMember, .x, rule: number, text: $0.sentence, chain: $0.steps) }
  }
}
