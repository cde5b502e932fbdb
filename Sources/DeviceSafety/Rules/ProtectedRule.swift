public import DeviceProbe

/// A disk on the list of protected ones is never written, nor any while a part of that list is not understood.
enum ProtectedRule: SafetyRule {
  static let number = "protect"

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    let disk = candidate.disk
    var objections = snapshot.protectionFaults.map { fault in
      Objection(
        .protectListBroken, .x, rule: number,
        text: "\(fault.place) \(fault.reason.predicate), so that it may protect \(disk.name)",
        chain: [disk.name])
    }
    objections += snapshot.protections.compactMap { protection in
      candidate.feature(meantBy: protection).map { feature in
        let note = protection.note.map { " (\($0))" } ?? ""
        return Objection(
          .protected, .x, rule: number,
          text: "\(feature.device.name) has \(feature.noun) that \(protection.place) protects\(note)",
          chain: [disk.name] + (feature.device.number == disk.number ? [] : [feature.device.name]))
      }
    }
    if !request.awaitsContents, let doubt = candidate.doubt(about: snapshot.protections) {
      objections.append(Objection(.unknownAttribute, .x, rule: "R6", text: doubt, chain: [disk.name]))
    }
    return objections
  }
}

extension Candidate {
  /// What an entry of the list means on this disk: the device concerned, and what it has.
  fileprivate func feature(meantBy protection: Protection) -> (device: BlockDevice, noun: String)? {
    let layers = [disk] + partitions
    switch protection.kind {
    case .serial: return protection.means(disk.identity.serial) ? (disk, "the serial number") : nil
    case .wwn: return protection.means(disk.identity.wwn) ? (disk, "the world wide name") : nil
    case .gpt:
      let found = layers.map(\.udev?.tableUUID) + layers.map(\.contents?.tableUUID)
      return found.contains(where: protection.means) ? (disk, "the partition table") : nil
    case .uuid:
      let noun = "the file system"
      if let layer = layers.first(where: {
        protection.means($0.udev?.fileSystemUUID) || protection.means($0.contents?.uuid)
      }) {
        return (layer, noun)
      }
      let entry = disk.contents?.partitions.first { protection.means($0.uuid) }
      guard let entry else { return nil }
      return (partitions.first { $0.partition?.number == entry.number } ?? disk, noun)
    }
  }

  /// Why it cannot be told whether the list means this disk (R6); nil where it can.
  fileprivate func doubt(about protections: [Protection]) -> String? {
    let asked = Set(protections.map(\.kind)).intersection([.gpt, .uuid])
    guard !asked.isEmpty, disk.byteCount != 0 else { return nil }
    guard let contents = disk.contents, contents.evidence?.state != .unreadable else {
      let isKnown = ([disk] + partitions).allSatisfy { $0.udev != nil }
      return isKnown ? nil : "what is on \(disk.name) cannot be read, and it may be protected by that"
    }
    guard asked.contains(.uuid) else { return nil }
    if let unread = contents.partitions.first(where: isUnread) {
      return
        "partition \(unread.number) of \(disk.name) cannot be read, and it may be protected by what is in it"
    }
    guard contents.isAmbivalent else { return nil }
    return "\(disk.name) has contradictory signatures, and one of them may be protected"
  }

  /// Whether neither its bytes nor udevd tell what is in a partition.
  private func isUnread(_ entry: Contents.Partition) -> Bool {
    guard entry.evidence?.state == .unreadable, entry.uuid == nil else { return false }
    return partitions.first { $0.partition?.number == entry.number }?.udev == nil
  }
}

extension Protection {
  fileprivate var place: String { "line \(line) of \(file)" }
}

extension ProtectionFault {
  fileprivate var place: String { line.map { "line \($0) of \(file)" } ?? file }
}

extension ProtectionFault.Reason {
  /// What is wrong, after the place of the fault.
  public var predicate: String {
    switch self {
    case .unreadable(let why): "cannot be read (\(why))"
    case .notAFile: "is no regular file"
    case .form: "is not of the form KIND=VALUE"
    case .kind(let name): "names the kind \"\(name)\", which is none"
    case .value(let value): "has the value \"\(value)\", which is none of its kind"
    case .encoding: "is no text"
    }
  }
}
