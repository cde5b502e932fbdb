import BlockIO
import DeviceProbe
import DeviceSafety
import ImageInspector
import ImageSource
import Terminal
import UndoStore
import Writer

/// A stick that was written and proven, as it has to come back.
struct AwaitedStick: Sendable {
  /// What was held open.
  let identity: TargetIdentity
  /// What it said of itself.
  let fingerprint: DiskFingerprint
  /// What was proven of it, piece by piece, in memory: the image is not needed to compare it.
  let chunks: MediumChunks
  /// What was written, to find the bytes in a piece that differs; nil where that is another thing than what is there.
  let image: Written?
  /// What the image is.
  let report: ImageReport
  /// Where its progress is told.
  let track: ProgressTrack

  /// An image that comes onto a stick as it is.
  struct Written: Sendable {
    let source: any ImageSource
    let byteCount: UInt64
  }

  /// Takes a target over whose write is done.
  init(_ ready: ReadyMember, _ proof: WriteReport, _ chunks: MediumChunks, _ opened: WriteParty.Opened) {
    let member = ready.member
    (identity, fingerprint, self.chunks) = (member.identity, member.fingerprint, chunks)
    // A decoder is a process, and none can be started any more; a table that was moved is not the image's.
    let isAsItWas = opened.image.packed == nil && opened.image.map == nil && chunks == proof.chunks
    image =
      isAsItWas ? Written(source: opened.image.content, byteCount: proof.imageByteCount) : nil
    report = opened.image.report(by: opened.inspected.report)
    track = ProgressTrack(ProgressMeter(), name: "\(identity.path)", id: identity.id)
  }

  /// Takes what is known of one.
  init(
    _ identity: TargetIdentity, _ fingerprint: DiskFingerprint, _ chunks: MediumChunks, _ image: Written?,
    _ report: ImageReport
  ) {
    (self.identity, self.fingerprint, self.chunks) = (identity, fingerprint, chunks)
    (self.image, self.report) = (image, report)
    track = ProgressTrack(ProgressMeter(), name: "\(identity.path)", id: identity.id)
  }
}
