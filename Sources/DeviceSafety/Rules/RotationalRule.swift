import DeviceProbe

/// Classes of section 8: what rotates is a hard disk, not a stick.
///
/// Behind `usb-storage` the kernel calls every disk rotational that does not deny it, and sticks do not
/// (`sd_read_block_characteristics`); only UAS and Thunderbolt disks answer the question.
enum RotationalRule: SafetyRule {
  static let number = "classes"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let disk = candidate.disk
    let answers =
      disk.transport == .thunderbolt || disk.transport == .usb && disk.usb?.driver != "usb-storage"
    guard answers, disk.isRotational != false else { return [] }
    return [
      Objection(
        .rotational, .b, rule: number, text: "\(disk.name) is a rotating hard disk", chain: [disk.name])
    ]
  }
}
