import BlockIO
import DeviceProbe

/// R13, R14: uses that have no mount, holder or loop device to show, such as a journal on a disk of its own.
enum HiddenUseRule: SafetyRule {
  static let number = "R14"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    var layered: Set<DeviceNumber> = []
    return candidate.uses.compactMap { use in
      guard use.hops.isEmpty, case .hidden(let hidden, _) = use.end else { return nil }
      // A hundred containers may share the layers: one of them is evidence enough.
      if hidden.kind == .layer, !layered.insert(use.start.number).inserted { return nil }
      return Objection(hidden.objection, .x, rule: hidden.rule, text: use.sentence, chain: use.steps)
    }
  }
}

extension HiddenUse {
  fileprivate var rule: String { kind == .fileSystem ? "R13" : HiddenUseRule.number }

  fileprivate var objection: Objection.ID {
    switch kind {
    case .fileSystem: .busy
    case .exported: .exported
    case .member, .journal, .auxiliary, .layer, .cache, .multipathPath: .held
    }
  }
}
