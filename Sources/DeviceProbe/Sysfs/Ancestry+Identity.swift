import BlockIO

extension Ancestry {
  /// What the hardware says of itself, from sysfs alone.
  func identity(of disk: String) -> HardwareIdentity {
    var identity = HardwareIdentity()
    if let card = nearest("mmc")?.path {
      identity.model = text("name", of: card)
      identity.serial = text("serial", of: card)
    } else if let scsi = nearest("scsi")?.path {
      identity.vendor = text("vendor", of: scsi)
      // libata fills in its own name.
      if identity.vendor == "ATA" { identity.vendor = nil }
      identity.model = text("model", of: scsi)
      identity.serial = usbDevice == nil ? unitSerial(of: scsi) : nil
      identity.wwn = text("wwid", of: scsi)
    } else if let controller = nearest("nvme")?.path ?? nearest("nvme-subsystem")?.path {
      identity.model = text("model", of: controller)
      identity.serial = text("serial", of: controller)
      identity.wwn = text("wwid", of: disk)
    } else {
      // virtio-blk keeps its serial with the disk; `device/vendor` is a PCI number there.
      identity.serial = text("serial", of: disk)
    }
    guard let usb = usbDevice, nearest("mmc") == nil else { return identity }
    identity.vendor = identity.vendor ?? text("manufacturer", of: usb)
    identity.model = identity.model ?? text("product", of: usb)
    identity.serial = text("serial", of: usb) ?? nearest("scsi").flatMap { unitSerial(of: $0.path) }
    return identity
  }

  /// The vital product data page 0x80 (SPC-5 section 7.7.19): the length in bytes 2 and 3, then ASCII.
  private func unitSerial(of scsi: String) -> String? {
    guard let page = tree.bytes("vpd_pg80", of: scsi), page.count > 4, page[1] == 0x80 else { return nil }
    let length = Int(page[2]) << 8 | Int(page[3])
    return String(decoding: page.dropFirst(4).prefix(length), as: UTF8.self).trimmed
  }

  /// Whether a SCSI disk was asked for its rotation rate and named none, as flash behind UAS often does.
  ///
  /// The kernel calls it rotational then (SBC-4 section 6.6.2, bytes 4 and 5 of page B1: 0 is "not reported").
  var leavesRotationOpen: Bool {
    guard let scsi = nearest("scsi"), let page = tree.bytes("vpd_pgb1", of: scsi.path), page.count >= 6
    else { return false }
    return page[4] == 0 && page[5] == 0
  }
}
