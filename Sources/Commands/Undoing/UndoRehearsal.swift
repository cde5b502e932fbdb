import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import Terminal
import UndoStore

/// `undo --dry-run`: what would be brought back, and what is lost.
struct UndoRehearsal {
  let order: UndoOrder
  let context: Context

  /// Looks and prints; nothing is opened for writing, locked or changed.
  func run() -> ExitStatus {
    do throws(Refusal) {
      let store = try context.undo.store()
      let snapshot = context.snapshot(context.undo.anchors, nil)
      let target: TargetLookup
      do throws(GateError) {
        target = try TargetLookup(TargetArgument(parsing: order.target), in: snapshot, order.request)
        try target.requireAllowed(by: order.request)
      } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
      guard let disk = DiskFingerprint(of: target, bootID: context.undo.bootID) else {
        throw Refusal(diagnostic: .noUndoRecord(order.target, others: 0, restored: nil))
      }
      let choice = try order.choose(for: disk, in: store)
      let stored = choice.stored
      try order.requireUnmistakable(stored, disk, snapshot, in: context)
      if order.isJSON {
        return context.finish([UndoEvent.plan(order, target, choice).line])
      }
      let heading: SanitizedText = "Nothing is written: this is what `burin undo` would do."
      let lines: [SanitizedText] = [
        heading, "  target        \(target.path), ID \(target.id)",
        "  saved         \(stored.id), \(SanitizedText(utc: stored.record.time))",
        "  write         \(stored.writeText)",
      ]
      return context.finish(lines + choice.warnings + stored.balance.lines(brought: "brings back"))
    } catch {
      let result = order.isJSON ? UndoEvent.failed(order, error.diagnostic) : nil
      return context.report(error.diagnostic, json: result)
    }
  }
}

/// The lines of `undo --json`, but for progress.
enum UndoEvent {
  /// What would be done.
  static func plan(_ order: UndoOrder, _ target: TargetLookup, _ choice: UndoChoice) -> JSONValue {
    [
      "schema": 1, "event": "plan",
      "target": [
        "id": JSONValue(target.id), "path": JSONValue(target.path), "name": JSONValue(target.disk?.name),
        "bytes": JSONValue(target.geometry.byteCount),
      ],
      "undo": choice.stored.json, "newer": choice.newerJSON,
      "newerUnsaved": choice.unsavedJSON,
    ]
  }

  /// Everything that was saved of what was changed is back.
  static func done(
    _ identity: TargetIdentity, _ choice: UndoChoice, _ outcome: UndoOutcome, _ unproven: [SanitizedText]
  ) -> JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": 0, "diagnostic": .null,
      "target": WriteEvent.target(identity), "undo": choice.stored.json, "newer": choice.newerJSON,
      "newerUnsaved": choice.unsavedJSON,
      "bytesRestored": JSONValue(outcome.byteCount), "readBack": true, "pastCache": true,
      "partitionsPublished": .bool(outcome.partitionsPublished), "notProven": JSONValue(unproven),
    ]
  }

  /// The run ended before that.
  static func failed(_ order: UndoOrder, _ diagnostic: Diagnostic) -> JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic.exit.rawValue),
      "diagnostic": diagnostic.json,
      "target": [
        "id": .null, "path": .null, "name": .null, "bytes": .null, "argument": JSONValue(order.target),
      ],
      "undo": .null, "newer": .null, "newerUnsaved": .null,
    ]
  }
}
