import DeviceProbe

/// R10: without a medium, or with one that refuses writes, nothing can be written.
enum MediumRule: SafetyRule {
  static let number = "R10"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let disk = candidate.disk
    var objections: [Objection] = []
    if disk.byteCount == 0 {
      objections.append(
        Objection(.noMedium, .x, rule: number, text: "\(disk.name) has no medium in it", chain: [disk.name]))
    }
    if disk.isReadOnly == true {
      objections.append(
        Objection(
          .readOnly, .x, rule: number, text: "\(disk.name) is write-protected", chain: [disk.name]))
    }
    return objections
  }
}
