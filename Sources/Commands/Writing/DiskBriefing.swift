import BlockIO
import DeviceProbe
import DeviceSafety
import Terminal

/// Which disk is about to be written, and what is lost with it: what every question begins with.
struct DiskBriefing {
  /// What is held open.
  let identity: TargetIdentity
  /// The disk as it is listed; nil for a virtual stick.
  let entry: DeviceEntry?
  /// What could not be checked of the disk.
  let impossible: [ImpossibleCheck]

  /// The first part of a briefing, in lines.
  func lines(for capabilities: Capabilities) -> [SanitizedText] {
    var lines: [SanitizedText] = []
    let heading: SanitizedText = "This disk will be written, and everything on it destroyed:"
    lines.append(heading.styled(.bold, if: capabilities.hasColor))
    lines += Self.item("disk", diskText, capabilities)
    if let entry {
      // What is lost comes first and in plain words; how it is laid out is for those who know.
      for (index, loss) in entry.lossTexts.enumerated() {
        lines += Self.item(index == 0 ? "holds" : "", loss, capabilities)
      }
      lines += Self.item(entry.lossTexts.isEmpty ? "holds" : "layout", entry.contentsText, capabilities)
      for objection in entry.assessment.objections {
        lines += Self.item("beware", objection.evidence, capabilities, .yellow)
      }
    }
    for check in impossible {
      lines += Self.item("beware", "not checked: \(check.text)", capabilities, .yellow)
    }
    return lines
  }

  private var diskText: SanitizedText {
    let size = SanitizedText(size: identity.geometry.byteCount)
    guard let entry else { return "the virtual stick \(identity.path), \(size)" }
    var parts: [SanitizedText] = [
      "\(identity.path)", entry.device.nameText, size, entry.device.connectionText,
    ]
    if let port = entry.device.usb?.port { parts.append("port \(port)") }
    if let serial = entry.device.serialText { parts.append(serial) }
    return parts.joined(separator: ", ")
  }

  /// A text under a label of 10 columns.
  static func item(
    _ label: SanitizedText, _ text: SanitizedText, _ capabilities: Capabilities, _ style: Style = .plain
  ) -> [SanitizedText] {
    let label = label.padded(to: 8).styled(style, if: capabilities.hasColor)
    return text.folded(behind: "  \(label)", for: capabilities)
  }
}
