import BlockIO
import DeviceProbe

/// R4: a partition is no target, and its disk is never silently taken instead.
enum WholeDiskRule: SafetyRule {
  static let number = "R4"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    guard let place = candidate.disk.partition else { return [] }
    let name = candidate.disk.name
    let parent = snapshot[place.disk]?.name ?? place.disk.description
    return [
      Objection(
        .notWholeDisk, .x, rule: number,
        text: "\(name) is partition \(place.number) of the disk \(parent), not a whole disk",
        chain: [parent, name])
    ]
  }
}
