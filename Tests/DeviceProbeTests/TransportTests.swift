import BlockIO
import DeviceProbe
import Testing

@Suite("how a disk is attached")
struct TransportTests {
  @Test("a USB stick behind two hubs")
  func stick() throws {
    let system = try FakeSystem()
    let unit = try system.usb(port: "1-1.4.2")
    try system.disk("\(unit)/block/sdb", "8:16", bytes: 31 << 30, ["removable": "1"])
    let disk = try system.onlyDisk()
    #expect(disk.transport == .usb)
    #expect(disk.name == "sdb" && disk.path == "/dev/sdb" && disk.sysfsPath == "\(unit)/block/sdb")
    #expect(disk.byteCount == 31 << 30 && disk.logicalBlockSize == 512 && disk.physicalBlockSize == 4096)
    #expect(disk.isRemovable == true && disk.isReadOnly == false && disk.isRotational == false)
    #expect(disk.diskSequence == 7 && disk.virtual == nil && !disk.isHidden && !disk.isZoned)
    var place = USBPlace(port: "1-1.4.2")
    (place.speed, place.version, place.vendorID, place.productID) = (5000, "3.20", "0781", "5581")
    (place.removable, place.driver) = ("removable", "usb-storage")
    #expect(disk.usb == place)
    #expect(
      disk.identity == HardwareIdentity(vendor: "SanDisk", model: "Ultra", serial: "4C53000123"))
  }

  @Test("a USB SSD with removable=0, which udev calls an ATA disk")
  func enclosure() throws {
    let system = try FakeSystem()
    let unit = try system.usb(
      driver: "uas", ["serial": "", "removable": "unknown"],
      scsi: ["vendor": "ASMT", "model": "2115", "wwid": "naa.5000c500a1b2c3d4"])
    try system.file("sys/\(unit)/vpd_pg80", [0, 0x80, 0, 4] + Array("ZA1B".utf8))
    try system.disk("\(unit)/block/sdc", "8:32", ["queue/rotational": "1"])
    let disk = try system.onlyDisk()
    #expect(disk.transport == .usb && disk.usb?.driver == "uas" && disk.isRotational == true)
    #expect(
      disk.identity
        == HardwareIdentity(vendor: "ASMT", model: "2115", serial: "ZA1B", wwn: "naa.5000c500a1b2c3d4"))
  }

  @Test(
    "what does not name its rotation rate is not called a hard disk",
    arguments: [([0, 0xb1, 0, 60, 0, 0], false), ([0, 0xb1, 0, 60, 0x1c, 0x20], true), ([0, 0xb1], true)])
  func rotationRate(page: [UInt8], isRotational: Bool) throws {
    let system = try FakeSystem()
    let unit = try system.usb(driver: "uas", ["serial": "1"])
    try system.file("sys/\(unit)/vpd_pgb1", page)
    try system.disk("\(unit)/block/sdc", "8:32", ["queue/rotational": "1"])
    #expect(try system.onlyDisk().isRotational == isRotational)
  }

  @Test("a vital product data page of any length is read without a trap", arguments: [0, 3, 4, 5, 200])
  func shortPage(count: Int) throws {
    let system = try FakeSystem()
    let unit = try system.usb(["serial": ""])
    try system.file(
      "sys/\(unit)/vpd_pg80",
      Array([0, 0x80, 0xff, 0xff] + Array(repeating: 0x41, count: 196)).prefix(count).map { $0 })
    try system.disk("\(unit)/block/sdc", "8:32")
    #expect(try system.onlyDisk().identity.serial?.utf8.count ?? 0 == max(0, count - 4))
  }

  @Test("a USB card reader without a card")
  func emptyReader() throws {
    let system = try FakeSystem()
    let unit = try system.usb()
    try system.disk("\(unit)/block/sdb", "8:16", bytes: 0, ["removable": "1"])
    let snapshot = DeviceProbe.snapshot(root: system.root, probing: { _ in true })
    #expect(snapshot.devices.map(\.byteCount) == [0])
    #expect(snapshot.devices[0].transport == .usb && snapshot.devices[0].contents == nil)
  }

  @Test(
    "a card in a reader on PCI is SD, a soldered one is not",
    arguments: [("SD", Transport.sd), ("MMC", .mmc), ("odd", .mmc)])
  func cards(type: String, transport: Transport) throws {
    let system = try FakeSystem()
    let card = try system.card(type: type)
    try system.disk("\(card)/block/mmcblk0", "179:0")
    let disk = try system.onlyDisk()
    #expect(disk.transport == transport && disk.mmcType == type)
    #expect(disk.identity == HardwareIdentity(model: "SN64G", serial: "0x1234abcd"))
  }

  @Test("a card in a USB reader with a host of its own is SD, at a USB port")
  func cardBehindUSB() throws {
    let system = try FakeSystem()
    let unit = try system.usb(driver: "rtsx_usb")
    let card = try system.card(type: "SD", below: unit)
    try system.disk("\(card)/block/mmcblk1", "179:8")
    let disk = try system.onlyDisk()
    #expect(disk.transport == .sd && disk.usb?.port == "1-1" && disk.usb?.driver == "rtsx_usb")
    #expect(disk.identity.model == "SN64G")
  }

  @Test("the boot areas of an eMMC belong to their disk; the rpmb is no block device")
  func bootAreas() throws {
    let system = try FakeSystem()
    let card = try system.card(type: "MMC")
    let main = "\(card)/block/mmcblk0"
    try system.disk(main, "179:0")
    try system.disk("\(main)/mmcblk0boot0", "179:8", ["force_ro": "1", "ro": "1"])
    try system.node("\(card)/mmcblk0rpmb", "mmc_rpmb", ["dev": "240:0"])
    let snapshot = system.snapshot()
    #expect(snapshot.devices.map(\.name) == ["mmcblk0", "mmcblk0boot0"])
    #expect(snapshot.devices.map(\.mainArea) == [nil, DeviceNumber(major: 179, minor: 0)])
    #expect(snapshot.devices.allSatisfy { $0.transport == .mmc && $0.mmcType == "MMC" })
  }

  @Test("an AHCI disk that kernel 6.9 calls removable is SATA")
  func removableAHCI() throws {
    let system = try FakeSystem()
    try system.disk("\(try system.ahci())/block/sda", "8:0", ["removable": "1"])
    let disk = try system.onlyDisk()
    #expect(disk.transport == .sata && disk.isRemovable == true && disk.usb == nil)
    #expect(disk.identity.vendor == nil && disk.identity.model == "CT500MX500SSD1")
  }

  @Test(
    "NVMe by its transport",
    arguments: [("pcie", Transport.nvme), ("apple-nvme", .nvme), ("tcp", .network), ("fc", .network)])
  func nvme(name: String, transport: Transport) throws {
    let system = try FakeSystem()
    let controller = try system.nvme(transport: name)
    try system.disk("\(controller)/nvme0n1", "259:0", ["wwid": "eui.0025385b"])
    let disk = try system.onlyDisk()
    #expect(disk.transport == transport)
    #expect(disk.identity == HardwareIdentity(model: "Samsung SSD 980", serial: "S64", wwn: "eui.0025385b"))
  }

  @Test(
    "a multipath NVMe namespace is what its controllers are",
    arguments: [("pcie", Transport.nvme), ("tcp", .network)])
  func multipath(second: String, transport: Transport) throws {
    let system = try FakeSystem()
    let subsystem = "devices/virtual/nvme-subsystem/nvme-subsys0"
    try system.node(subsystem, "nvme-subsystem", ["model": "Samsung", "serial": "S64"])
    for (name, kind) in [("nvme0", "pcie"), ("nvme1", second)] {
      let path = try system.nvme(
        name, transport: kind, below: "devices/pci0000:00/0000:00:1d.0/0000:0\(name.last ?? "9"):00.0")
      try system.link("\(subsystem)/\(name)", to: path)
      // The hidden paths have no number: nobody can open them.
      let hidden = "\(path)/nvme0c\(name.last ?? "9")n1"
      try system.node(hidden, "block", ["hidden": "1", "size": "2048"])
      try system.link("class/block/nvme0c\(name.last ?? "9")n1", to: hidden)
    }
    try system.disk("\(subsystem)/nvme0n1", "259:0")
    let disk = try system.onlyDisk()
    #expect(disk.transport == transport && disk.virtual == nil && disk.identity.model == "Samsung")
  }

  @Test("an NVMe or AHCI drive behind a port of Thunderbolt")
  func thunderbolt() throws {
    let system = try FakeSystem()
    let controller = try system.nvme(port: ["removable": "removable"])
    try system.disk("\(controller)/nvme0n1", "259:0")
    #expect(try system.onlyDisk().transport == .thunderbolt)
    let other = try FakeSystem()
    try other.disk("\(try other.ahci(controller: ["removable": "removable"]))/block/sda", "8:0")
    #expect(try other.onlyDisk().transport == .thunderbolt)
    let stick = try FakeSystem()
    try stick.node(FakeSystem.bus, "pci", ["removable": "removable"])
    try stick.disk("\(try stick.usb())/block/sda", "8:0")
    #expect(try stick.onlyDisk().transport == .usb)
  }

  @Test("virtio, with a serial of its own and a vendor that is a number")
  func virtio() throws {
    let system = try FakeSystem()
    let parent = "devices/pci0000:00/0000:00:02.0/virtio1"
    try system.node(parent, "virtio", ["vendor": "0x1af4"])
    try system.disk("\(parent)/block/vda", "254:0", ["serial": "root-disk"])
    let disk = try system.onlyDisk()
    #expect(disk.transport == .virtio && disk.identity == HardwareIdentity(serial: "root-disk"))
  }

  @Test("disks of a network, whatever they claim to be")
  func network() throws {
    for (below, marker) in [
      ("devices/platform/host3/session1", "iscsi_session/session1"),
      ("devices/pci0000:00/0000:04:00.0/host3/rport-3:0-0", "fc_remote_ports/rport-3:0-0"),
      ("devices/pci0000:00/0000:04:00.0/host3/port-3:1", "srp_remote_ports/port-3:1"),
    ] {
      let system = try FakeSystem()
      try system.node("\(below)/\(marker)")
      let unit = try system.scsi(below: below, host: 4, ["vendor": "LIO-ORG ", "model": "disk"])
      try system.disk("\(unit)/block/sdb", "8:16", ["removable": "1"])
      #expect(try system.onlyDisk().transport == .network, "\(marker)")
    }
  }

  @Test("SCSI without a better word, and platform devices")
  func others() throws {
    let system = try FakeSystem()
    let unit = try system.scsi(below: "devices/pci0000:00/0000:04:00.0", ["model": "SAS"])
    try system.disk("\(unit)/block/sda", "8:0")
    try system.disk("devices/platform/soc/pmem.0/block/pmem0", "259:3")
    #expect(system.snapshot().devices.map(\.transport) == [.scsi, .other])
  }

  @Test("drives of discs, on any bus, and floppies")
  func discs() throws {
    let system = try FakeSystem()
    try system.disk("\(try system.usb(scsi: ["type": "5"]))/block/sr0", "11:0", bytes: 0)
    try system.disk("devices/platform/floppy.0/block/fd0", "2:0", bytes: 0)
    #expect(system.snapshot().devices.map(\.transport) == [.floppy, .optical])
  }
}
