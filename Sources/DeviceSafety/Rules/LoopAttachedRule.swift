import DeviceProbe

/// R15: a loop device that reads from a disk keeps nobody from opening the disk exclusively; only looking helps.
enum LoopAttachedRule: SafetyRule {
  static let number = "R15"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    candidate.stacks { $0 == .loopOnDevice || $0 == .loopOnFile }
      .map { Objection(.loopAttached, .x, rule: number, text: $0.sentence, chain: $0.steps) }
  }
}
