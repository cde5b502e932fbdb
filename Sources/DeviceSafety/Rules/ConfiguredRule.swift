import DeviceProbe

/// R24: a disk that the system's configuration names is somebody's, such as a backup disk that is mounted at
/// night, even if nobody uses it now.
enum ConfiguredRule: SafetyRule {
  static let number = "R24"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let claims = candidate.claimed(as: [.configuration, .startup], in: snapshot)
    guard !claims.isEmpty else { return [] }
    let system = RunningSystem(from: candidate, in: snapshot)
    var named: Set<String> = []
    return claims.compactMap { claimed in
      // systemd makes units of the lines of /etc/fstab: one of the two is enough.
      let isFirst = named.insert(claimed.device.name).inserted
      guard isFirst || !claimed.claim.source.hasPrefix("/run/systemd/") else { return nil }
      if let clone = claimed.cloneObjection(number, system, on: candidate) { return clone }
      return Objection(
        .configured, .b, rule: number,
        text: "\(claimed.device.name) is named in \(claimed.evidence)", chain: claimed.chain)
    }.uniqued()
  }
}
