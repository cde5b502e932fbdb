import BlockIO
import DeviceSafety
import DiskFormats
import Documents
import Sandbox
import Terminal
import Writer

/// A stick that was made empty: what was proven, and what was not.
struct RestoreOutcome {
  let identity: TargetIdentity
  let disk: EmptyDisk
  let plan: WritePlan
  let writer: WriterConfinement
  let impossible: [ImpossibleCheck]
  let proof: WriteReport
  let undo: SavedUndo?
  /// What the search for other signatures has found; nil where it was not made.
  let search: SignatureSearch.Outcome?
  /// What came of `--eject` and `--power-off`.
  let parting: Parting.Outcomes
  /// Who knows whether the run stood still.
  let standstill: Standstill

  /// What is wrong although all that was written is proven; nil where nothing is.
  var diagnostic: Diagnostic? {
    switch search {
    case .clean: nil
    case .others(let others): .signaturesLeft(identity.path, others)
    case .failed(let error): Diagnostic(device: identity.path, error, doing: "searching it", nil)
    case nil: .internalError("the stick was not searched")
    }
  }

  /// What nobody has checked (R45).
  private var unproven: [SanitizedText] {
    var list: [SanitizedText] = [
      """
      that what was on it is gone: \(SanitizedText(size: disk.overwrittenByteCount)) were overwritten, and the rest can \
      still be found by who looks for it
      """
    ]
    if proof.cacheFlush == .notSupported {
      list.append("that nothing is left in the stick's own cache: it does not know the command to empty it")
    }
    if let doubt = capacityDoubt { list.append(doubt) }
    return list + writer.unproven
  }

  /// How much was read back and is as it has to be, in bytes; what a fake has not got is not claimed.
  private var provenByteCount: UInt64 {
    proof.capacity?.shortfall == nil ? disk.overwrittenByteCount : UInt64(disk.written.count)
  }

  private var capacityDoubt: SanitizedText? {
    let claim = SanitizedText(size: plan.capacity)
    guard let capacity = proof.capacity, capacity.probedPlaceCount > 0 else {
      return
        "that the stick has all of the \(claim) that it claims: nothing beyond the file system was probed"
    }
    guard capacity.shortfall == nil else {
      return "that the stick has the \(claim) that it claims, and least of all that files will last on it"
    }
    return "that the stick has all of the \(claim) that it claims: some places were probed, not every block"
  }

  /// The report for a person.
  func lines(for capabilities: Capabilities) -> [SanitizedText] {
    let heading: SanitizedText = "\(identity.path) is an ordinary empty stick again"
    var lines = [heading.styled(.green, if: capabilities.hasColor)]
    func add(_ label: SanitizedText, _ items: [SanitizedText]) {
      lines += WriteOutcome.list("  \(label.padded(to: 12))", items, capabilities)
    }
    add("holds", [disk.text])
    let size = SanitizedText(exactBytes: provenByteCount)
    add("proven", ["\(size) read back from the medium past every cache, all equal"])
    if search == .clean { add("searched", ["nothing but that is recognised on it"]) }
    add("capacity", proof.capacity?.texts ?? [])
    add("paused", standstill.texts)
    if proof.retries > 0 {
      add("retries", ["\(proof.retries) after I/O errors: do not trust this stick for long"])
    }
    add("rewritten", proof.rewrittenTexts)
    add("not proven", unproven)
    add("not checked", impossible.map(\.text))
    add("undo", [SavedUndo.text(undo, id: identity.id)])
    add("ejected", [parting.ejectionText].compactMap(\.self))
    add("powered off", [parting.powerOffText].compactMap(\.self))
    if !proof.partitionsPublished, !parting.isGone {
      add("note", ["the kernel has not read the new partition table: unplug it and plug it in again"])
    }
    return lines
  }

  /// The last line of `restore --json`.
  var json: JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic?.exit.rawValue ?? 0),
      "diagnostic": diagnostic?.json ?? .null, "target": WriteEvent.target(identity), "restored": disk.json,
      "proven": [
        "bytes": JSONValue(provenByteCount), "readBack": true, "pastCache": true,
        "deviceCacheFlushed": .bool(proof.cacheFlush == .confirmed), "signatures": .bool(search == .clean),
      ],
      "notProven": JSONValue(unproven), "notChecked": JSONValue(impossible.map(\.text)),
      "retries": JSONValue(proof.retries), "partitionsPublished": .bool(proof.partitionsPublished),
      "rewritten": proof.rewritten?.json ?? .null,
      "capacity": proof.capacity?.json ?? .null, "undo": undo?.json ?? .null,
      "ejected": JSONValue(parting.ejection?.word), "poweredOff": JSONValue(parting.powerOff?.word),
      "standstill": standstill.json,
    ]
  }
}

/// The lines of `restore --json`, but for progress and for the result of a success.
enum RestoreEvent {
  /// The target is approved, writing begins.
  static func start(
    _ identity: TargetIdentity, _ disk: EmptyDisk, _ plan: WritePlan, _ impossible: [ImpossibleCheck]
  ) -> JSONValue {
    [
      "schema": 1, "event": "start", "target": WriteEvent.target(identity), "restored": disk.json,
      "plan": plan.json, "notChecked": JSONValue(impossible.map(\.text)),
    ]
  }

  /// The run ended before everything was proven.
  static func failed(_ order: RestoreOrder, _ diagnostic: Diagnostic) -> JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic.exit.rawValue),
      "diagnostic": diagnostic.json,
      "target": [
        "id": .null, "path": .null, "name": .null, "bytes": .null,
        "argument": JSONValue(order.write.target),
      ],
      "restored": .null, "proven": .null,
    ]
  }
}
