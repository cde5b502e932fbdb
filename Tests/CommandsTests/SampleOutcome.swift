import BlockIO
import DeviceSafety
import ImageInspector
import ImageSource
import ImageTrust
import Sandbox
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import Writer

extension Parting.Outcome {
  /// One of each that letting a drive give its medium out can have.
  static let ofEjection: [Parting.Outcome] = [
    .done, .unsupported, .withheld, .failed(SystemCallError(call: "eject", errno: .ioError)),
  ]
  /// One of each that taking a USB device off can have.
  static let ofPowerOff = ofEjection + [.shared(["/dev/sdc"])]
}

extension WriteOutcome {
  /// A write of 5 MiB onto a stick of 64 GB that succeeded.
  static func sample(_ capacity: CapacityEvidence? = nil, rewritten: Differences? = nil) throws
    -> WriteOutcome
  {
    let geometry = BlockGeometry(
      byteCount: 64_000_000_000, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: 1)
    let probing = CapacityProbing(seed: 1, toleratesFake: true)
    let order = WriteOrder(
      image: "a.iso", target: "usb-00000000", request: .init(), isYes: true, digest: .none,
      allowsDamaged: false, allowsPacked: false, probing: probing, isQuiet: false, isJSON: false)
    let scratch = try ScratchDirectory()
    try scratch.write([1], to: "image")
    let source = try OpenedImage(
      opening: scratch.path + "/image", acceptsDevice: false, asIs: false, in: FakeWorld().context)
    let trust = TrustReport(ClaimSelection(of: [], taken: []), image: PassFindings(), file: nil)
    let sought = try SoughtTrust(TrustWish(), for: source, in: FakeWorld().context)
    return WriteOutcome(
      order: order,
      identity: TargetIdentity(
        kind: .disk(DeviceNumber(major: 8, minor: 16)), path: "/dev/sdb", name: "Stick", id: "usb-00000000",
        geometry: geometry),
      plan: try WritePlan(imageLength: .exact(5 << 20), geometry: geometry, digest: .none, probing: probing),
      source: source,
      image: Inspected(report: .init(byteCount: 5 << 20), confinement: .init()), writer: .init(),
      impossible: [],
      proof: WriteReport(
        imageByteCount: 5 << 20, writtenByteCount: 5 << 20, sha256: nil, trust: trust,
        cacheFlush: .confirmed, retries: 0,
        writing: .seconds(1), verifying: .seconds(1), partitionsPublished: true, capacity: capacity,
        rewritten: rewritten,
        chunks: try #require(
          MediumChunks(extents: [0..<512], digests: [ChunkDigest(of: [UInt8]().span)]))),
      trust: TrustStatement(trust, sought, of: source), undo: nil, standstill: Standstill())
  }
}
