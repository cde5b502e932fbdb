import BlockIO
import DeviceProbe
import DeviceSafety
import ImageSource
import Terminal

/// The world as a command sees it; tests put another one in its place.
struct Context: Sendable {
  /// Where results go.
  var stdout: any TextSink
  /// Where progress and diagnostics go.
  var stderr: any TextSink
  /// Who is asked.
  var prompter: any Prompter
  /// Whether colours are wanted.
  var allowsColor: Bool
  /// The time since some moment; it never goes back.
  var now: @Sendable () -> Duration
  /// Looks at the machine's devices, with the files of this run as anchors.
  var snapshot: @Sendable ([AnchorRequest]) -> DeviceSnapshot
  /// Has the contents of some disks of a snapshot read.
  var probeContents: @Sendable (inout DeviceSnapshot, [DeviceNumber]) -> Void
  /// Finds the signatures that tools would still find on a disk after its table is gone.
  var signatures: @Sendable (String) -> [Range<UInt64>]
  /// Says what an image is.
  var inspect: @Sendable (RawImage) throws(Refusal) -> Inspected
  /// Who opens disks for somebody who is not root; nil for root.
  var broker: DeviceBroker?
  /// Has the broker's kernel read a disk's new partition table, and says whether it did.
  var rescan: @Sendable (String, DeviceNumber) -> Bool
  /// The signal that ended the run, if one did.
  var stopSignal: @Sendable () -> Int32?

  /// Creates a context from its parts.
  init(
    stdout: any TextSink, stderr: any TextSink, prompter: any Prompter, allowsColor: Bool = true,
    now: @escaping @Sendable () -> Duration,
    snapshot: @escaping @Sendable ([AnchorRequest]) -> DeviceSnapshot,
    probeContents: @escaping @Sendable (inout DeviceSnapshot, [DeviceNumber]) -> Void,
    signatures: @escaping @Sendable (String) -> [Range<UInt64>],
    inspect: @escaping @Sendable (RawImage) throws(Refusal) -> Inspected,
    broker: DeviceBroker? = nil,
    rescan: @escaping @Sendable (String, DeviceNumber) -> Bool = { _, _ in false },
    stopSignal: @escaping @Sendable () -> Int32?
  ) {
    self.stdout = stdout
    self.stderr = stderr
    self.prompter = prompter
    self.allowsColor = allowsColor
    self.now = now
    self.snapshot = snapshot
    self.probeContents = probeContents
    self.signatures = signatures
    self.inspect = inspect
    self.broker = broker
    self.rescan = rescan
    self.stopSignal = stopSignal
  }
}
