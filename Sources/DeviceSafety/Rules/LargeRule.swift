import DeviceProbe

/// Classes of section 8: what is larger than sticks usually are may be somebody's backup disk.
enum LargeRule: SafetyRule {
  static let number = "classes"
  /// The largest size of class A, in bytes.
  static let limit: UInt64 = 256 << 30

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let disk = candidate.disk
    guard let byteCount = disk.byteCount, byteCount > limit else { return [] }
    return [
      Objection(
        .large, .b, rule: number,
        text: "\(disk.name) holds \(byteCount >> 30) GiB, more than the \(limit >> 30) GiB of usual sticks",
        chain: [disk.name])
    ]
  }
}
