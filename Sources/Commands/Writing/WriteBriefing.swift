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
    var lines = diskLines(for: capabilities)
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
    var narrower = capabilities
    narrower.width = capabilities.width.map { $0 - 2 }
    lines += ["  boots"] + report.stickLines(for: narrower).map { "  " + $0 }
    for finding in report.findings where finding.severity != .note {
      lines += item("beware", SanitizedText(sentence: finding.text), capabilities, .yellow)
    }
    return lines
  }

  /// The lines about the disk alone, where the image was told of already.
  func diskLines(for capabilities: Capabilities) -> [SanitizedText] {
    DiskBriefing(identity: identity, entry: entry, impossible: impossible).lines(for: capabilities)
  }

  private func item(
    _ label: SanitizedText, _ text: SanitizedText, _ capabilities: Capabilities, _ style: Style = .plain
  ) -> [SanitizedText] { DiskBriefing.item(label, text, capabilities, style) }
}

extension BlockDevice {
  /// Its serial number, with the word before it; nil where it has none.
  var serialText: SanitizedText? {
    identity.serial.map { "serial \(SanitizedText(foreign: $0, limit: 48))" }
  }
}
