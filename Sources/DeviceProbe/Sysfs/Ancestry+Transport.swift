import BlockIO

/// Numbers that the kernel has given to drivers for good (Documentation/admin-guide/devices.txt).
enum DriverNumber {
  static let floppy: UInt32 = 2
  static let loop: UInt32 = 7
  static let opticalSCSI: UInt32 = 11
}

extension Ancestry {
  /// How a disk is attached: the nearest ancestor that settles it, never its name or `removable`.
  func transport(of disk: String, number: DeviceNumber) -> Transport {
    switch number.major {
    case DriverNumber.loop: return .loop
    case DriverNumber.floppy: return .floppy
    case DriverNumber.opticalSCSI: return .optical
    default: break
    }
    if disk.hasPrefix("devices/virtual/block/") { return .virtual }
    // SPC-5 table 151: 4 write-once, 5 CD/DVD, 7 optical memory.
    if let scsi = nearest("scsi"), ["4", "5", "7"].contains(tree.attribute("type", of: scsi.path)) {
      return .optical
    }
    if !controllers.isEmpty {
      let paths = controllers.map { Ancestry(of: "\($0)/namespace", in: tree).attachment }
      return paths.first { $0 == .network } ?? paths.first { $0 != .nvme } ?? .nvme
    }
    return attachment
  }

  private var attachment: Transport {
    let nearest = settled
    // A drive in a Thunderbolt enclosure speaks NVMe or SATA to a controller that comes with it.
    guard [.nvme, .sata, .scsi].contains(nearest), isBehindExternalPort else { return nearest }
    return .thunderbolt
  }

  private var settled: Transport {
    var isSCSI = false
    for ancestor in ancestors {
      switch ancestor.subsystem {
      case "usb": return .usb
      case "mmc": return tree.attribute("type", of: ancestor.path) == "SD" ? .sd : .mmc
      case "nvme": return isFabric(ancestor.path) ? .network : .nvme
      case "virtio": return .virtio
      case "rbd", "nbd", "rnbd-client": return .network
      case "scsi": isSCSI = true
      default: break
      }
      guard isSCSI else { continue }
      if let transport = hostTransport(ancestor.path) { return transport }
    }
    return isSCSI ? .scsi : .other
  }

  /// Anything but the fabrics of nvmet(5) is soldered or plugged in: `pcie`, `apple-nvme`.
  private func isFabric(_ controller: String) -> Bool {
    ["rdma", "tcp", "fc", "loop"].contains(tree.attribute("transport", of: controller))
  }

  /// The transport classes of SCSI leave a directory in the device that they belong to.
  private func hostTransport(_ directory: String) -> Transport? {
    let classes: [(String, Transport)] = [
      ("ata_port", .sata), ("iscsi_session", .network), ("fc_remote_ports", .network), ("fc_host", .network),
      ("srp_remote_ports", .network),
    ]
    return classes.first { tree.exists($0.0, of: directory) }?.1
  }
}
