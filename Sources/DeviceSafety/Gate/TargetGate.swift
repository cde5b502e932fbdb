public import DeviceProbe

/// The only way to a device that can be written.
///
/// It opens a target exclusively, locks it, compares it with what was chosen and lets every rule look at it
/// while it is held; nothing is written before ``PendingTarget/approve(confirming:)``.
public struct TargetGate: Sendable {
  private let takeSnapshot: @Sendable () -> DeviceSnapshot

  /// Creates a gate that looks at the machine through a function.
  ///
  /// The function is called anew for every check, so it must look anew every time.
  public init(snapshot takeSnapshot: @escaping @Sendable () -> DeviceSnapshot) {
    self.takeSnapshot = takeSnapshot
  }

  /// Opens, locks and checks a target; nothing is written to it.
  public func open(
    _ argument: TargetArgument, _ request: SafetyRequest = SafetyRequest()
  ) throws(GateError) -> PendingTarget {
    throw .notFound(path: "")
  }
}
