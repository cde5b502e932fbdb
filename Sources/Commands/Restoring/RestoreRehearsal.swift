import BlockIO
import DeviceProbe
import DeviceSafety
import DiskFormats
import Documents
import Terminal
import Writer

/// `restore --dry-run`: everything up to the opening of the target, and what would happen then.
struct RestoreRehearsal {
  let order: RestoreOrder
  let context: Context

  /// Looks, plans and prints; nothing is opened for writing, locked or changed.
  func run() -> ExitStatus {
    do throws(Refusal) {
      let released =
        order.write.unmounts
        ? try MountReleaser(order: order.write, context: context).releasable().map(\.mountPoint) : []
      var snapshot = order.write.snapshot(in: context)
      snapshot.mounts.removeAll { released.contains($0.mountPoint) }
      let target = try lookUp(in: snapshot)
      let disk = try order.layOut(target.geometry)
      let plan = try order.plan(disk, onto: target.geometry, stale: context.signatures(target.path))
      let steps = released.map { "unmount \($0)" as SanitizedText } + plan.steps + order.write.extraSteps
      if order.write.isJSON { return context.finish([json(target, disk, plan, steps).line]) }
      return context.finish(lines(target, disk, steps))
    } catch {
      let result = order.write.isJSON ? RestoreEvent.failed(order, error.diagnostic) : nil
      return context.report(error.diagnostic, json: result)
    }
  }

  private func lookUp(in snapshot: DeviceSnapshot) throws(Refusal) -> TargetLookup {
    do throws(GateError) {
      let target = try TargetLookup(
        TargetArgument(parsing: order.write.target), in: snapshot, order.write.request,
        contents: context.contents.named)
      try target.requireAllowed(by: order.write.request)
      return target
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.write.target)) }
  }

  private func lines(
    _ target: TargetLookup, _ disk: EmptyDisk, _ steps: [SanitizedText]
  ) -> [SanitizedText] {
    var lines: [SanitizedText] = [
      "Nothing is written: this is what `burin restore` would do.",
      "  target  \(target.path), ID \(target.id), \(SanitizedText(size: target.geometry.byteCount))",
      "  becomes \(disk.text)",
    ]
    if let device = target.disk {
      let entry = DeviceEntry(
        device, in: DeviceSnapshot(devices: [device]), assessment: target.assessment)
      lines += entry.lossTexts.map { "  holds   \($0)" }
    }
    for (index, step) in steps.enumerated() {
      lines.append("  \(SanitizedText("\(index + 1)").padded(to: 3, alignment: .right)). \(step)")
    }
    lines.append("The target was not claimed: whether it is idle then, only the run itself can tell.")
    return lines
  }

  private func json(
    _ target: TargetLookup, _ disk: EmptyDisk, _ plan: WritePlan, _ steps: [SanitizedText]
  ) -> JSONValue {
    [
      "schema": 1, "event": "plan",
      "target": [
        "id": JSONValue(target.id), "path": JSONValue(target.path), "name": JSONValue(target.disk?.name),
        "bytes": JSONValue(target.geometry.byteCount),
      ],
      "restored": disk.json, "plan": plan.json, "steps": JSONValue(steps),
    ]
  }
}
