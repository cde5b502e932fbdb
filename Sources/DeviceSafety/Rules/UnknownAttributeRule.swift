import DeviceProbe

/// R6: what cannot be known counts as the worst that it could be.
enum UnknownAttributeRule: SafetyRule {
  static let number = "R6"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let disk = candidate.disk
    var reasons: [String] = []
    if disk.byteCount == nil { reasons.append("the size of \(disk.name) cannot be read") }
    if disk.logicalBlockSize == nil { reasons.append("the block size of \(disk.name) cannot be read") }
    if disk.physicalBlockSize == nil {
      reasons.append("the physical block size of \(disk.name) cannot be read")
    }
    if disk.isReadOnly == nil {
      reasons.append("whether \(disk.name) is write-protected cannot be read")
    }
    reasons += snapshot.unreadable.filter { !$0.isClaimSource && concerns($0, candidate, snapshot) }
      .map { "\($0.path) cannot be read (\($0.reason)), so that \(disk.name) may be in use unseen" }
    reasons += snapshot.swaps.filter { $0.device == nil }
      .map { "the swap area \($0.path) may be on \(disk.name)" }
    reasons += snapshot.devices.filter { $0.number != disk.number && isLoopWithoutSource($0) }
      .map { "the loop device \($0.name) may read from \(disk.name)" }
    return reasons.map { Objection(.unknownAttribute, .x, rule: number, text: $0, chain: [disk.name]) }
  }

  /// Whether a source that could not be read may have shown something about a candidate.
  private static func concerns(
    _ source: UnreadableSource, _ candidate: Candidate, _ snapshot: DeviceSnapshot
  ) -> Bool {
    // The processes of others: what they have mounted keeps the exclusive open from succeeding.
    let parts = source.path.split(separator: "/")
    if parts.count > 2, parts[0] == "proc", parts[1].allSatisfy(\.isNumber) { return false }
    // What lies below one device's place in sysfs concerns that device alone, if the place is known.
    let owner = snapshot.devices.filter { source.path.hasPrefix("/sys/" + $0.sysfsPath + "/") }
      .max { $0.sysfsPath.count < $1.sysfsPath.count }
    guard let owner else { return true }
    if owner.number == candidate.disk.number { return true }
    return candidate.partitions.contains { $0.number == owner.number }
      || candidate.uses.contains { $0.hops.contains { $0.number == owner.number } }
  }

  private static func isLoopWithoutSource(_ device: BlockDevice) -> Bool {
    if case .loop(_, nil, nil) = device.virtual { true } else { false }
  }
}
