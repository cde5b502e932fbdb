import DeviceProbe

/// R20: what the system or this run lives on is never written, through however many layers.
enum SystemDiskRule: SafetyRule {
  static let number = "R20"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    var objections: [Objection] = candidate.uses.compactMap { use in
      guard case .anchor(let anchor) = use.end else { return nil }
      return Objection(anchor.objection, .x, rule: number, text: use.sentence, chain: use.steps)
    }
    // A loop device over the image itself: its file is not built on the device, it is the device.
    if case .loop(let path, _, _) = candidate.disk.virtual {
      objections += snapshot.anchors.filter { $0.path == path }.map {
        let name = candidate.disk.name
        return Objection(
          $0.objection, .x, rule: number, text: "\(name) stands for \($0.purpose.noun) \(path)",
          chain: [name, path])
      }
    }
    return objections
  }
}

extension Anchor {
  fileprivate var objection: Objection.ID { purpose == .image ? .holdsImage : .systemDisk }
}
