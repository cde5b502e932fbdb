import BlockIO
import DeviceProbe
import DeviceSafety
import Terminal

/// `--unmount`: takes the person's own plain mounts of the target away, before the gate looks at it (R26).
struct MountReleaser {
  let order: WriteOrder
  let context: Context

  /// The mount points that would be taken away.
  func releasable() throws(Refusal) -> [String] {
    let snapshot = order.snapshot(in: context)
    let disk: BlockDevice?
    do throws(GateError) {
      disk = try TargetLookup(TargetArgument(parsing: order.target), in: snapshot, order.request).disk
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
    guard let disk else { return [] }
    do throws(MountRelease.Obstacle) {
      return try MountRelease(of: disk, in: snapshot, for: context.user).mountPoints
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
  }

  /// Takes them away; the first that cannot be ends the run.
  func release() throws(Refusal) {
    for mountPoint in try releasable() {
      do throws(SystemCallError) { try context.unmount(mountPoint) } catch {
        throw Refusal(diagnostic: Diagnostic(unmounting: mountPoint, error))
      }
      if !order.isQuiet { context.stderr.writeLine("\(mountPoint) is unmounted") }
    }
  }
}
