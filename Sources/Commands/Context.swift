import BlockIO
import DeviceProbe
import DeviceSafety
import ImageSource
import SystemPackage
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
  /// Reads what is on the one disk that is to be written; nil where it cannot be read.
  var contents: @Sendable (BlockDevice) -> Contents?
  /// Finds the signatures that tools would still find on a disk after its table is gone.
  var signatures: @Sendable (String) -> [Range<UInt64>]
  /// Takes a mount away; only where the person has asked for it (R26).
  var unmount: @Sendable (String) throws(SystemCallError) -> Void
  /// The name of the person who runs burin, also through sudo; nil where it is not known.
  var user: String?
  /// Begins to listen to what happens to disks; nil where nobody tells.
  var hotPlug: @Sendable () -> (any HotPlugSource)? = { nil }
  /// The lists of protected disks that are always read.
  var protectionFiles = ProtectionFiles.system
  /// The one of them that `burin protect` changes; nil where no place for it is known.
  var ownProtectionFile: FilePath?
  /// Decodes a compressed image, in a process of its own; nil for a file that is not compressed.
  var unpack: @Sendable (RawImage) throws(ImageSourceError) -> CompressedImage? = {
    file throws(ImageSourceError) in try CompressedImage(in: file)
  }
  /// Says what an image is.
  var inspect: @Sendable (RawImage) throws(Refusal) -> Inspected
  /// Who opens disks for somebody who is not root; nil for root.
  var broker: DeviceBroker?
  /// Has the broker's kernel read a disk's new partition table, and says whether it did.
  var rescan: @Sendable (String, DeviceNumber) -> Bool
  /// The signal that ended the run, if one did.
  var stopSignal: @Sendable () -> Int32?
  /// Where what is about to be lost is kept.
  var undo: UndoEnvironment

  /// Creates a context from its parts.
  init(
    stdout: any TextSink, stderr: any TextSink, prompter: any Prompter, allowsColor: Bool = true,
    now: @escaping @Sendable () -> Duration,
    snapshot: @escaping @Sendable ([AnchorRequest]) -> DeviceSnapshot,
    probeContents: @escaping @Sendable (inout DeviceSnapshot, [DeviceNumber]) -> Void,
    contents: @escaping @Sendable (BlockDevice) -> Contents?,
    signatures: @escaping @Sendable (String) -> [Range<UInt64>],
    unmount: @escaping @Sendable (String) throws(SystemCallError) -> Void, user: String?,
    inspect: @escaping @Sendable (RawImage) throws(Refusal) -> Inspected,
    broker: DeviceBroker? = nil,
    rescan: @escaping @Sendable (String, DeviceNumber) -> Bool = { _, _ in false },
    stopSignal: @escaping @Sendable () -> Int32?, undo: UndoEnvironment = UndoEnvironment()
  ) {
    self.stdout = stdout
    self.stderr = stderr
    self.prompter = prompter
    self.allowsColor = allowsColor
    self.now = now
    self.snapshot = snapshot
    self.probeContents = probeContents
    self.contents = contents
    self.signatures = signatures
    self.unmount = unmount
    self.user = user
    self.inspect = inspect
    self.broker = broker
    self.rescan = rescan
    self.stopSignal = stopSignal
    self.undo = undo
  }
}
