import DeviceProbe
import DeviceSafety
import Documents
import Terminal
import UndoStore

/// `burin undo` without a target: what is saved, of which disks, and what would come back.
struct UndoListing {
  let target: String?
  let isJSON: Bool
  let context: Context

  /// Looks and prints; nothing is opened for writing.
  func run() -> ExitStatus {
    do throws(Refusal) {
      let store = try context.undo.store()
      let snapshot = context.snapshot([], nil)
      let wanted = try target.map { target throws(Refusal) in try fingerprint(of: target, in: snapshot) }
      let found: (records: [StoredRecord], damaged: [String: RecordDamage])
      do throws(UndoError) { found = try store.records() } catch {
        throw Refusal(diagnostic: Diagnostic(stateDirectory: error))
      }
      let records = found.records.filter { wanted?.isSameDisk(as: $0.record.disk) ?? true }
      let damaged = found.damaged.sorted { $0.key < $1.key }
      if isJSON {
        let listing: JSONValue = [
          "schema": 1,
          "records": .array(records.map { json($0, disk(of: $0, in: snapshot)) }),
          "damaged": .array(
            damaged.map { ["record": JSONValue($0.key), "reason": JSONValue($0.value.text)] }),
        ]
        return context.finish([listing.indented])
      }
      var lines = records.flatMap { self.lines($0, disk(of: $0, in: snapshot)) }
      lines += damaged.map { "\($0.key)  cannot be used: \($0.value.text)" }
      return context.finish(lines.isEmpty ? ["Nothing is saved that could be brought back."] : lines)
    } catch {
      return context.report(error.diagnostic, json: isJSON ? error.diagnostic.errorObject : nil)
    }
  }

  private func fingerprint(
    of target: String, in snapshot: DeviceSnapshot
  ) throws(Refusal) -> DiskFingerprint {
    let found: TargetLookup
    do throws(GateError) {
      found = try TargetLookup(TargetArgument(parsing: target), in: snapshot)
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: target)) }
    guard let disk = DiskFingerprint(of: found, bootID: context.undo.bootID) else {
      throw Refusal(diagnostic: .noUndoRecord(target, others: 0, restored: nil))
    }
    return disk
  }

  /// The disk that a record is of, where it is plugged in and no other one could be it.
  private func disk(of stored: StoredRecord, in snapshot: DeviceSnapshot) -> BlockDevice? {
    let matches = snapshot.devices.filter {
      $0.isWholeDisk
        && DiskFingerprint(of: $0, bootID: context.undo.bootID)?.isSameDisk(as: stored.record.disk) == true
    }
    return matches.count == 1 ? matches.first : nil
  }

  private func lines(_ stored: StoredRecord, _ disk: BlockDevice?) -> [SanitizedText] {
    let id = disk.map { TargetID(of: $0).description }
    let name = id ?? (stored.record.disk.isVirtual ? "file:" + stored.record.disk.path : nil)
    let command: SanitizedText = "burin undo \(name.map(ShellWord.quoted) ?? "ID") --record \(stored.id)"
    let isHere: SanitizedText =
      disk.map { ", now \($0.path), ID \(id ?? "")" }
      ?? (stored.record.disk.isVirtual ? "" : ", not plugged in")
    let undo: SanitizedText =
      stored.progress.stage == .restored
      ? "done already; `\(command)` does it again" : stored.balance.sentence(command: command)
    return [
      "\(stored.id)  \(SanitizedText(utc: stored.record.time))",
      "  disk   \(stored.record.disk.text)\(isHere)",
      "  write  \(stored.writeText)",
      "  undo   \(undo)",
    ]
  }

  private func json(_ stored: StoredRecord, _ disk: BlockDevice?) -> JSONValue {
    guard case .object(var members) = stored.json else { return .null }
    members.append(JSONValue.member("target", JSONValue(disk.map { TargetID(of: $0).description })))
    return .object(members)
  }
}

extension DiskFingerprint {
  /// Whether it is a file that stands for a stick.
  fileprivate var isVirtual: Bool {
    if case .virtualStick = kind { true } else { false }
  }
}
