import DeviceProbe
import DeviceSafety
import Writer

/// What somebody wants to be tested, as the command line says it.
struct TestOrder: Hashable {
  /// The target as it was given.
  var target: String
  /// `--quick` and `--read-only`.
  var mode: TestMode
  /// What the rules may overlook.
  var request: SafetyRequest
  /// `--yes`.
  var isYes: Bool
  /// `--confirm`.
  var confirmed: String?
  /// `--confirm-serial`.
  var serial: String?
  /// Whether a quick test saves what it puts back.
  var saves: Bool
  /// Decides which places a quick test draws.
  var seed: UInt64
  /// `--quiet`.
  var isQuiet: Bool
  /// `--json`.
  var isJSON: Bool

  /// The names for messages.
  var names: RunNames { RunNames(image: "", target: target) }

  /// Whether something is saved before the first write.
  var savesUndo: Bool { saves && mode == .quick }

  /// Looks at the machine, with the state directory among what the rules protect where it is used.
  ///
  /// The target is opened by the gate alone.
  func snapshot(in context: Context) -> DeviceSnapshot {
    context.snapshot(savesUndo ? context.undo.anchors : [], TargetArgument(parsing: target))
  }
}
