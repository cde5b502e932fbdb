import BlockIO
import BlockMap
import DeviceProbe
import DeviceSafety
import Documents
import ImageSource
import ImageTrust
import Sandbox
import SystemPackage
import Terminal
import UndoStore
import Writer

/// A write that succeeded: what was proven, and what was not.
struct WriteOutcome {
  let order: WriteOrder
  let identity: TargetIdentity
  let plan: WritePlan
  let source: OpenedImage
  let image: Inspected
  let writer: WriterConfinement
  let impossible: [ImpossibleCheck]
  let proof: WriteReport
  let trust: TrustStatement
  let undo: SavedUndo?
  /// What came of `--fix-gpt`; nil without it.
  var relocation: TableRelocation.Outcome?
  /// What came of `--eject` and `--power-off`.
  var parting = Parting.Outcomes()
  /// Who knows whether the run stood still.
  let standstill: Standstill
  /// What came of `--verify=replug`; nil without it, and before.
  var replug: ReplugOutcome?
  /// The object `receipt`.
  var receipt = JSONValue.null
  /// Why a receipt is not whole.
  var receiptFailure: Diagnostic?
  /// What was broken after everything was proven; nil where nothing was.
  var diagnostic: Diagnostic?

  /// What nobody has checked; the report never claims more than what happened (R45).
  var unproven: [SanitizedText] {
    var list = [trust.doubt] + sourceDoubts + (source.map?.doubts ?? [])
    if source.packed?.isChecked == false {
      list.append("that \(order.image) is undamaged: it carries no checksums of all that is compressed in it")
    }
    if proof.trust.readsFileAgain, proof.trust.best?.subject != .image {
      list.append(
        "that what was unpacked is what has this checksum: the file was read twice, and did not change by its times"
      )
    }
    if proof.sha256 == nil { list.append("the SHA-256 of the image: none was asked for") }
    if proof.cacheFlush == .notSupported {
      list.append("that nothing is left in the stick's own cache: it does not know the command to empty it")
    }
    if let deltaDoubt { list.append(deltaDoubt) }
    if order.isResumedByContent {
      list.append(
        "that it is the very stick on which the write was interrupted: it has no serial number of its own, and was known again by what was on it"
      )
    }
    let rest = plan.capacity - min(plan.capacity, proof.writtenByteCount)
    if rest > 0 {
      list.append(
        "the \(SanitizedText(size: rest)) after the image: only what could hold old boot data there was zeroed"
      )
      list.append(capacityDoubt)
    }
    list += image.confinement.unproven + writer.unproven + (replug?.doubts ?? [])
    return list
  }

  /// The report for a person.
  func lines(for capabilities: Capabilities) -> [SanitizedText] {
    let image: SanitizedText = source.packed == nil ? "\(order.image)" : "what is in \(order.image)"
    let part: SanitizedText = source.map == nil ? image : "what is mapped of \(image)"
    let heading: SanitizedText = "\(replug?.disk?.path ?? identity.path) now holds \(part), byte for byte"
    var lines = [heading.styled(.green, if: capabilities.hasColor)]
    let size = source.map?.mappedText ?? SanitizedText(exactBytes: proof.imageByteCount)
    lines.append(
      "  proven      \(size)\(source.map == nil ? "" : ",") \(readingText)"
    )
    if let map = plan.map, map.digestCount > 0, let algorithm = map.algorithm {
      lines.append(
        "  map         \(map.digestCount) ranges of the image have the \(SanitizedText(vouchedFor: algorithm.rawValue)) that it says"
      )
    }
    lines += Self.list("  trust       ", trust.lines, capabilities)
    if let sha256 = proof.sha256 { lines.append("  SHA-256     \(sha256.hexadecimal)") }
    lines.append(
      "  time        written in \(timeText(proof.writing)), read back in \(timeText(proof.verifying))")
    lines += Self.list("  paused      ", standstill.texts, capabilities)
    lines += Self.list("  replugged   ", [replug?.text].compactMap(\.self), capabilities)
    lines += Self.list("  delta       ", deltaTexts, capabilities)
    lines += Self.list("  capacity    ", proof.capacity?.texts ?? [], capabilities)
    if case .server(let stream, _) = source.origin {
      let times = stream.resumptionCount
      lines += Self.list("  fetched     ", ["from \(stream.foundAt)" + resumed(times)], capabilities)
    }
    if proof.retries > 0 {
      lines.append("  retries     \(proof.retries) after I/O errors: do not trust this stick for long")
    }
    lines += Self.list("  rewritten   ", proof.rewrittenTexts, capabilities)
    lines += Self.list("  not proven  ", unproven, capabilities)
    lines += Self.list("  not checked ", impossible.map(\.text), capabilities)
    lines += Self.list("  undo        ", [SavedUndo.text(undo, id: currentID)], capabilities)
    if let path = order.receipt, receipt["file"] != .null {
      lines += Self.list("  receipt     ", ["\(path)"], capabilities)
    }
    lines += Self.list("  GPT         ", [relocation?.text].compactMap(\.self), capabilities)
    lines += Self.list("  ejected     ", [parting.ejectionText].compactMap(\.self), capabilities)
    lines += Self.list("  powered off ", [parting.powerOffText].compactMap(\.self), capabilities)
    if !proof.partitionsPublished, !parting.isGone, replug?.disk == nil {
      lines.append(
        "  note        the kernel has not read the new partition table: unplug it and plug it in again")
    }
    return lines
  }

  /// The ID that it has now: the one that was confirmed ended with its plug-in.
  private var currentID: String { replug?.disk.map { TargetID(of: $0).description } ?? identity.id }

  private func resumed(_ times: Int) -> SanitizedText {
    switch times {
    case 0: ""
    case 1: "; the connection was lost once, and it went on from there"
    default: "; the connection was lost \(times) times, and it went on from there"
    }
  }

  /// Items under a label of 14 columns.
  static func list(
    _ label: SanitizedText, _ items: [SanitizedText], _ capabilities: Capabilities
  ) -> [SanitizedText] {
    items.enumerated().flatMap { index, text in
      text.folded(behind: index == 0 ? label : "            - ", for: capabilities)
    }
  }

  private func timeText(_ time: Duration) -> SanitizedText {
    let seconds = time / .seconds(1)
    guard seconds >= 0.05 else { return SanitizedText(time: time) }
    let byteCount = plan.map?.mappedByteCount ?? proof.imageByteCount
    return "\(SanitizedText(time: time)), \(SanitizedText(rate: Double(byteCount) / seconds))"
  }

  /// The last line of `write --json`.
  var json: JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic?.exit.rawValue ?? 0),
      "diagnostic": diagnostic?.json ?? .null,
      "image": WriteEvent.image(order, source, bytes: proof.imageByteCount),
      "target": WriteEvent.target(identity),
      "proven": proven,
      "trust": trust.json, "notProven": JSONValue(unproven), "notChecked": JSONValue(impossible.map(\.text)),
      "bytesWritten": JSONValue(writtenByteCount),
      "retries": JSONValue(proof.retries), "partitionsPublished": .bool(proof.partitionsPublished),
      "rewritten": proof.rewritten?.json ?? .null, "delta": proof.delta?.json ?? .null,
      "replug": replug?.json ?? .null, "receipt": receipt,
      "capacity": proof.capacity?.json ?? .null, "undo": undo?.json ?? .null,
      "gpt": relocation?.json ?? .null, "ejected": JSONValue(parting.ejection?.word),
      "poweredOff": JSONValue(parting.powerOff?.word),
      "secondsWriting": JSONValue(proof.writing / .seconds(1)),
      "secondsVerifying": JSONValue(proof.verifying / .seconds(1)), "standstill": standstill.json,
    ]
  }
}

extension WriteReport {
  /// What was not there when it was read back first, and was written once more (R45).
  var rewrittenTexts: [SanitizedText] {
    guard let rewritten else { return [] }
    let text: SanitizedText =
      "\(SanitizedText(rewritten)) at first; that was written once more and then read twice, and everything else again: do not trust this stick for long"
    return [text] + rewritten.damage.texts
  }
}

extension WriteOutcome {
  /// How much was proven, which may be less than was asked for.
  private var level: VerifyLevel {
    if case .equal? = replug?.ending { .replug } else { .read }
  }

  /// What is proven and still true.
  private var proven: JSONValue {
    guard replug?.isRefuted != true else { return .null }
    return [
      "bytes": JSONValue(plan.map?.mappedByteCount ?? proof.imageByteCount), "readBack": true,
      "pastCache": true,
      "sha256": JSONValue(proof.sha256?.hexadecimal), "checksum": checksum,
      "deviceCacheFlushed": .bool(proof.cacheFlush == .confirmed),
      "level": JSONValue(level.rawValue),
    ]
  }

  /// How many bytes went onto the medium, with the zeros that fill blocks.
  private var writtenByteCount: UInt64 {
    let head = min(WritePlan.edgeByteCount, proof.writtenByteCount)
    if let delta = proof.delta { return head + delta.writtenByteCount }
    guard plan.map != nil, let layout = plan.layout else { return proof.writtenByteCount }
    return UInt64(layout.headByteCount) + layout.bodyPieces.byteCount
  }

  /// The checksum that was given, where one was.
  private var checksum: JSONValue {
    guard let given = proof.trust.checked.first(where: { $0.claim.origin == .option }) else { return .null }
    return [
      "algorithm": JSONValue(given.claim.checksum.algorithm.rawValue),
      "digest": JSONValue(given.claim.checksum.bytes.hexadecimal), "of": JSONValue(given.subject?.word),
    ]
  }
}

extension Confinement {
  /// What the kernel could not help with while the image was looked at; something else still did.
  fileprivate var unproven: [SanitizedText] {
    Barrier.allCases.filter(missing.contains).map { barrier in
      switch barrier {
      case .landlock: "that nothing in the image could open a file (Landlock): this kernel does not have it"
      case .callFilter:
        "that nothing in the image could call the kernel (seccomp): this kernel or processor does not have it"
      case .nobody: "that the image was read as nobody: this user namespace knows only its root"
      }
    }
  }
}
