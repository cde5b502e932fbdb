import Foundation

/// Ways in which disks hang on real machines, as sysfs shows them.
extension FakeSystem {
  static let bus = "devices/pci0000:00/0000:00:14.0"

  /// A USB device with one storage interface, behind `hubs` hubs; returns the directory of its SCSI unit.
  @discardableResult
  func usb(
    port: String = "1-1", driver: String = "usb-storage", host: Int = 2, _ attributes: [String: String] = [:],
    scsi: [String: String] = [:], below bus: String = FakeSystem.bus
  ) throws -> String {
    try node(bus, "pci")
    try node("\(bus)/usb1", "usb", ["idVendor": "1d6b", "idProduct": "0002", "speed": "480"])
    var path = "\(bus)/usb1"
    // 1-1.4 hangs on the hub 1-1.
    let steps = port.split(separator: ".")
    for index in steps.indices {
      path += "/" + steps[...index].joined(separator: ".")
      try node(path, "usb", ["idVendor": "05e3", "idProduct": "0610", "speed": "480", "product": "Hub"])
    }
    let usual = [
      "idVendor": "0781", "idProduct": "5581", "speed": "5000", "version": " 3.20", "removable": "removable",
      "manufacturer": "SanDisk'", "product": "Ultra", "serial": "4C53000123",
    ]
    try node(path, "usb", usual.merging(attributes) { $1 })
    let interface = "\(path)/\(port):1.0"
    try node(interface, "usb")
    try link("\(interface)/driver", to: "bus/usb/drivers/\(driver)")
    try node("\(interface)/host\(host)", "scsi")
    try node("\(interface)/host\(host)/target\(host):0:0", "scsi")
    let unit = "\(interface)/host\(host)/target\(host):0:0/\(host):0:0:0"
    try node(
      unit, "scsi", ["type": "0", "vendor": "SanDisk ", "model": "Ultra           "].merging(scsi) { $1 })
    return unit
  }

  /// A SCSI unit below a host of any kind; returns its directory.
  func scsi(below parent: String, host: Int = 0, _ attributes: [String: String]) throws -> String {
    try node("\(parent)/host\(host)", "scsi")
    try node("\(parent)/host\(host)/target\(host):0:0", "scsi")
    let unit = "\(parent)/host\(host)/target\(host):0:0/\(host):0:0:0"
    try node(unit, "scsi", ["type": "0"].merging(attributes) { $1 })
    return unit
  }

  /// An AHCI port with a disk; returns the directory of its SCSI unit.
  func ahci(_ attributes: [String: String] = [:], controller: [String: String] = [:]) throws -> String {
    let pci = "devices/pci0000:00/0000:00:17.0"
    try node(pci, "pci", controller)
    try node("\(pci)/ata1/ata_port/ata1", "ata_port")
    return try scsi(
      below: "\(pci)/ata1", ["vendor": "ATA     ", "model": "CT500MX500SSD1  "].merging(attributes) { $1 })
  }

  /// A card in a reader on PCI; returns the directory of the card.
  func card(type: String, below parent: String = "devices/pci0000:00/0000:02:00.0") throws -> String {
    try node(parent, "pci")
    try node("\(parent)/mmc_host/mmc0", "mmc_host")
    let card = "\(parent)/mmc_host/mmc0/mmc0:aaaa"
    try node(card, "mmc", ["type": type, "name": "SN64G", "serial": "0x1234abcd", "cid": "0353"])
    return card
  }

  /// An NVMe controller; returns its directory.
  func nvme(
    _ name: String = "nvme0", transport: String = "pcie", port: [String: String] = [:],
    below parent: String = "devices/pci0000:00/0000:00:1d.0/0000:03:00.0"
  ) throws -> String {
    try node((parent as NSString).deletingLastPathComponent, "pci", port)
    try node(parent, "pci", port)
    let path = "\(parent)/nvme/\(name)"
    try node(path, "nvme", ["transport": transport, "model": "Samsung SSD 980 ", "serial": "S64 "])
    return path
  }
}
