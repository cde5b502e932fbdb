import BlockIO
import DeviceProbe
import DeviceSafety
import Terminal
import Writer

/// `--verify=replug`: sticks that were written are read once more after somebody has unplugged them and plugged them in
/// again, so that nothing that only their own memory held can pass for stored (R41).
///
/// What was proven before stays what it is; this only adds to it, and only reads.
struct ReplugSession: Sendable {
  private let context: Context
  private let form: ProgressReporter.Form
  private let look: ReplugLook
  private let source: (any HotPlugSource)?

  /// Remembers what is plugged in before the first byte is written: later on nobody can be listened to anew (R47).
  init(_ order: WriteOrder, in context: Context) {
    self.context = context
    form = order.isJSON ? .json : order.isQuiet ? .none : .text
    source = context.hotPlug()
    look = ReplugLook(before: context.snapshot([], nil), bootID: context.undo.bootID)
  }

  /// Waits for all of them at once, in whatever order they come, and reads each as soon as it is there.
  /// - Parameter ended: told the index of each and what came of it.
  func run(_ sticks: [AwaitedStick], ended: (Int, ReplugOutcome) -> Void) async {
    let desk = ReplugDesk(sticks, look, context, form)
    desk.call()
    await ProgressReporter.showing(sticks.map(\.track), in: context, as: form) {
      await withTaskGroup(of: (Int, ReplugOutcome).self) { group in
        for (index, stick) in sticks.enumerated() {
          let wait = ReplugWait(stick: stick, desk: desk, look: look, source: source, context: context)
          group.addTask(executorPreference: LaneExecutor("burin.replug.\(index)")) { (index, wait.run()) }
        }
        for await (index, outcome) in group {
          sticks[index].track.end(outcome.word)
          ended(index, outcome)
        }
      }
    }
  }
}
