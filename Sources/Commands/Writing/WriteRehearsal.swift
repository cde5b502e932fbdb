import BlockIO
import DeviceProbe
import DeviceSafety
import ImageInspector
import ImageSource
import Terminal
import Writer

/// `write --dry-run`: everything up to the opening of the target, and what would happen then.
struct WriteRehearsal {
  let order: WriteOrder
  let context: Context

  /// Looks, plans and prints; nothing is opened for writing, locked or changed.
  func run() -> ExitStatus {
    do throws(Refusal) {
      let image = try order.openImage()
      let released = order.unmounts ? try MountReleaser(order: order, context: context).releasable() : []
      let target = try lookUp(without: released)
      let report = try order.inspect(image, in: context)
      let plan = try order.plan(
        bytes: image.byteCount, onto: target.geometry,
        stale: context.signatures(target.path))
      let steps = released.map { "unmount \($0)" as SanitizedText } + plan.steps
      if order.isJSON { return context.finish([json(target, plan, steps).line]) }
      return context.finish(lines(target, report, steps))
    } catch {
      let result = order.isJSON ? WriteEvent.failed(order, error.diagnostic) : nil
      return context.report(error.diagnostic, json: result)
    }
  }

  private func lookUp(without released: [String]) throws(Refusal) -> TargetLookup {
    do throws(GateError) {
      var snapshot = order.snapshot(in: context)
      snapshot.mounts.removeAll { released.contains($0.mountPoint) }
      let target = try TargetLookup(
        TargetArgument(parsing: order.target), in: snapshot, order.request)
      try target.requireAllowed(by: order.request)
      return target
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
  }

  private func lines(_ target: TargetLookup, _ report: ImageReport, _ steps: [SanitizedText])
    -> [SanitizedText]
  {
    var lines: [SanitizedText] = [
      "Nothing is written: this is what `burin write` would do.",
      "  target  \(target.path), ID \(target.id), \(SanitizedText(size: target.geometry.byteCount))",
      "  image   \(order.image), \(report.kindText), \(SanitizedText(size: report.byteCount))",
    ]
    for (index, step) in steps.enumerated() {
      lines.append("  \(SanitizedText("\(index + 1)").padded(to: 3, alignment: .right)). \(step)")
    }
    lines.append("The target was not claimed: whether it is idle then, only the write itself can tell.")
    return lines
  }

  private func json(_ target: TargetLookup, _ plan: WritePlan, _ steps: [SanitizedText]) -> JSONValue {
    [
      "schema": 1, "event": "plan", "image": WriteEvent.image(order, bytes: plan.imageByteCount),
      "target": [
        "id": JSONValue(target.id), "path": JSONValue(target.path), "name": JSONValue(target.disk?.name),
        "bytes": JSONValue(target.geometry.byteCount),
      ],
      "plan": plan.json, "steps": JSONValue(steps),
    ]
  }
}
