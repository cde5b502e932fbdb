import DeviceProbe

/// A device that somebody wants to write to, with everything that the snapshot knows to be built on it.
struct Candidate {
  /// The device.
  let disk: BlockDevice
  /// Its partitions, in order.
  let partitions: [BlockDevice]
  /// Every way in which the device or a partition of it is used, down to mount points and swap.
  let uses: [UseChain]

  /// Gathers what concerns a device.
  init(_ disk: BlockDevice, in snapshot: DeviceSnapshot) {
    self.disk = disk
    partitions = snapshot.partitions(of: disk.number)
    uses = UseChain.chains(from: [disk] + partitions, in: snapshot)
  }
}
