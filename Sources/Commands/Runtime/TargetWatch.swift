import BlockIO
import DeviceProbe
import DeviceSafety
import Synchronization
import Terminal

/// Looks after the disk that a question is about, as long as the question is open (R7).
final class TargetWatch: Sendable {
  private let source: any HotPlugSource
  private let disk: WatchedDisk
  private let state = Mutex<Disturbance?>(nil)

  /// Watches a target that is held open; nil for a virtual stick, and where the kernel tells nothing.
  /// - Parameter source: began to listen before the target was opened, so that nothing is missed.
  init?(_ identity: TargetIdentity, _ source: (any HotPlugSource)?) {
    guard let source, case .disk(let number) = identity.kind else { return nil }
    self.source = source
    disk = WatchedDisk(number: number, diskSequence: identity.geometry.diskSequence)
  }

  /// What has become of the disk, if anything was noticed.
  var disturbance: Disturbance? { state.withLock(\.self) }

  /// What ends the question.
  var interruption: PromptInterruption {
    PromptInterruption(descriptor: source.descriptor) { [self] in
      guard let found = source.disturbance(of: disk) else { return false }
      state.withLock { $0 = found }
      return true
    }
  }
}
