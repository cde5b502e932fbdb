import DeviceProbe
import Synchronization

/// The look at the machine that an approval needs, taken while something else is done with the target.
///
/// It counts for ``TargetGate/freshness``, as every look does; after that the approval looks once more.
public final class EarlyLook: Sendable {
  /// What a look has found, and when it began.
  struct Finding: Sendable {
    let began: ContinuousClock.Instant
    let snapshot: DeviceSnapshot
    let report: OpenerReport
  }

  private let freshness: Duration
  private let look: (@Sendable () -> Finding)?
  private let finding = Mutex<Finding?>(nil)

  /// - Parameter disk: what is looked at; nil where there is nothing to be gained, as of a virtual stick.
  init(_ gate: TargetGate, at disk: BlockDevice?) {
    freshness = gate.freshness
    if let disk {
      look = { gate.finding(at: disk) }
    } else {
      look = nil
    }
  }

  /// Looks; blocks for as long as that takes.
  public func take() {
    guard let found = look?() else { return }
    finding.withLock { $0 = found }
  }

  /// What was found, as long as that counts.
  func recent(at now: ContinuousClock.Instant = .now) -> Finding? {
    finding.withLock(\.self).flatMap { now - $0.began > freshness ? nil : $0 }
  }
}

extension TargetGate {
  /// Looks anew at the machine, and notes when.
  func finding(at disk: BlockDevice) -> EarlyLook.Finding {
    let began = ContinuousClock.now
    let (snapshot, report) = look(at: disk)
    return EarlyLook.Finding(began: began, snapshot: snapshot, report: report)
  }
}
