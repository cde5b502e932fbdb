import BlockIO
import BlockMap
import DeviceProbe
import DeviceSafety
import Documents
import ImageInspector
import ImageSource
import SystemPackage
import Terminal
import UndoStore
import Writer

/// `write --dry-run`: everything up to the opening of the target, and what would happen then.
struct WriteRehearsal {
  let order: WriteOrder
  let context: Context
  /// What another rehearsal of the same run has opened.
  var opened: WriteParty.Opened?

  /// Looks, plans and prints; nothing is opened for writing, locked or changed.
  func run() -> ExitStatus {
    do throws(Refusal) {
      let found = try look()
      if order.isJSON { return context.finish([json(found).line]) }
      return context.finish(lines(found))
    } catch {
      let result = order.isJSON ? WriteEvent.failed(order, error.diagnostic) : nil
      return context.report(error.diagnostic, json: result)
    }
  }

  /// `burin plan`: the same as a document, printed or saved.
  func plan(to file: String?) -> ExitStatus {
    do throws(Refusal) {
      let found = try look()
      let target = PlannedTarget(found.target, try describe(found))
      let (sha256, trust) = try order.prove(found.image, found.plan, found.sought, in: context)
      let document = PlanDocument(
        order: order, image: found.image, report: found.report, sha256: sha256, sought: found.sought,
        trust: trust.json, target: target, plan: found.plan)
      guard let file else { return context.finish([document.json.indented]) }
      do throws(SystemCallError) {
        try ReplacedFile.write(Array("\(document.json.indented.string)\n".utf8), to: FilePath(file))
      } catch { throw Refusal(diagnostic: .planNotSaved(file, error)) }
      if order.isJSON { return context.finishChange([document.json.indented]) }
      return context.finishChange(
        lines(found, trust) + ["The plan is in \(file): `burin apply` carries it out."])
    } catch {
      return context.report(error.diagnostic, json: order.isJSON ? error.diagnostic.errorObject : nil)
    }
  }

  /// What was found on the way to the target.
  private struct Findings {
    let image: OpenedImage
    let target: TargetLookup
    let snapshot: DeviceSnapshot
    let report: ImageReport
    let plan: WritePlan
    let sought: SoughtTrust
    /// The mounts that `--unmount` would take away first.
    let released: [String]

    /// What is saved for `burin undo` before the plan begins.
    let saving: [SanitizedText]
    /// What is done after the plan.
    let extra: [SanitizedText]

    var steps: [SanitizedText] { released.map { "unmount \($0)" } + saving + plan.steps + extra }
  }

  private func look() throws(Refusal) -> Findings {
    let image = if let opened { opened.image } else { try order.openImage(in: context) }
    let sought =
      if let opened { opened.sought } else { try SoughtTrust(order.trust, for: image, in: context) }
    let released =
      order.unmounts ? try MountReleaser(order: order, context: context).releasable().map(\.mountPoint) : []
    var snapshot = order.snapshot(in: context)
    snapshot.mounts.removeAll { released.contains($0.mountPoint) }
    let target = try lookUp(in: snapshot)
    _ = try order.clonedDisk(image, in: context)
    let report =
      if let opened { opened.inspected.report } else { try order.inspect(image, in: context).report }
    let plan = try order.plan(
      image, report, onto: target.geometry,
      stale: context.signatures(target.path) + image.holeEdges(report), sought)
    return Findings(
      image: image, target: target, snapshot: snapshot, report: report, plan: plan, sought: sought,
      released: released,
      saving: order.savingSteps(plan, in: context.undo.directory), extra: order.extraSteps)
  }

  private func lookUp(in snapshot: DeviceSnapshot) throws(Refusal) -> TargetLookup {
    do throws(GateError) {
      let target = try TargetLookup(
        TargetArgument(parsing: order.target), in: snapshot, order.request,
        contents: context.contents.named)
      try target.requireAllowed(by: order.request)
      return target
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
  }

  /// The disk with what is on it; nil for a virtual stick.
  private func describe(_ found: Findings) throws(Refusal) -> DeviceEntry? {
    guard let disk = found.target.disk else { return nil }
    guard disk.contents != nil else { throw Refusal(diagnostic: .planNeedsContents(order.target)) }
    return DeviceEntry(disk, in: found.snapshot, assessment: found.target.assessment)
  }

  private func lines(_ found: Findings, _ trust: TrustStatement? = nil) -> [SanitizedText] {
    let (target, report) = (found.target, found.report)
    var lines: [SanitizedText] = [
      "Nothing is written: this is what `burin write` would do.",
      "  target  \(target.path), ID \(target.id), \(SanitizedText(size: target.geometry.byteCount))",
      "  image   \(order.image), \(found.image.text(report))",
    ]
    if let map = found.image.map { lines.append("  map     \(map.text)") }
    lines.append("  origin  \(trust?.line ?? found.sought.expectation)")
    if let disk = target.disk {
      let entry = DeviceEntry(disk, in: DeviceSnapshot(devices: [disk]), assessment: target.assessment)
      lines += entry.lossTexts.map { "  holds   \($0)" }
    }
    for (index, step) in found.steps.enumerated() {
      lines.append("  \(SanitizedText("\(index + 1)").padded(to: 3, alignment: .right)). \(step)")
    }
    lines.append("The target was not claimed: whether it is idle then, only the write itself can tell.")
    return lines
  }

  private func json(_ found: Findings) -> JSONValue {
    let (target, plan) = (found.target, found.plan)
    return [
      "schema": 1, "event": "plan",
      "image": WriteEvent.image(order, found.image, bytes: plan.layout?.imageByteCount),
      "target": [
        "id": JSONValue(target.id), "path": JSONValue(target.path), "name": JSONValue(target.disk?.name),
        "bytes": JSONValue(target.geometry.byteCount),
      ],
      "plan": plan.json, "steps": JSONValue(found.steps),
    ]
  }
}

extension WriteOrder {
  /// What is saved for `burin undo` before a plan begins; nothing where nothing is.
  /// - Parameter directory: the state directory, or what it is called; nil where there is none.
  func savingSteps(_ plan: WritePlan, in directory: String?) -> [SanitizedText] {
    guard let limit = undo, let directory else { return [] }
    let size = SanitizedText(size: min(limit.keptByteCount, plan.largestWrittenByteCount))
    return [
      "save what is about to be lost in \(directory): what is zeroed, both ends of each partition, "
        + "and up to \(size) of the data"
    ]
  }
}
