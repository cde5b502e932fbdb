import BlockIO
import DeviceProbe

@testable import DeviceSafety

/// A random machine that grows.
struct Scene {
  var snapshot: DeviceSnapshot
  /// The device that was stacked last.
  private(set) var top = Machine.secondPartition
  private var nextMinor: UInt32 = 0

  init(_ random: inout some RandomNumberGenerator) {
    snapshot = Machine.idle()
    snapshot.devices.append(Self.disk(&random, "sdc", DeviceNumber(major: 8, minor: 32)))
    if Bool.random(using: &random) {
      stack(onto: Machine.firstPartition, height: Int.random(in: 1...3, using: &random), &random)
    }
  }

  /// Every device's objections without their words: what is found, how grave and by which rule.
  func verdicts() -> [DeviceNumber: Set<String>] {
    var verdicts: [DeviceNumber: Set<String>] = [:]
    for device in snapshot.devices {
      verdicts[device.number] = Set(
        SafetyPolicy.assess(device, in: snapshot, SafetyRequest(allowsLoop: true)).objections
          .map { "\($0.id) \($0.severity) \($0.rule)" })
    }
    return verdicts
  }

  /// Adds one use of a random device.
  mutating func addUse(_ random: inout some RandomNumberGenerator) {
    let number = snapshot.devices.randomElement(using: &random)?.number ?? Machine.stick
    switch Int.random(in: 0..<6, using: &random) {
    case 0: snapshot.mounts.append(Machine.mount(number, "/mnt\(nextMinor)"))
    case 1:
      let process = ProcessName(id: 5, command: "x")
      snapshot.mounts.append(Machine.mount(number, "/mnt\(nextMinor)", process: process))
    case 2: snapshot.swaps.append(SwapArea(path: "/s", device: number, isFile: Bool.random(using: &random)))
    case 3: snapshot.btrfsVolumes.append(BtrfsVolume(uuid: "u\(nextMinor)", members: [number]))
    case 4: snapshot.anchors.append(Anchor(purpose: .systemDirectory, path: "/usr", devices: [number]))
    default: stack(onto: number, height: 1, &random)
    }
    nextMinor += 1
  }

  /// Builds devices on each other.
  mutating func stack(onto number: DeviceNumber, height: Int, _ random: inout some RandomNumberGenerator) {
    top = number
    for _ in 0..<height {
      nextMinor += 1
      let device: BlockDevice
      switch Int.random(in: 0..<4, using: &random) {
      case 0: device = Machine.mapped(nextMinor, name: "vg-lv", uuid: "LVM-x", on: [top])
      case 1: device = Machine.mapped(nextMinor, name: "c", uuid: "CRYPT-LUKS2-x", on: [top])
      case 2:
        device = Machine.virtual(
          "md\(nextMinor)", DeviceNumber(major: 9, minor: nextMinor), .md(level: "raid0", state: "clean"),
          [top])
      default:
        let inFile = Bool.random(using: &random)
        device = Machine.virtual(
          "loop\(nextMinor)", DeviceNumber(major: 7, minor: nextMinor),
          .loop(path: "/f", fileSystem: inFile ? top : nil, node: inFile ? nil : top), transport: .loop)
      }
      snapshot.devices.append(device)
      top = device.number
    }
  }

  /// A random disk of any transport.
  static func disk(
    _ random: inout some RandomNumberGenerator, _ name: String = "sdb", _ number: DeviceNumber = Machine.stick
  ) -> BlockDevice {
    let transport = Transport.allCases.randomElement(using: &random) ?? .usb
    var disk = Machine.disk(name, number, transport: transport)
    disk.byteCount = [0, 1 << 30, 1 << 40].randomElement(using: &random)
    disk.isReadOnly = Bool.random(using: &random)
    disk.isRemovable = Bool.random(using: &random)
    disk.isRotational = Bool.random(using: &random)
    disk.usb?.removable = ["removable", "fixed", "unknown"].randomElement(using: &random)
    disk.usb?.driver = ["uas", "usb-storage"].randomElement(using: &random)
    return disk
  }
}
