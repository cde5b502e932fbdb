import BlockIO
import Foundation
import TestSupport
import Testing

@testable import DeviceProbe

@Suite("with a real libudev on a fake machine")
struct UdevTests {
  /// Where this test, started once more by umockdev-run, is to write what it sees.
  private static let output = "BURIN_SNAPSHOT_OUTPUT"

  @Test("udev fills gaps in names and never decides: a USB disk stays one where udev says ATA")
  func decorates() throws {
    if let path = ProcessInfo.processInfo.environment[Self.output] {
      try DeviceProbe.snapshot().text.write(toFile: path, atomically: false, encoding: .utf8)
      return
    }
    let scratch = try ScratchDirectory()
    try scratch.write(Array(machine.utf8), to: "machine.umockdev")
    // On Linux the test bundle is a program.
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    try scratch.run(
      """
      \(Self.output)=$PWD/snapshot umockdev-run --device machine.umockdev -- \
        '\(program)' --testing-library swift-testing --filter DeviceProbeTests.UdevTests
      """)
    let text = String(decoding: try scratch.contents("snapshot"), as: UTF8.self)
    let snapshot = try DeviceSnapshot(parsing: text)
    let disk = try #require(snapshot.devices.first)
    #expect(snapshot.devices.count == 1)
    #expect(disk.transport == .usb && disk.usb?.port == "1-1" && disk.usb?.speed == 5000)
    // R14: a path of a multipath disk, whether or not the disk has been assembled.
    #expect(snapshot.hiddenUses == [HiddenUse(.multipathPath, of: disk.number)])
    // Sysfs has a vendor, which stays; the rest is the helpers' of udev.
    #expect(
      disk.identity
        == HardwareIdentity(
          vendor: "Generic", model: "Fancy_Drive", serial: "UDEV123", wwn: "0x5000c500a1b2c3d4"))
  }
}

@Suite("udevd's own records")
struct UdevRecordTests {
  @Test("tell when it saw a device first and what is on it, without blanks around")
  func record() {
    let text =
      "S:disk/by-id/x\nI:1234567\nE:ID_FS_UUID=ab-cd \nE:ID_FS_UUID_ENC=other\nE:ID_PART_TABLE_UUID=ef\nG:systemd\n"
    let notes = UdevNotes(record: Array(text.utf8))
    #expect(notes == UdevNotes(initialized: "1234567", tableUUID: "ef", fileSystemUUID: "ab-cd"))
  }

  @Test("of which nothing is known here are notes all the same: udevd has seen the device")
  func bare() {
    #expect(UdevNotes(record: Array("I:1\nV:1\n".utf8)) == UdevNotes(initialized: "1"))
    for nothing in ["", "\n", "E:ID_FS_UUID=\nE:X=\u{FFFD}"] {
      #expect(UdevNotes(record: Array(nothing.utf8)) == nil, "R6: a record that was cut off is none")
    }
    #expect(UdevNotes(recordOf: DeviceNumber(major: 4_000, minor: 1)) == nil)
  }
}

private let machine = #"""
  P: /devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host2/target2:0:0/2:0:0:0/block/sdb
  N: sdb
  E: SUBSYSTEM=block
  E: DEVNAME=/dev/sdb
  E: DEVTYPE=disk
  E: MAJOR=8
  E: MINOR=16
  E: ID_BUS=ata
  E: ID_VENDOR=Other
  E: ID_MODEL=Fancy_Drive
  E: ID_SERIAL_SHORT=UDEV123
  E: ID_WWN=0x5000c500a1b2c3d4
  E: DM_MULTIPATH_DEVICE_PATH=1
  A: dev=8:16\n
  A: size=2097152\n
  A: ro=0\n
  A: removable=0\n

  P: /devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host2/target2:0:0/2:0:0:0
  E: SUBSYSTEM=scsi
  E: DEVTYPE=scsi_device
  A: type=0\n
  A: vendor=Generic \n

  P: /devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0
  E: SUBSYSTEM=usb
  E: DEVTYPE=usb_interface

  P: /devices/pci0000:00/0000:00:14.0/usb1/1-1
  E: SUBSYSTEM=usb
  E: DEVTYPE=usb_device
  A: idVendor=0781\n
  A: speed=5000\n

  """#
