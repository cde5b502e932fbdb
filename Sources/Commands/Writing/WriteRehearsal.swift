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
      let target = try lookUp()
      let report = try order.inspect(image, in: context).report
      let plan = try order.plan(
        bytes: image.byteCount, onto: target.geometry,
        stale: context.signatures(target.path))
      if order.isJSON { return context.finish([json(target, plan).line]) }
      return context.finish(lines(target, report, plan))
    } catch {
      let result = order.isJSON ? WriteEvent.failed(order, error.diagnostic) : nil
      return context.report(error.diagnostic, json: result)
    }
  }

  private func lookUp() throws(Refusal) -> TargetLookup {
    do throws(GateError) {
      let target = try TargetLookup(
        TargetArgument(parsing: order.target), in: order.snapshot(in: context), order.request)
      try target.requireAllowed(by: order.request)
      return target
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
  }

  private func lines(_ target: TargetLookup, _ report: ImageReport, _ plan: WritePlan) -> [SanitizedText] {
    var lines: [SanitizedText] = [
      "Nothing is written: this is what `burin write` would do.",
      "  target  \(target.path), ID \(target.id), \(SanitizedText(size: target.geometry.byteCount))",
      "  image   \(order.image), \(report.kindText), \(SanitizedText(size: report.byteCount))",
    ]
    for (index, step) in plan.steps.enumerated() {
      lines.append("  \(SanitizedText("\(index + 1)").padded(to: 3, alignment: .right)). \(step)")
    }
    lines.append("The target was not claimed: whether it is idle then, only the write itself can tell.")
    return lines
  }

  private func json(_ target: TargetLookup, _ plan: WritePlan) -> JSONValue {
    [
      "schema": 1, "event": "plan", "image": WriteEvent.image(order, bytes: plan.imageByteCount),
      "target": [
        "id": JSONValue(target.id), "path": JSONValue(target.path), "name": JSONValue(target.disk?.name),
        "bytes": JSONValue(target.geometry.byteCount),
      ],
      "plan": plan.json, "steps": JSONValue(plan.steps),
    ]
  }
}
