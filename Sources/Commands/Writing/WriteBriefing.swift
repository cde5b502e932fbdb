import BlockIO
import DeviceProbe
import DeviceSafety
import ImageInspector
import Terminal

/// What a person must know before the word is given: which disk, what is lost, what comes there.
struct WriteBriefing {
  /// What is held open.
  let identity: TargetIdentity
  /// The disk as it is listed; nil for a virtual stick.
  let entry: DeviceEntry?
  /// The path of the image.
  let image: String
  /// What was opened at that path.
  let source: OpenedImage
  /// The disk that it is, where it is no file.
  let cloned: BlockDevice?
  /// What the file is.
  let report: ImageReport
  /// What speaks for the image.
  let trust: SoughtTrust
  /// What could not be checked of the disk.
  let impossible: [ImpossibleCheck]

  /// The briefing in lines.
  func lines(for capabilities: Capabilities) -> [SanitizedText] {
    var lines: [SanitizedText] = []
    let heading: SanitizedText = "This disk will be written, and everything on it destroyed:"
    lines.append(heading.styled(.bold, if: capabilities.hasColor))
    lines += item("disk", diskText, capabilities)
    if let entry {
      // What is lost comes first and in plain words; how it is laid out is for those who know.
      for (index, loss) in entry.lossTexts.enumerated() {
        lines += item(index == 0 ? "holds" : "", loss, capabilities)
      }
      lines += item(entry.lossTexts.isEmpty ? "holds" : "layout", entry.contentsText, capabilities)
      for objection in entry.assessment.objections {
        lines += item("beware", objection.evidence, capabilities, .yellow)
      }
    }
    for check in impossible { lines += item("beware", "not checked: \(check.text)", capabilities, .yellow) }
    lines += item("image", "\(image), \(source.text(report))", capabilities)
    if let cloned {
      // Two disks are easily taken for each other.
      let parts = [cloned.nameText, cloned.connectionText] + [cloned.serialText].compactMap(\.self)
      lines += item(
        "", "a copy of another disk, which is only read: \(parts.joined(separator: ", "))", capabilities)
    }
    if let map = source.map {
      lines += item("map", "\(map.text); other blocks of the disk keep what they have", capabilities)
    }
    lines += item("origin", trust.expectation, capabilities)
    lines += ["  boots"] + report.stickLines(for: capabilities).map { "  " + $0 }
    for finding in report.findings where finding.severity != .note {
      lines += item("beware", "\(finding.text)", capabilities, .yellow)
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

  private func item(
    _ label: SanitizedText, _ text: SanitizedText, _ capabilities: Capabilities, _ style: Style = .plain
  ) -> [SanitizedText] {
    text.wrapped(to: max(20, (capabilities.width ?? 120) - 10)).enumerated().map { index, line in
      let label = (index == 0 ? label : "").padded(to: 8)
      return "  \(label.styled(style, if: capabilities.hasColor))\(line)"
    }
  }
}

extension BlockDevice {
  /// Its serial number, with the word before it; nil where it has none.
  fileprivate var serialText: SanitizedText? {
    identity.serial.map { "serial \(SanitizedText(foreign: $0, limit: 48))" }
  }
}
