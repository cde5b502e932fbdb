import Testing

@testable import BlockIO

@Suite("What the kernel says of a disk")
struct KernelLogTests {
  private static let link =
    "../../devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2.4/1-2.4:1.0/host6/target6:0:0/6:0:0:0/block/sdb"

  private func record(_ text: String) throws -> KernelRecord {
    try #require(KernelRecord(parsing: Array(text.utf8)))
  }

  @Test("a record is taken apart: its text, and the device that it speaks of")
  func parsing() throws {
    let plain = try record("6,1234,5140900,-;usb 1-2.4: reset high-speed USB device\n")
    #expect(plain.text == "usb 1-2.4: reset high-speed USB device" && plain.device == nil)
    let full = try record("3,7,9,-,caller=T7;I/O error; sector 5\n SUBSYSTEM=block\n DEVICE=b8:16\n")
    #expect(full.text == "I/O error; sector 5" && full.device == "b8:16")
    for text in ["", "6,1,2", "\n"] { #expect(KernelRecord(parsing: Array(text.utf8)) == nil) }
    #expect(try record(";").text == "")
  }

  @Test(
    "records that name the disk, its SCSI address or its port are about it",
    arguments: [
      "3,1,1,-;sd 6:0:0:0: [sdb] tag#0 FAILED Result: hostbyte=DID_ERROR",
      "3,1,1,-;I/O error, dev sdb, sector 2048 op 0x1:(WRITE) flags 0x8800",
      "3,1,1,-;Buffer I/O error on device sdb",
      "6,1,1,-;usb 1-2.4: reset high-speed USB device number 5 using xhci_hcd",
      "6,1,1,-;usb-storage 1-2.4:1.0: USB Mass Storage device detected",
      "4,1,1,-;anything\n SUBSYSTEM=scsi\n DEVICE=+scsi:6:0:0:0\n",
      "4,1,1,-;anything\n SUBSYSTEM=usb\n DEVICE=+usb:1-2.4:1.0\n",
      "4,1,1,-;anything\n SUBSYSTEM=block\n DEVICE=b8:16\n",
    ])
  func concerned(text: String) throws {
    let names = try #require(KernelNames(of: DeviceNumber(major: 8, minor: 16), link: Self.link))
    #expect(try names.concern(record(text)))
  }

  @Test(
    "records that name others are not",
    arguments: [
      "3,1,1,-;sd 6:0:0:1: [sdba] tag#0 FAILED", "3,1,1,-;I/O error, dev sdc, sector 1",
      "6,1,1,-;usb 1-2: reset high-speed USB device", "6,1,1,-;usb 1-2.40: new device",
      "6,1,1,-;pages 1-2.4 of something", "6,1,1,-;sd 16:0:0:0: [sdd] Attached",
      "4,1,1,-;anything\n SUBSYSTEM=block\n DEVICE=b8:160\n", "6,1,1,-;sdbx and xsdb",
    ])
  func others(text: String) throws {
    let names = try #require(KernelNames(of: DeviceNumber(major: 8, minor: 16), link: Self.link))
    #expect(try !names.concern(record(text)))
  }

  @Test("a disk without SCSI or USB is known by its name; one that the kernel has not, by none")
  func plain() throws {
    let number = DeviceNumber(major: 179, minor: 0)
    let names = try #require(
      KernelNames(of: number, link: "../../devices/pci0/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0"))
    #expect(try names.concern(record("3,1,1,-;I/O error, dev mmcblk0, sector 5")))
    #expect(try !names.concern(record("3,1,1,-;usb 1-2.4: reset")))
    #expect(KernelNames(of: DeviceNumber(major: 4095, minor: 4095)) == nil)
  }
}
