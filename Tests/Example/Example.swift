import BlockIO
import DeviceProbe
import DeviceSafety
import ImageInspector
import ImageSource
import SystemPackage
import Writer

/// Shows what the libraries do: where an image boots, and how it gets onto a stick and is proven to be there.
///
///     Example IMAGE STICK
///
/// STICK is a file in the place of a stick, of the size that the stick is to have.
@main
struct Example {
  static func main() async throws {
    guard CommandLine.arguments.count == 3 else {
      print("usage: Example IMAGE STICK")
      return
    }
    let (image, stick) = (CommandLine.arguments[1], CommandLine.arguments[2])
    probe()
    try inspect(image)
    try await write(image, onto: stick)
    try await verify(stick, holds: image)
  }

  /// DeviceProbe: what disks there are.
  static func probe() {
    let disks = DeviceProbe.snapshot().devices.filter(\.isWholeDisk)
    print("disks: \(disks.count), of which \(disks.count { $0.transport == .usb }) are attached by USB")
  }

  /// ImageInspector: where an image boots.
  static func inspect(_ image: String) throws {
    let report = try ImageInspector.inspect(FileBytes(opening: FilePath(image)))
    print("kind: \(report.kind), to be written as it is: \(report.verdict == .raw)")
    print("boots from a stick with a BIOS: \(report.boots.stickBIOS.value)")
    for finding in report.findings { print("\(finding.severity): \(finding.id)") }
  }

  /// Writer: nothing is written but to a target that the gate has opened and somebody has confirmed.
  static func write(_ path: String, onto stick: String) async throws {
    let gate = TargetGate(snapshot: { DeviceProbe.snapshot() })
    let pending = try gate.open(.virtualStick(path: stick))
    let image = try RawImage(opening: path, acceptsDevice: false)
    try pending.requireRoom(for: image.byteCount)
    let plan = try WritePlan(
      imageLength: image.length, geometry: pending.identity.geometry,
      staleSignatures: pending.staleSignatures(), digest: .sha256)
    let id = pending.consent.id
    let target = try pending.approve(confirming: .typed(id: id))
    let report = try await ImageWriter.write(image, plan: plan, to: target, progress: ProgressMeter())
    print("written and read back: \(report.imageByteCount) bytes")
  }

  /// Writer too: whether a stick still holds an image, read past every cache.
  static func verify(_ stick: String, holds path: String) async throws {
    let medium = try MediumReader(opening: stick, expecting: nil, diskSequence: nil)
    let image = try RawImage(opening: path, acceptsDevice: false)
    let report = try await MediumVerifier.verify(image, against: medium, progress: ProgressMeter())
    print("differing bytes: \(report.differences.byteCount)")
  }
}
