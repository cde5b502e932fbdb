import DeviceProbe

/// Classes of section 8: a USB disk whose medium does not leave the drive may be an external hard disk or SSD.
enum FixedMediumRule: SafetyRule {
  static let number = "classes"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let disk = candidate.disk
    guard disk.transport == .usb, disk.isRemovable != true else { return [] }
    return [
      Objection(
        .fixedMedium, .b, rule: number,
        text: "\(disk.name) is a USB disk with a fixed medium, as external disks are",
        chain: [disk.name])
    ]
  }
}
