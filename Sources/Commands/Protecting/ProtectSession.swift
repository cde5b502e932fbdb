import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import SystemPackage
import Terminal

/// What `burin protect` does with the lists.
struct ProtectSession {
  let context: Context
  let isJSON: Bool

  /// Something that identifies a disk.
  struct Feature: Hashable {
    let kind: Protection.Kind
    let value: String
  }

  /// Puts what identifies a disk on the own list.
  func add(_ what: String, note: String?) -> ExitStatus {
    conclude { () throws(Refusal) in
      let path = try ownFile()
      let features = try features(of: what, isForRemoval: false)
      let own = ownEntries(path)
      let new = features.filter { feature in !own.contains { feature.isMeant(by: $0) } }
      if !new.isEmpty {
        var content = try self.content(of: path)
        if let last = content.last, last != UInt8(ascii: "\n") { content.append(UInt8(ascii: "\n")) }
        for feature in new {
          content += Array(ProtectionList.line(feature.kind, feature.value, note: note).utf8)
        }
        try save(content, path)
      }
      let saved = ownEntries(path)
      return saved.filter { entry in features.contains { $0.isMeant(by: entry) } }
    }
  }

  /// Takes what identifies a disk off the own list.
  func remove(_ what: String) -> ExitStatus {
    conclude { () throws(Refusal) in
      let path = try ownFile()
      let features = try features(of: what, isForRemoval: true)
      let gone = ownEntries(path).filter { entry in features.contains { $0.isMeant(by: entry) } }
      guard !gone.isEmpty else {
        let elsewhere = context.protectionFiles.read().protections
          .filter { entry in features.contains { $0.isMeant(by: entry) } }
        throw Refusal(diagnostic: .notListed(what, path, elsewhere: elsewhere))
      }
      let lines = Set(gone.map { $0.line - 1 })
      let content = try content(of: path)
      let kept = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        .filter { !lines.contains($0.offset) }.map(\.element)
      try save(Array(kept.joined(separator: [UInt8(ascii: "\n")])), path)
      return gone
    }
  }

  /// Shows all lists.
  func list() -> ExitStatus {
    let (protections, faults) = context.protectionFiles.read()
    var status = ExitStatus.done
    if isJSON {
      let listing: JSONValue = [
        "schema": 1, "protections": .array(protections.map(\.json)), "faults": .array(faults.map(\.json)),
      ]
      status = context.finish([listing.indented])
    } else {
      let lines = protections.map(\.text)
      status = context.finish(lines.isEmpty ? ["No disk is protected."] : lines)
    }
    return faults.isEmpty ? status : context.report(.brokenList(faults))
  }

  private func conclude(_ body: () throws(Refusal) -> [Protection]) -> ExitStatus {
    do throws(Refusal) {
      let changed = try body()
      if isJSON {
        let result: JSONValue = ["schema": 1, "protections": .array(changed.map(\.json))]
        return context.finishChange([result.indented])
      }
      return context.finishChange(changed.map(\.text))
    } catch {
      return context.report(error.diagnostic, json: isJSON ? error.diagnostic.errorObject : nil)
    }
  }
}

// MARK: - The own file

extension ProtectSession {
  private static let limit = 1 << 20

  private func ownFile() throws(Refusal) -> FilePath {
    guard let path = context.ownProtectionFile else { throw Refusal(diagnostic: .noPlaceForList()) }
    return path
  }

  /// The bytes of the own file; none where there is none yet.
  private func content(of path: FilePath) throws(Refusal) -> [UInt8] {
    do throws(SystemCallError) {
      return try SmallFile.bytes(ofRegularFile: path, limit: Self.limit, [.noFollow])
    } catch {
      if error.errno == .noSuchFileOrDirectory { return [] }
      throw Refusal(diagnostic: .notSaved(path, error))
    }
  }

  private func ownEntries(_ path: FilePath) -> [Protection] {
    context.protectionFiles.read().protections.filter { $0.file == path.string }
  }

  private func save(_ content: [UInt8], _ path: FilePath) throws(Refusal) {
    do throws(SystemCallError) { try ReplacedFile.write(content, to: path, makingFolder: true) } catch {
      throw Refusal(diagnostic: .notSaved(path, error))
    }
  }
}

// MARK: - What identifies a disk

extension ProtectSession {
  /// What an argument stands for: `KIND=VALUE`, or what is known of a disk that is plugged in.
  private func features(of what: String, isForRemoval: Bool) throws(Refusal) -> [Feature] {
    if Protection.Kind.allCases.contains(where: { what.hasPrefix("\($0.rawValue)=") }) {
      do throws(ProtectionFault.Reason) {
        let (kind, value) = try ProtectionList.identity(parsing: what)
        return [Feature(kind: kind, value: value)]
      } catch {
        let fault = SanitizedText(sentence: "\(what) \(error.predicate)")
        throw Refusal(diagnostic: .usage(fault, help: "burin protect"))
      }
    }
    var snapshot = context.snapshot([], nil)
    let number: DeviceNumber
    do throws(GateError) {
      let target = try TargetLookup(TargetArgument(parsing: what), in: snapshot)
      guard let disk = target.disk else { throw .notBlockDevice(path: target.path, kind: .regular) }
      if let place = disk.partition {
        throw .partition(path: disk.path, of: snapshot[place.disk]?.path ?? place.disk.description)
      }
      number = disk.number
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: what)) }
    context.probeContents(&snapshot, [number])
    let features = snapshot[number].map { Self.features(of: $0, in: snapshot, all: isForRemoval) } ?? []
    guard !features.isEmpty else { throw Refusal(diagnostic: .nothingKnown(of: what)) }
    return features
  }

  /// What names a disk best: the hardware, which stays the same whatever is written; else what is on it.
  static func features(of disk: BlockDevice, in snapshot: DeviceSnapshot, all: Bool) -> [Feature] {
    let hardware = [(Protection.Kind.serial, disk.identity.serial), (.wwn, disk.identity.wwn)]
    let layers = [disk] + snapshot.partitions(of: disk.number)
    let table = layers.flatMap { [$0.contents?.tableUUID, $0.udev?.tableUUID] }
      .map { (Protection.Kind.gpt, $0) }
    let systems =
      (layers.flatMap { [$0.contents?.uuid, $0.udev?.fileSystemUUID] }
      + (disk.contents?.partitions.map(\.uuid) ?? [])).map { (Protection.Kind.uuid, $0) }
    var result: [Feature] = []
    for group in [hardware, table, systems] {
      for (kind, value) in group {
        // What the list could not hold, such as the eight digits of an MBR for a GUID, is left out.
        guard let value, let found = try? ProtectionList.identity(parsing: "\(kind.rawValue)=\(value)") else {
          continue
        }
        let feature = Feature(kind: found.kind, value: found.value)
        if !result.contains(feature) { result.append(feature) }
      }
      if !all, !result.isEmpty { return result }
    }
    return result
  }
}

extension ProtectSession.Feature {
  /// Whether an entry of a list means it.
  func isMeant(by entry: Protection) -> Bool { entry.kind == kind && entry.means(value) }
}
