import BlockIO
import DeviceProbe

/// R13, R16, R18: who keeps a disk busy, where the kernel says only that somebody does.
///
/// Pure, as the rules are: what the descriptors of all processes show comes in as a value.
enum BusyExplanation {
  /// The most processes that are named.
  private static let limit = 3

  /// The objections for a disk that cannot be opened exclusively although no rule forbids it.
  static func objections(
    to disk: BlockDevice, in snapshot: DeviceSnapshot, _ report: OpenerReport
  ) -> [Objection] {
    let pools = importedPools(on: disk, in: snapshot)
    guard pools.isEmpty else {
      return pools.map { pool in
        Objection(
          .held, .x, rule: "R14",
          text: "\(disk.name) is in use, probably as a member of the imported ZFS pool \(pool)",
          chain: [disk.name, "ZFS pool \(pool)"])
      }
    }
    guard !report.openers.isEmpty else {
      return [
        Objection(
          .busy, .x, rule: "R27",
          text: "the kernel says that \(disk.name) is in use, but not by whom" + unseen(report),
          chain: [disk.name])
      ]
    }
    return named(report.openers, in: snapshot).map { text, chain in
      Objection(
        .busy, .x, rule: "R13", text: "the kernel says that \(disk.name) is in use: \(text)",
        chain: [disk.name] + chain)
    }
  }

  /// An objection that names those who have a device open.
  ///
  /// - Parameters:
  ///   - fallback: the sentence where nobody can be seen.
  static func objection(
    rule: String, on device: BlockDevice, in snapshot: DeviceSnapshot, _ openers: [Opener],
    _ report: OpenerReport, fallback: String
  ) -> Objection {
    guard let first = named(openers, in: snapshot, verb: openers.contains(where: \.holdsLock)).first else {
      return Objection(.busy, .x, rule: rule, text: fallback + unseen(report), chain: [device.name])
    }
    let rest = Set(openers.map(\.process)).count - 1
    let others = rest > 0 ? ", and \(rest) more" : ""
    return Objection(
      .busy, .x, rule: rule, text: first.text + others, chain: [device.name] + first.chain)
  }

  /// One sentence for each process, and the steps that a chain goes on with.
  private static func named(
    _ openers: [Opener], in snapshot: DeviceSnapshot, verb locks: Bool = false
  ) -> [(text: String, chain: [String])] {
    var seen: Set<Int> = []
    return openers.filter { seen.insert($0.process.id).inserted }.prefix(limit).map { opener in
      let process = "process \(opener.process.id) (\(opener.process.command))"
      let device = snapshot[opener.device]?.name ?? opener.device.description
      let text =
        switch opener.access {
        case _ where locks: "\(process) keeps a lock on \(device)"
        case .writing: "\(process) has \(device) open for writing"
        case .reading: "\(process) has \(device) open"
        case .file(let path): "\(process) uses \(path) on \(device)"
        }
      return (text, [process])
    }
  }

  /// What could not be looked at, for the end of a sentence.
  private static func unseen(_ report: OpenerReport) -> String {
    guard report.unseenCount > 0 else { return "" }
    return "; \(report.unseenCount) processes could not be looked into"
  }

  /// The pools that are imported and whose name a label on the disk has; the kernel does not tell more.
  private static func importedPools(on disk: BlockDevice, in snapshot: DeviceSnapshot) -> [String] {
    guard let contents = disk.contents else { return [] }
    let whole = contents.fileSystem == "zfs_member" ? [contents.label] : []
    let parts = contents.partitions.filter { $0.fileSystem == "zfs_member" }.map(\.label)
    return (whole + parts).compactMap(\.self).filter { snapshot.zfsPools.contains($0) }.uniqued()
  }
}
