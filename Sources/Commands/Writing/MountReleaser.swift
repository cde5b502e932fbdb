import BlockIO
import DesktopBus
import DeviceProbe
import DeviceSafety
import Glibc
import SystemPackage
import Terminal

/// `--unmount`: takes the person's own plain mounts of the target away, before the gate looks at it (R26).
struct MountReleaser {
  let order: WriteOrder
  let context: Context

  /// The mounts that would be taken away.
  func releasable() throws(Refusal) -> [MountRelease.Mount] {
    var snapshot = order.snapshot(in: context)
    let found: BlockDevice?
    do throws(GateError) {
      found = try TargetLookup(TargetArgument(parsing: order.target), in: snapshot, order.request).disk
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
    guard var disk = found else { return [] }
    // A protected disk stays as it is, mounts included, and some lists name what is on a disk. It is not claimed
    // yet, and read by its path.
    disk.contents = context.contents.named(disk)
    if let index = snapshot.devices.firstIndex(where: { $0.number == disk.number }) {
      snapshot.devices[index] = disk
    }
    do throws(MountRelease.Obstacle) {
      return try MountRelease(of: disk, in: snapshot, for: context.user, order.request).mounts
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.target)) }
  }

  /// Takes them away; the first that cannot be ends the run.
  func release() throws(Refusal) {
    let mounts = try releasable()
    for mount in mounts {
      do throws(UnmountError) { try context.unmount(mount, mounts) } catch {
        throw Refusal(
          diagnostic: Diagnostic(unmounting: mount.mountPoint, error, signal: context.stopSignal()))
      }
      if !order.isQuiet { context.stderr.writeLine("\(mount.mountPoint) is unmounted") }
    }
  }
}

/// Why a mount could not be taken away.
enum UnmountError: Error, Hashable {
  /// The kernel did not do it for root.
  case kernel(SystemCallError)
  /// UDisks2 did not do it for somebody who is not root.
  case service(BusError)
}

extension UnmountError {
  /// Takes a mount away: root does it alone, anybody else has UDisks2 do it, as desktops do.
  /// - Parameter released: all that may be taken away.
  static func unmount(
    _ mount: MountRelease.Mount, among released: [MountRelease.Mount], stopSignal: () -> Int32?
  ) throws(UnmountError) {
    guard geteuid() == 0 else {
      let places = Set(released.lazy.filter { $0.number == mount.number }.map(\.mountPoint))
      do throws(BusError) {
        return try DiskService.unmount(mount.path, mount.number, from: places) { stopSignal() != nil }
      } catch { throw .service(error) }
    }
    do throws(SystemCallError) { try Unmounting.unmount(FilePath(mount.mountPoint)) } catch {
      throw .kernel(error)
    }
  }
}
