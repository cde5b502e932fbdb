import DeviceProbe

/// R14: a disk is not written while the kernel swaps to it.
enum SwapRule: SafetyRule {
  static let number = "R14"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    candidate.uses.filter { use in
      if use.hops.isEmpty, case .swap = use.end { true } else { false }
    }.map { Objection(.swap, .x, rule: number, text: $0.sentence, chain: $0.steps) }
  }
}
