import DeviceProbe
import DeviceSafety
import Terminal
import UndoStore

/// Where a stick is that was written, by a look at all disks.
enum ReplugSight: Hashable {
  /// It has not been unplugged.
  case stillThere
  /// It is gone, and nothing has come that looks like it.
  case gone
  /// Something has come that looks like it; what is on it decides.
  case back(BlockDevice)
}

/// Looks for sticks that were written, among what is plugged in by now; a pure function of snapshots.
///
/// An ID dies with its plug-in (R31), and stays dead for writing: what comes back has another one, and is only read.
struct ReplugLook: Hashable, Sendable {
  /// The IDs of what was plugged in before the first byte was written: none of it has come back.
  let known: Set<String>
  /// This start of the machine.
  let bootID: String

  /// Remembers what is plugged in.
  init(before snapshot: DeviceSnapshot, bootID: String) {
    known = Set(snapshot.devices.filter(\.isWholeDisk).map { TargetID(of: $0).description })
    self.bootID = bootID
  }

  /// Where a stick is.
  /// - Parameters:
  ///   - id: the ID that it had when it was written.
  ///   - fingerprint: what it said of itself then.
  ///   - others: the IDs of what was looked at and is another one.
  func sight(
    of id: String, _ fingerprint: DiskFingerprint, in snapshot: DeviceSnapshot, besides others: Set<String>
  ) -> ReplugSight {
    let disks = Self.media(in: snapshot)
    if disks.contains(where: { TargetID(of: $0).description == id }) { return .stillThere }
    let found = disks.first { disk in
      isNew(disk) && !others.contains(TargetID(of: disk).description) && looks(disk, like: fingerprint)
    }
    return found.map(ReplugSight.back) ?? .gone
  }

  /// What has been plugged in and is none of the sticks that are awaited, with the reason why not.
  /// - Parameter awaited: the IDs that they had, and what they said of themselves.
  func strangers(
    in snapshot: DeviceSnapshot, to awaited: [(id: String, fingerprint: DiskFingerprint)]
  ) -> [(disk: BlockDevice, reason: SanitizedText)] {
    let disks = Self.media(in: snapshot)
    let present = Set(disks.map { TargetID(of: $0).description })
    return disks.filter { $0.virtual == nil && isNew($0) }.compactMap { disk in
      let twins = awaited.filter { looks(disk, like: $0.fingerprint) }
      if twins.isEmpty { return awaited.first.map { (disk, reason(disk, against: $0.fingerprint)) } }
      guard twins.allSatisfy({ present.contains($0.id) }) else { return nil }
      return (disk, "the one that looks like it is still plugged in")
    }
  }

  /// Drives with a medium, whole disks only.
  private static func media(in snapshot: DeviceSnapshot) -> [BlockDevice] {
    snapshot.devices.filter { $0.isWholeDisk && ($0.byteCount ?? 0) > 0 }
  }

  private func isNew(_ disk: BlockDevice) -> Bool { !known.contains(TargetID(of: disk).description) }

  private func looks(_ disk: BlockDevice, like fingerprint: DiskFingerprint) -> Bool {
    DiskFingerprint(of: disk, bootID: bootID).map(fingerprint.looksLike) ?? false
  }

  private func reason(_ disk: BlockDevice, against fingerprint: DiskFingerprint) -> SanitizedText {
    if let size = disk.byteCount, size != fingerprint.byteCount {
      return
        "it has \(SanitizedText(exactBytes: size)), and the one that was written \(SanitizedText(exactBytes: fingerprint.byteCount))"
    }
    if case .disk(let identity) = fingerprint.kind, identity.serial != disk.identity.serial {
      return "it has another serial number than the one that was written"
    }
    return "its vendor, model or block size is not that of the one that was written"
  }
}
