import DeviceProbe
import DeviceSafety
import Documents
import Terminal
import UndoStore

/// What somebody wants to be brought back, as the command line says it.
struct UndoOrder: Hashable {
  /// The target as it was given.
  var target: String
  /// `--record`.
  var record: String?
  /// What the rules may overlook.
  var request: SafetyRequest
  /// `--yes`.
  var isYes: Bool
  /// `--confirm`.
  var confirmed: String?
  /// `--confirm-serial`.
  var serial: String?
  /// `--quiet`.
  var isQuiet: Bool
  /// `--json`.
  var isJSON: Bool

  /// Looks at the machine, with the state directory among what the rules protect.
  ///
  /// The target is opened by the gate alone.
  func snapshot(in context: Context) -> DeviceSnapshot {
    context.snapshot(context.undo.anchors, TargetArgument(parsing: target))
  }

  /// Chooses what to bring back onto a disk: what was named, else the newest write that was begun.
  func choose(
    for disk: DiskFingerprint, in store: UndoStore
  ) throws(Refusal) -> UndoChoice {
    let found: (records: [StoredRecord], damaged: [String: RecordDamage])
    let runs: [StoredRun]
    do throws(UndoError) {
      found = try store.records()
      runs = try store.runs()
    } catch {
      throw Refusal(diagnostic: Diagnostic(stateDirectory: error))
    }
    if let record {
      if let damage = found.damaged[record] {
        throw Refusal(diagnostic: .undoDamaged(record, damage))
      }
      let named = found.records.first { $0.id == record }
      guard let named, named.record.disk.isSameDisk(as: disk) else {
        throw Refusal(diagnostic: .wrongUndoRecord(record, target: target, isThere: named != nil))
      }
      return UndoChoice(named, among: found.records, runs)
    }
    let ofDisk = found.records.filter { $0.record.disk.isSameDisk(as: disk) }
    if let newest = ofDisk.first(where: { ![.saved, .restored].contains($0.progress.stage) }) {
      return UndoChoice(newest, among: found.records, runs)
    }
    let restored = ofDisk.first { $0.progress.stage == .restored }?.id
    if restored == nil, let damage = Self.damage(of: disk, among: found.damaged, runs) {
      throw Refusal(diagnostic: .undoDamaged(damage.id, damage.reason, target: target))
    }
    throw Refusal(
      diagnostic: .noUndoRecord(target, others: found.records.count - ofDisk.count, restored: restored))
  }

  /// A damaged record that is or may be a disk's: only what was noted of its write still tells of which disk it is.
  private static func damage(
    of disk: DiskFingerprint, among damaged: [String: RecordDamage], _ runs: [StoredRun]
  ) -> (id: String, reason: RecordDamage)? {
    let noted = runs.first { run in
      run.run.undo.map { damaged[$0] != nil } == true && run.run.disk.isSameDisk(as: disk)
    }
    let unknown = damaged.keys.sorted().first { id in !runs.contains { $0.run.undo == id } }
    guard let id = noted?.run.undo ?? unknown, let reason = damaged[id] else { return nil }
    return (id, reason)
  }

  /// Refuses where another disk that is plugged in looks the same, unless the plug-in itself tells them apart.
  func requireUnmistakable(
    _ chosen: StoredRecord, _ disk: DiskFingerprint, _ snapshot: DeviceSnapshot, in context: Context
  ) throws(Refusal) {
    let twin = snapshot.twin(of: chosen.record.disk, at: disk, bootID: context.undo.bootID)
    if let twin { throw Refusal(diagnostic: .ambiguousUndo(target, other: twin.path)) }
  }
}

/// What is brought back, and what it leaves undone.
struct UndoChoice {
  /// The record that is brought back.
  let stored: StoredRecord
  /// Later writes onto the same disk that were begun and not undone, the newest first.
  let newer: [StoredRecord]
  /// Later writes onto the same disk of which nothing is saved, the newest first.
  let unsaved: [RunRecord]

  /// Finds what lies in between.
  /// - Parameters:
  ///   - records: all that is saved, the newest first.
  ///   - runs: all that was noted, the newest first.
  init(_ stored: StoredRecord, among records: [StoredRecord], _ runs: [StoredRun]) {
    self.stored = stored
    newer = records.prefix { $0.id != stored.id }.filter {
      $0.record.disk.isSameDisk(as: stored.record.disk) && ![.saved, .restored].contains($0.progress.stage)
    }
    var gone: Set<String> = []
    unsaved = runs.filter { later in
      guard later.run.number > stored.record.number, later.progress.stage != .saved,
        later.run.disk.isSameDisk(as: stored.record.disk)
      else { return false }
      // One that saved nothing was never undone, whatever has overwritten what it left at the beginning.
      guard let own = later.run.undo else { return true }
      let isGone = later.progress.stage != .restored && !records.contains { $0.id == own }
      // A write that was noted more than once is still one.
      return isGone && gone.insert(own).inserted
    }.map(\.run)
  }

  /// What a person must know of later writes: they are not undone by this.
  var warnings: [SanitizedText] {
    guard !newer.isEmpty || !unsaved.isEmpty else { return [] }
    let saved = newer.map { later -> SanitizedText in
      let time = SanitizedText(utc: later.record.time)
      return "  beware        \(later.id) is newer and is not undone: \(time), \(later.writeText)"
    }
    let others = unsaved.map { later -> SanitizedText in
      let (time, image) = (SanitizedText(utc: later.time), SanitizedText(foreign: later.image, limit: 200))
      return "  beware        a newer write of which nothing is saved is not undone: \(time), \(image)"
    }
    let writes = Array((saved + others).prefix(UndoBalance.shown))
    let rest = newer.count + unsaved.count - writes.count
    let more: [SanitizedText] =
      rest == 0
      ? []
      : [
        SanitizedText(
          counting: rest, one: "  beware        and \(rest) more that is newer is not undone",
          other: "  beware        and \(rest) more that are newer are not undone")
      ]
    let rule: SanitizedText =
      unsaved.isEmpty
      ? "  beware        what they changed elsewhere stays: only undone one by one, the newest first, is the disk as it was"
      : "  beware        what they changed elsewhere stays"
    return writes + more + [rule]
  }

  /// The names of the later writes in JSON.
  var newerJSON: JSONValue { .array(newer.map { JSONValue($0.id) }) }

  /// The later writes of which nothing is saved, in JSON.
  var unsavedJSON: JSONValue {
    .array(unsaved.map { ["time": JSONValue($0.time), "image": JSONValue($0.image)] as JSONValue })
  }
}

extension StoredRecord {
  /// What undoing the write would bring back.
  var balance: UndoBalance { UndoBalance(record, progress) }

  /// The write that it was saved for, in one line.
  var writeText: SanitizedText {
    let image = "\(record.image)" as SanitizedText
    let bound = min(progress.upTo, record.writtenByteCount)
    switch progress.stage {
    case .saved: return "\(image): not begun, nothing was changed"
    case .begun:
      return "\(image): not finished, at most the first \(SanitizedText(size: bound)) were written"
    case .stopped:
      return "\(image): stopped, the first \(SanitizedText(size: bound)) were written"
    case .completed: return "\(image): \(SanitizedText(size: bound)) were written"
    case .restored: return "\(image): brought back already"
    }
  }

  /// The record in JSON.
  var json: JSONValue {
    [
      "record": JSONValue(id), "time": JSONValue(record.time), "image": JSONValue(record.image),
      "stage": JSONValue(progress.stage.word),
      "upTo": JSONValue(min(progress.upTo, record.writtenByteCount)),
      "fileBytes": JSONValue(byteCount), "disk": record.disk.json, "table": JSONValue(record.table),
      "unreadable": record.unreadable.json, "balance": balance.json,
    ]
  }
}

extension DiskFingerprint {
  /// What the disk is called.
  var text: SanitizedText {
    let size = SanitizedText(size: byteCount)
    guard case .disk(let identity) = kind else { return "the virtual stick \(path), \(size)" }
    let name = [identity.vendor, identity.model].compactMap(\.self).map { SanitizedText(foreign: $0) }
    var parts = [name.isEmpty ? "\(path)" : name.joined(separator: " "), size]
    if let serial = identity.serial { parts.append("serial \(SanitizedText(foreign: serial, limit: 48))") }
    return parts.joined(separator: ", ")
  }

  fileprivate var json: JSONValue {
    var identity = HardwareIdentity()
    if case .disk(let found) = kind { identity = found }
    return [
      "path": JSONValue(path), "vendor": JSONValue(identity.vendor), "model": JSONValue(identity.model),
      "serial": JSONValue(identity.serial), "wwn": JSONValue(identity.wwn), "bytes": JSONValue(byteCount),
      "transport": JSONValue(transport), "port": JSONValue(port), "diskseq": JSONValue(diskSequence),
    ]
  }
}
