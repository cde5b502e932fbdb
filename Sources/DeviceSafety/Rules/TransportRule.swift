import DeviceProbe

/// R5: only the way a disk is attached makes it a stick; everything else is a disk of this machine.
///
/// Its ancestors in sysfs decide, never what the device says of itself.
enum TransportRule: SafetyRule {
  static let number = "R5"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let disk = candidate.disk
    switch disk.transport {
    case .usb: return usb(disk)
    case .sd:
      // The removable flag of card readers says nothing; the host's word for the card does.
      guard disk.mmcType == "SD" else { return internalDisk(disk, "is not known to be an SD card") }
      return []
    case .thunderbolt:
      let text = "\(disk.name) is attached through Thunderbolt"
      return [Objection(.external, .b, rule: number, text: text, chain: [disk.name])]
    case .mmc: return internalDisk(disk, "is soldered flash memory (eMMC)")
    case .sata: return internalDisk(disk, "is attached through SATA")
    case .nvme: return internalDisk(disk, "is an NVMe disk")
    case .virtio: return internalDisk(disk, "is a disk of this virtual machine")
    case .scsi: return internalDisk(disk, "is attached through SCSI")
    case .other: return internalDisk(disk, "is attached in an unknown way")
    case .loop, .virtual, .optical, .floppy, .network: return []
    }
  }

  private static func usb(_ disk: BlockDevice) -> [Objection] {
    // "unknown" is what most ports say; "fixed" means soldered or built in.
    switch disk.usb?.removable {
    case "removable", "unknown": []
    case "fixed": internalDisk(disk, "is built in, although attached through USB")
    default: internalDisk(disk, "does not tell whether its USB device is built in")
    }
  }

  private static func internalDisk(_ disk: BlockDevice, _ reason: String) -> [Objection] {
    var objections = [
      Objection(
        .internalDisk, .c, rule: number, text: "\(disk.name) \(reason): an internal disk",
        chain: [disk.name])
    ]
    if disk.confirmationSerial == nil {
      // Class C is confirmed by the serial number; without one nobody can say which disk is meant.
      objections.append(
        Objection(
          .unknownAttribute, .x, rule: "R6",
          text: "\(disk.name) is an internal disk without a serial number to confirm it by",
          chain: [disk.name]))
    }
    return objections
  }
}

extension BlockDevice {
  /// What is typed to confirm an internal disk: its serial number, or else its world wide name.
  var confirmationSerial: String? {
    [identity.serial, identity.wwn].compactMap(\.self).first { !$0.isEmpty }
  }
}
