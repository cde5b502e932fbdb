import BlockIO
import DeviceProbe

extension GateError {
  /// A refusal because somebody uses the target in a way that no snapshot shows.
  static func refusedAsBusy(_ name: String, rule: String, _ text: String) -> GateError {
    .refused(Assessment(objections: [Objection(.busy, .x, rule: rule, text: text, chain: [name])]))
  }

  /// A refusal for one reason.
  static func refused(by objection: Objection) -> GateError {
    .refused(Assessment(objections: [objection]))
  }

  /// What a failed recheck means.
  init(_ error: RecheckError) {
    switch error {
    case .changed(let change): self = .changed(change)
    case .inUse(let assessment): self = .refused(assessment)
    case .system(let error): self = .system(error)
    }
  }
}

extension Assessment {
  /// Refuses where something is left that no given option lifts.
  func requireNothing(beyond request: SafetyRequest) throws(GateError) {
    let rest = lifting(request.lifted)
    guard rest.objections.isEmpty else { throw .refused(rest) }
  }
}
