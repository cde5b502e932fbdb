import DeviceProbe

/// One rule of the policy: a pure function from facts to objections.
///
/// A rule never relaxes what another one objects to, and takes what is unknown for the worse case (R6).
protocol SafetyRule {
  /// The rule's number in the specification, such as `R11`.
  static var number: String { get }
  /// What the rule has against writing to a candidate.
  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection]
}
