import Glibc
public import SystemPackage

/// Takes mounts away, in the one way that loses nothing (R26).
public enum Unmounting {
  /// Writes what is pending to a file system and takes it off its mount point.
  ///
  /// Never lazily and never by force: where a file is open it fails with `EBUSY`. A mount point that has become a
  /// symbolic link is refused. The corresponding C function is `umount2` with `UMOUNT_NOFOLLOW`.
  public static func unmount(_ path: FilePath) throws(SystemCallError) {
    // errno is read at once: what frees the path afterwards may change it.
    let status = unsafe path.withPlatformString {
      unsafe umount2($0, Int32(UMOUNT_NOFOLLOW)) == 0 ? 0 : -errno
    }
    try SystemCallError.check(status, "umount2", path: path.string)
  }
}
