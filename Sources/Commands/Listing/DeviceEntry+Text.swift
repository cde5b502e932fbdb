import BlockIO
import DeviceProbe
import DeviceSafety
import Terminal

extension DeviceEntry {
  /// The columns of a listing.
  static var columns: [Table.Column] {
    [
      Table.Column("ID"), Table.Column("DISK"), Table.Column("SIZE", alignment: .right),
      Table.Column("CONNECTION", smallestWidth: 10), Table.Column("NAME", smallestWidth: 12),
    ]
  }

  /// The row of a listing, with what is on the disk and what speaks against it below.
  func row(hasColor: Bool) -> Table.Row {
    var details: [SanitizedText] = []
    if let place = device.placeText { details.append(place) }
    if isMediumPresent != false, device.contents != nil || assessment.safetyClass < .x {
      details.append("holds \(contentsText)")
    }
    details += objectionTexts(hasColor: hasColor)
    return Table.Row(
      [
        SanitizedText(foreign: id.description).styled(assessment.isSelectable ? .bold : .dim, if: hasColor),
        "\(device.path)", sizeText, device.connectionText, device.nameText,
      ], details: details)
  }

  private static let shownObjections = 4
  /// How many of the places are named where one file system is mounted.
  private static let shownMounts = 8

  private var sizeText: SanitizedText {
    switch device.byteCount {
    case nil: "?"
    case 0?: "-"
    case let bytes?: SanitizedText(size: bytes)
    }
  }

  private func objectionTexts(hasColor: Bool) -> [SanitizedText] {
    // No option lifts what is never written, so naming one would mislead; JSON has everything.
    let telling = assessment.objections.filter { $0.severity == .x || assessment.safetyClass < .x }
    let shown = telling.prefix(Self.shownObjections)
    let rest = telling.count - shown.count
    return shown.map { objection in
      if objection.severity == .x {
        return SanitizedText("never:").styled(.red, if: hasColor) + " \(objection.evidence)"
      }
      let option = SanitizedText(foreign: objection.liftingOption ?? "an option")
      return SanitizedText("needs \(option):").styled(.yellow, if: hasColor) + " \(objection.evidence)"
    } + (rest > 0 ? ["and \(rest) more: `burin list --all --json` has them"] : [])
  }

  /// What is on the disk, in one line.
  var contentsText: SanitizedText {
    guard let contents = device.contents else { return "something that could not be looked at" }
    var parts: [SanitizedText] = []
    if let fileSystem = contents.fileSystem {
      parts.append(
        Self.describe(
          fileSystem, label: contents.label, size: nil, contents.evidence, mounts: mountPoints))
    }
    parts += contents.partitions.map { partition in
      let content = Self.describe(
        partition.fileSystem ?? (partition.evidence?.state == .blank ? "blank" : "unknown data"),
        label: partition.label ?? partition.name, size: partition.byteCount, partition.evidence,
        mounts: partitionMounts[partition.number] ?? [])
      return "\(partition.number) \(content)"
    }
    let table = contents.table.text
    if contents.isAmbivalent { parts.insert("contradictory signatures", at: 0) }
    if parts.isEmpty { return table ?? Self.describe(contents.evidence) }
    guard let table else { return parts.joined(separator: ", ") }
    return "\(table): \(parts.joined(separator: ", "))"
  }

  /// A disk without a table and without a known file system.
  private static func describe(_ evidence: ContentEvidence?) -> SanitizedText {
    switch evidence?.state {
    case .blank?: "nothing: blank wherever it was looked"
    case .unreadable?: "something that cannot be read"
    case _ where evidence?.marks.contains(.looksEncrypted) == true: "what looks like encrypted data"
    default: "no partition table and no known file system"
    }
  }

  private static func describe(
    _ fileSystem: String, label: String?, size: UInt64?, _ evidence: ContentEvidence?, mounts: [String]
  ) -> SanitizedText {
    var text: SanitizedText = "\(fileSystem)"
    if let label, !label.isEmpty { text = text + " \"\(label)\"" }
    if let size { text = text + " \(SanitizedText(size: size))" }
    if let used = evidence?.usedBytes { text = text + " (\(SanitizedText(size: used)) used)" }
    if !mounts.isEmpty { text = text + " at \(places(mounts))" }
    return text
  }

  /// Mount points, of which one file system may have thousands.
  private static func places(_ mounts: [String]) -> SanitizedText {
    let shown = mounts.prefix(shownMounts).map { SanitizedText(foreign: $0) }
    let rest = mounts.count - shown.count
    return (shown + (rest > 0 ? ["\(rest) more"] : [])).joined(separator: " and ")
  }
}

extension Contents.Table {
  fileprivate var text: SanitizedText? {
    switch self {
    case .gpt: "GPT"
    case .mbr: "MBR"
    case .apm: "Apple partition map"
    case .other: "a partition table of another kind"
    case .none: nil
    case .unknown: "data of an unknown kind"
    }
  }
}

extension BlockDevice {
  /// Vendor and model, or the kernel's name.
  var nameText: SanitizedText {
    let words = [identity.vendor, identity.model].compactMap(\.self).filter { !$0.isEmpty }
    if !words.isEmpty { return SanitizedText(foreign: words.joined(separator: " "), limit: 48) }
    switch virtual {
    case .deviceMapper(let name, _)?: return "device-mapper \(SanitizedText(foreign: name, limit: 48))"
    case .md(let level, _)?: return "array \(level)"
    case .loop(let path, _, _)?: return "\(path)"
    case .other(let driver)?: return "\(driver)"
    case .idleLoop?, nil: return "without a name"
    }
  }

  /// How it is attached, in words.
  var connectionText: SanitizedText {
    switch transport {
    case .usb: usbText
    case .sd: "SD card"
    case .mmc: "eMMC"
    case .sata: "SATA"
    case .nvme: "NVMe"
    case .virtio: "virtio"
    case .thunderbolt: "Thunderbolt"
    case .scsi: "SCSI"
    case .loop: "loop device"
    case .virtual: "virtual"
    case .optical: "optical drive"
    case .floppy: "floppy drive"
    case .network: "network"
    case .other: "unknown"
    }
  }

  private var usbText: SanitizedText {
    guard let speed = usb?.speed else { return "USB" }
    // What was negotiated counts, not what the stick could do (USB 3.2 section 3.1).
    switch speed {
    case ..<12: return "USB 1, 1.5 Mbit/s"
    case ..<480: return "USB 1, \(Int(speed)) Mbit/s"
    case ..<5000: return "USB 2, \(Int(speed)) Mbit/s"
    case ..<40_000: return "USB 3, \(Int(speed / 1000)) Gbit/s"
    default: return "USB4, \(Int(speed / 1000)) Gbit/s"
    }
  }

  /// Port and serial number: what tells two equal sticks apart.
  fileprivate var placeText: SanitizedText? {
    var parts: [SanitizedText] = []
    if let port = usb?.port { parts.append("port \(port)") }
    if let serial = identity.serial, !serial.isEmpty {
      parts.append("serial \(SanitizedText(foreign: serial, limit: 48))")
    }
    if isReadOnly == true { parts.append("read-only") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
