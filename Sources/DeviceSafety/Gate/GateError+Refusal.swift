import BlockIO
import DeviceProbe

extension GateError {
  /// A refusal because somebody uses the target in a way that no snapshot shows.
  static func refusedAsBusy(_ name: String, rule: String, _ text: String) -> GateError {
    .refused(Assessment(objections: [Objection(.busy, .x, rule: rule, text: text, chain: [name])]))
  }

  /// What a failed recheck means.
  init(_ error: RecheckError) {
    switch error {
    case .changed(let change): self = .changed(change)
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

extension HeldDevice {
  /// Takes the partitions away, or refuses where somebody has one open (R18).
  mutating func quiesce(_ partitions: [BlockDevice]) throws(GateError) {
    let busy: BlockDevice?
    do throws(SystemCallError) { busy = try removePartitions(partitions) } catch { throw .system(error) }
    guard let busy else { return }
    throw .refusedAsBusy(busy.name, rule: "R18", "another program has the partition \(busy.name) open")
  }
}
