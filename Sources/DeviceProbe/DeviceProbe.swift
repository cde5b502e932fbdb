public import BlockIO

/// Takes snapshots of the machine's block devices and of everything that uses them.
public enum DeviceProbe {
  /// Looks at every block device, mount and swap area once.
  ///
  /// Sysfs is the truth; udev only adds names. A device that vanishes meanwhile is left out, a source that cannot be read is named in
  /// ``DeviceSnapshot/unreadable``. The system's directories, the executable and the working directory
  /// are always among the anchors.
  /// - Parameters:
  ///   - root: the system to look at.
  ///   - anchors: the files of this run, besides.
  ///   - isProbed: chooses the whole disks that libblkid reads; none unless told.
  public static func snapshot(
    root: SystemRoot = .live, anchors: [AnchorRequest] = [],
    probing isProbed: (BlockDevice) -> Bool = { _ in false }
  ) -> DeviceSnapshot {
    DeviceSnapshot()
  }
}

extension DeviceSnapshot {
  /// Has libblkid read the disks named, and fills in ``BlockDevice/contents``.
  ///
  /// A disk without a medium is never opened; what cannot be read stays nil.
  public mutating func probeContents(of disks: some Sequence<DeviceNumber>, root: SystemRoot = .live) {
  }
}
