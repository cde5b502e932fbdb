import BlockIO
import DeviceProbe
import DeviceSafety
import Terminal
import Writer

/// What a person must know before the word for a test is given.
struct TestBriefing {
  let order: TestOrder
  /// What is held open.
  let identity: TargetIdentity
  /// The disk; nil for a virtual stick.
  let disk: BlockDevice?
  let assessment: Assessment
  /// What could not be checked of the disk.
  let impossible: [ImpossibleCheck]
  /// What a quick test writes.
  let places: TestPlaces

  /// What typing the ID does.
  var purpose: SanitizedText {
    order.mode == .quick ? "mark these places and put them back" : "destroy what is on it and test it"
  }

  /// The briefing in lines.
  func lines(for capabilities: Capabilities) -> [SanitizedText] {
    let heading: SanitizedText =
      order.mode == .quick
      ? "This disk will be probed, and what was there put back:"
      : "This disk will be written from end to end, and everything on it destroyed:"
    var lines = [heading.styled(.bold, if: capabilities.hasColor), "  disk    \(diskText)"]
    if let disk {
      let entry = DeviceEntry(disk, in: DeviceSnapshot(devices: [disk]), assessment: assessment)
      lines += entry.lossTexts.map { "  holds   \($0)" }
      lines.append("  layout  \(entry.contentsText)")
    }
    lines += assessment.objections.map { "  beware  \($0.evidence)" }
    lines += impossible.map { "  beware  not checked: \($0.text)" }
    guard order.mode == .quick else { return lines }
    let size = SanitizedText(size: places.written.reduce(0) { $0 + UInt64($1.count) })
    lines.append("  places  \(places.marks.count) marks, \(size) in all, kept in memory meanwhile")
    if !order.saves {
      lines.append("  beware  nothing is saved: a power cut meanwhile leaves the marks there")
    }
    return lines
  }

  private var diskText: SanitizedText {
    let size = SanitizedText(size: identity.geometry.byteCount)
    guard let disk else { return "the virtual stick \(identity.path), \(size)" }
    return ["\(identity.path)" as SanitizedText, disk.nameText, size, disk.connectionText].joined(
      separator: ", ")
  }
}
