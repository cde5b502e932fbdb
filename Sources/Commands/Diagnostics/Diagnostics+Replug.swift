import DeviceProbe
import DeviceSafety
import ImageInspector
import Terminal
import Writer

extension Diagnostic {
  /// Words for a stick that was not proven a second time; nil where it was.
  /// - Parameter report: what the image is.
  init?(_ outcome: ReplugOutcome, _ names: RunNames, signal: Int32?, image report: ImageReport?) {
    let path = outcome.disk?.path ?? names.target
    switch outcome.ending {
    case .equal: return nil
    case .differs(let differences, _, let mounted):
      self.init(replugged: differences, mounted, at: path, image: report)
    case .failed(let error):
      self = Diagnostic(error, RunNames(image: names.image, target: path), signal: signal)
        .adding(because: [Self.earlierProof])
    case .stopped:
      self.init(
        .replugNotReached, signal.map(ExitStatus.signal) ?? .internalError,
        "stopped before \(names.target) was read once more after a replug",
        because: [Self.earlierProof] + outcome.refused,
        toFix: "plug it in again, and compare it with `burin verify`")
    }
  }

  private init(
    replugged differences: Differences, _ mounted: [MountTraces.FileSystem], at path: String,
    image report: ImageReport?
  ) {
    var because = [SanitizedText(differences)] + (report?.areas(of: differences) ?? []).map(\.text)
    because += differences.damage.texts(namingCauses: mounted.isEmpty)
    if !mounted.isEmpty {
      because.append(
        "all of it lies where mounting leaves its traces: \(mounted.map(\.text).joined(separator: " and "))")
    }
    self.init(
      .mediumDiffers, .different,
      "\(path) does not hold what was written any more, now that it was plugged in again",
      because: because + [Self.earlierProof],
      toFix: Self.remedy(mounted))
  }

  private static func remedy(_ mounted: [MountTraces.FileSystem]) -> SanitizedText {
    if mounted.isEmpty { return "do not trust this stick: it said that it had stored what it had not" }
    if mounted.contains(where: \.mayHideLosses) {
      return """
        a system has mounted it meanwhile, and may have changed all of that; whether the stick has lost some of it \
        besides cannot be told: keep systems from mounting it, and write it anew
        """
    }
    return """
      a system has mounted it meanwhile, and the stick is not to blame: keep systems from mounting it, \
      and write it anew
      """
  }

  private static var earlierProof: SanitizedText {
    "what was proven before stays true of that time: all of it was written, read back past every cache, and equal"
  }
}
