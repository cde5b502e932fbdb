import BlockIO
import DeviceProbe
import DeviceSafety
import ImageSource

extension WriteOrder {
  /// The disk that the image is, if nobody may change it while it is read; nil for a file.
  ///
  /// That it is neither the target nor a part of it, the rules have said by then: the image is what they protect (R20).
  func clonedDisk(_ source: OpenedImage, in context: Context) throws(Refusal) -> BlockDevice? {
    guard case .blockDevice? = source.file.state?.kind else { return nil }
    let snapshot = snapshot(in: context)
    let found: TargetLookup
    do throws(GateError) { found = try TargetLookup(.path(image), in: snapshot) } catch {
      throw Refusal(diagnostic: Diagnostic(error, target: image))
    }
    let uses = SourceUses(of: found, in: snapshot)
    guard uses.writers.isEmpty else {
      throw Refusal(diagnostic: .sourceInUse(image, uses.writers, option: nil))
    }
    return found.disk
  }
}
