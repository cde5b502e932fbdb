public import DeviceProbe

/// R25: what would be lost with a disk decides how much has to be said before it is written.
///
/// Plain data, photos and bytes that nobody knows are what sticks are for: they are named at the question. What
/// more than this disk depends on, what cannot be read without a key, and what cannot be told at all needs an
/// option of its own. A disk that was not looked into (`contents` is nil) is looked into by the gate.
enum ContentsRule: SafetyRule {
  static let number = "R25"
  /// How many places of one kind are named.
  private static let shownPlaces = 3

  static func objections(
    for candidate: Candidate, in snapshot: DeviceSnapshot, _ request: SafetyRequest
  ) -> [Objection] {
    guard let contents = candidate.disk.contents else { return [] }
    let name = candidate.disk.name
    return Objection.ID.contentReasons.compactMap { id in
      let places = contents.places.compactMap { partition, evidence -> (step: String, text: String)? in
        guard
          let what = id.finding(in: evidence, fileSystem: partition.map(\.fileSystem) ?? contents.fileSystem)
        else {
          return nil
        }
        guard let partition else { return (name, "\(name) \(what)") }
        return ("partition \(partition.number)", "partition \(partition.number) of \(name) \(what)")
      }
      guard !places.isEmpty else { return nil }
      var texts = places.prefix(shownPlaces).map(\.text)
      if places.count > shownPlaces { texts.append("\(places.count - shownPlaces) more places are alike") }
      let steps = places.prefix(shownPlaces).map(\.step)
      return Objection(
        id, .b, rule: number, text: texts.joined(separator: "; "), chain: ([name] + steps).uniqued())
    }
  }
}

extension Objection.ID {
  /// The reasons that lie in what is on a disk, each with its option.
  fileprivate static let contentReasons: [Self] = [
    .arrayMember, .encrypted, .operatingSystem, .hibernated, .backup, .unknownContent,
  ]

  /// What a place holds that is a reason of this kind, as a clause; nil where it is none.
  fileprivate func finding(in evidence: ContentEvidence, fileSystem: String?) -> String? {
    let signature = fileSystem.map { " (\($0))" } ?? ""
    let marks = evidence.marks
    switch self {
    case .arrayMember:
      guard marks.contains(.arrayMember) else { return nil }
      return "is part of an array, a pool or a volume group\(signature), which is not active now"
    case .encrypted:
      if marks.contains(.encrypted) { return "holds encrypted data\(signature)" }
      guard marks.contains(.looksEncrypted) else { return nil }
      return "holds what looks like encrypted data: no signature, and bytes as even as random ones"
    case .operatingSystem:
      let systems = marks.filter(\.isSystem).map(\.noun)
      return systems.isEmpty ? nil : "holds an installed operating system: \(systems.joined(separator: ", "))"
    case .hibernated:
      return marks.contains(.hibernated) ? "holds a session that was put to sleep\(signature)" : nil
    case .backup:
      let backups = marks.filter(\.isBackup).map(\.noun)
      return backups.isEmpty ? nil : "holds backups: \(backups.joined(separator: ", "))"
    case .unknownContent:
      switch evidence.state {
      case .ambivalent:
        return "holds signatures that contradict each other, so that nobody can say what it is"
      case .unreadable: return "could not be read, so that nobody can say what is on it"
      case .data, .blank, .unknown: return nil
      }
    default: return nil
    }
  }
}

extension ContentEvidence.Mark {
  /// What people call it.
  public var noun: String {
    switch self {
    case .windows: "Windows"
    case .macOS: "macOS"
    case .linux: "Linux"
    case .chromeOS: "ChromeOS"
    case .freeBSD: "FreeBSD"
    case .encrypted: "encrypted data"
    case .looksEncrypted: "what looks like encrypted data"
    case .arrayMember: "a part of an array"
    case .hibernated: "a sleeping session"
    case .timeMachine: "Time Machine"
    case .restic: "restic"
    case .borg: "Borg"
    case .windowsBackup: "Windows image backup"
    case .fileHistory: "Windows File History"
    case .photos: "photos"
    case .installer: "an installer or live system"
    case .appliance: "the system of a single-board computer"
    }
  }
}
