import BlockIO
import Glibc
import SystemPackage

/// How full file systems are, as far as the kernel knows without reading them.
enum UsedSpace {
  /// The bytes in use on a device that is mounted in the own namespace; nil for any other.
  static func bytes(on device: DeviceNumber, mounts: [Mount]) -> UInt64? {
    // A FUSE daemon may never answer.
    let mount = mounts.first {
      $0.device == device && $0.process == nil && !$0.fileSystem.hasPrefix("fuse")
    }
    guard let mount else { return nil }
    do throws(SystemCallError) {
      let file = try OwnedDescriptor(opening: FilePath(mount.mountPoint), [.pathOnly, .directory])
      // Another file system may cover the place.
      guard try FileState(of: file).fileSystem == device else { return nil }
      var state = statvfs()
      guard unsafe fstatvfs(file.rawValue, &state) == 0, state.f_blocks >= state.f_bfree else { return nil }
      let (bytes, overflows) = UInt64(state.f_blocks - state.f_bfree)
        .multipliedReportingOverflow(by: UInt64(state.f_frsize))
      return overflows ? nil : bytes
    } catch { return nil }
  }
}
