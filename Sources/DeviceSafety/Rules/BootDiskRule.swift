import DeviceProbe

/// R21: the disk that the firmware or the boot loader started this system from is part of it, mounted or not.
enum BootDiskRule: SafetyRule {
  static let number = "R21"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let claims = candidate.claimed(as: [.firmware, .loader], in: snapshot)
    guard !claims.isEmpty else { return [] }
    let system = RunningSystem(from: candidate, in: snapshot)
    let isInMemory = snapshot.claims.contains { $0.kind == .memory }
    return claims.map { claimed in
      // A live system in memory no longer needs its stick: LiveMediumRule speaks of that (R23).
      if isInMemory, system != .here { return LiveMediumRule.objection(to: claimed) }
      if let clone = claimed.cloneObjection(number, system, on: candidate) { return clone }
      return Objection(
        .systemDisk, .x, rule: number,
        text: "\(claimed.device.name) is where this system was started from, by \(claimed.evidence)",
        chain: claimed.chain)
    }.uniqued()
  }
}

extension ClaimedDevice {
  /// The objection where the tag is on another disk too and the running system surely is not on this one; nil
  /// where it may be the original.
  func cloneObjection(_ rule: String, _ system: RunningSystem, on candidate: Candidate) -> Objection? {
    guard case .elsewhere(let other) = system, let twin = twins.first, claim.tag.kind != .number else {
      return nil
    }
    return Objection(
      .systemClone, .b, rule: rule,
      text:
        "\(device.name) cannot be told from \(twin.name), which the system on \(other) needs, by \(evidence): \(candidate.disk.name) seems to be a copy",
      chain: chain)
  }

  /// The file and what stands in it.
  var evidence: String { "\(claim.source): \(claim.text)" }

  /// The steps from the disk to the claim.
  var chain: [String] { [device.name, "named in \(claim.source)"] }
}
