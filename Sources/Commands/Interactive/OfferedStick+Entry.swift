import DeviceProbe
import DeviceSafety
import Terminal

extension OfferedStick {
  /// A disk of a listing as it is offered; nil where naming it would only be in the way.
  init?(_ entry: DeviceEntry) {
    let gravest = entry.assessment.objections.filter { $0.severity == .x }
    let isPluggable = [.usb, .sd].contains(entry.device.transport)
    let places = entry.mountPoints + entry.partitionMounts.sorted { $0.key < $1.key }.flatMap(\.value)
    let isOnlyMounted = !places.isEmpty && gravest.allSatisfy { $0.id == .mounted }
    let isOfSystem = gravest.contains { $0.id == .systemDisk }
    switch entry.assessment.safetyClass {
    case .a: state = .free
    case .b:
      let telling = entry.assessment.objections.first { $0.liftingOption != nil }
      state = .needs(
        entry.assessment.objections.compactMap(\.liftingOption).uniqued(),
        telling?.evidence ?? "")
    case .x where isPluggable && isOnlyMounted: state = .mounted(places)
    // An internal disk, or one of the system, is nothing that somebody has just plugged in.
    case .x where isPluggable && !isOfSystem: state = .never(gravest.first?.evidence ?? "it is in use")
    case .c, .x: return nil
    }
    id = entry.id.description
    path = entry.device.path
    let size = entry.device.byteCount.map { SanitizedText(size: $0) } ?? "of unknown size"
    description = "\(size), \(entry.device.nameText), \(entry.device.connectionText)"
    place = [(entry.device.usb?.port).map { "port \($0)" as SanitizedText }, entry.device.serialText]
      .compactMap(\.self).joined(separator: ", ")
    losses = entry.device.contents == nil ? [] : entry.lossTexts
  }
}

extension Array where Element: Hashable {
  /// The elements without repetitions, in order of first appearance.
  fileprivate func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
