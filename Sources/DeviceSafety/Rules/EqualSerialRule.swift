import DeviceProbe

/// R9: a link is made from what devices say of themselves, and of two that say the same the last one has it.
enum EqualSerialRule: SafetyRule {
  static let number = "R9"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let disk = candidate.disk
    guard request.isNamedByLink, let serial = disk.identity.serial else { return [] }
    let twins = snapshot.devices.filter {
      $0.isWholeDisk && $0.number != disk.number && $0.identity.serial == serial
    }
    return twins.map { twin in
      Objection(
        .ambiguous, .x, rule: number,
        text: "\(disk.name) and \(twin.name) have the same serial number \(serial): the link may mean either",
        chain: [disk.name, twin.name])
    }
  }
}
