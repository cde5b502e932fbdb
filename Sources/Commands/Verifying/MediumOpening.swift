import DeviceProbe
import DeviceSafety
import Writer

extension MediumReader {
  /// Looks a target up and opens it for reading, without a claim on it.
  static func open(_ names: RunNames, in context: Context) throws(Refusal) -> MediumReader {
    try open(lookUp(names, in: context), names, in: context)
  }

  /// Looks a target up.
  static func lookUp(_ names: RunNames, in context: Context) throws(Refusal) -> TargetLookup {
    do throws(GateError) {
      return try TargetLookup(TargetArgument(parsing: names.target), in: context.snapshot([], nil))
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: names.target)) }
  }

  /// Opens what was looked up.
  static func open(
    _ found: TargetLookup, _ names: RunNames, in context: Context
  ) throws(Refusal) -> MediumReader {
    do throws(VerifyError) {
      return try MediumReader(
        opening: found.path, expecting: found.disk?.number, diskSequence: found.disk?.diskSequence)
    } catch {
      throw Refusal(diagnostic: Diagnostic(error, names, signal: context.stopSignal()))
    }
  }
}
