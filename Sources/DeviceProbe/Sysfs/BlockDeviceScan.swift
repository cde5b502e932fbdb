import BlockIO

/// Reads every block device out of sysfs.
struct BlockDeviceScan {
  let tree: SysfsTree
  private(set) var devices: [BlockDevice] = []
  private(set) var unreadable: [UnreadableSource] = []

  /// Scans a system.
  ///
  /// A device that vanishes or is replaced meanwhile is left out.
  init(root: SystemRoot) {
    tree = SysfsTree(root: root)
    var disks: [String: BlockDevice] = [:]
    var partitions: [String] = []
    for path in directories() {
      if tree.exists("partition", of: path) {
        partitions.append(path)
      } else if let disk = stable(path, read: { [self] in disk(at: path, noting: &$0) }) {
        disks[path] = disk
      }
    }
    devices = disks.values.sorted { $0.number < $1.number }
    for path in partitions {
      guard let slash = path.lastIndex(of: "/"), let disk = disks[String(path[..<slash])] else { continue }
      let partition = stable(path) { [self] in self.partition(at: path, of: disk, noting: &$0) }
      if let partition { devices.append(partition) }
    }
  }

  /// The directories of all block devices; `/sys/class/block` is missing on some old and odd systems.
  private mutating func directories() -> [String] {
    var failures: [UnreadableSource] = []
    for index in ["class/block", "dev/block"] {
      do throws(SystemCallError) {
        let paths = try tree.names(in: index).compactMap { tree.link($0, of: index) }
        return Array(Set(paths)).sorted()
      } catch { failures.append(UnreadableSource(path: "/sys/\(index)", reason: "\(error.errno)")) }
    }
    unreadable += failures
    return []
  }

  /// Reads a device whose number and sequence are the same before and after, so that all facts are of one.
  ///
  /// What could not be read of it is kept as unreadable, unless the device has gone (R6).
  private mutating func stable(
    _ path: String, read: (inout [UnreadableSource]) -> BlockDevice?
  ) -> BlockDevice? {
    for _ in 0..<3 {
      var failures: [UnreadableSource] = []
      guard let device = read(&failures) else {
        unreadable += failures
        return nil
      }
      let sequence: UInt64? = sequence(of: device, at: path)
      if tree.deviceNumber(of: path) == device.number, sequence == device.diskSequence {
        unreadable += failures
        return device
      }
    }
    return nil
  }

  private func sequence(of device: BlockDevice, at path: String) -> UInt64? {
    tree.number("diskseq", of: device.isWholeDisk ? path : "\(path)/..")
  }

  private func disk(at path: String, noting failures: inout [UnreadableSource]) -> BlockDevice? {
    // A hidden path of a multipath NVMe namespace has no number: nothing can open it.
    guard let number = tree.deviceNumber(of: path) else { return nil }
    if number.major == DriverNumber.loop, !tree.exists("loop/backing_file", of: path) {
      return idleLoop(number, at: path)
    }
    let ancestry = Ancestry(of: path, in: tree)
    var disk = device(
      number, at: path, transport: ancestry.transport(of: path, number: number), noting: &failures)
    disk.diskSequence = tree.number("diskseq", of: path)
    disk.isRemovable = tree.flag("removable", of: path)
    // Old kernels have no such attributes; where there is one that cannot be read, it says the worse (R6).
    disk.isHidden = tree.flag("hidden", of: path) ?? tree.exists("hidden", of: path)
    readQueue(of: &disk, at: path, ancestry)
    disk.virtual = virtualKind(of: disk, at: path)
    disk.usb = ancestry.usbPlace
    if let card = ancestry.nearest("mmc")?.path { disk.mmcType = ancestry.text("type", of: card) }
    // The boot areas of an eMMC are disks below a disk.
    disk.mainArea = ancestry.nearest("block").flatMap { tree.deviceNumber(of: $0.path) }
    if disk.virtual == nil { disk.identity = ancestry.identity(of: path) }
    return disk
  }

  /// Every system has some, with nothing behind them and nothing built on them: the less is read of each.
  private func idleLoop(_ number: DeviceNumber, at path: String) -> BlockDevice {
    let name = Self.name(at: path)
    var loop = BlockDevice(
      number: number, name: name, path: "/dev/\(name)", sysfsPath: path, transport: .loop)
    loop.byteCount = byteCount("size", of: path)
    loop.isReadOnly = tree.flag("ro", of: path)
    loop.isRemovable = tree.flag("removable", of: path)
    loop.isRotational = tree.flag("rotational", of: "\(path)/queue")
    loop.logicalBlockSize = tree.number("logical_block_size", of: "\(path)/queue")
    loop.physicalBlockSize = tree.number("physical_block_size", of: "\(path)/queue")
    loop.diskSequence = tree.number("diskseq", of: path)
    loop.virtual = .idleLoop
    return loop
  }

  private func partition(
    at path: String, of disk: BlockDevice, noting failures: inout [UnreadableSource]
  ) -> BlockDevice? {
    guard let number = tree.deviceNumber(of: path), let index: Int = tree.number("partition", of: path) else {
      // One that is there cannot be left out: whoever uses it uses the disk.
      if tree.exists("partition", of: path) {
        failures.append(UnreadableSource(path: "/sys/\(path)", reason: "no number of a partition"))
      }
      return nil
    }
    var partition = device(number, at: path, transport: disk.transport, noting: &failures)
    partition.partition = PartitionPlace(
      disk: disk.number, number: index, start: byteCount("start", of: path))
    partition.logicalBlockSize = disk.logicalBlockSize
    partition.physicalBlockSize = disk.physicalBlockSize
    partition.isRemovable = disk.isRemovable
    partition.isRotational = disk.isRotational
    partition.isHidden = disk.isHidden
    partition.isZoned = disk.isZoned
    partition.diskSequence = disk.diskSequence
    partition.usb = disk.usb
    partition.mmcType = disk.mmcType
    return partition
  }

  /// What disks and partitions have in common.
  private func device(
    _ number: DeviceNumber, at path: String, transport: Transport, noting failures: inout [UnreadableSource]
  ) -> BlockDevice {
    let name = Self.name(at: path)
    var device = BlockDevice(
      number: number, name: name, path: "/dev/\(nodeName(at: path) ?? name)", sysfsPath: path,
      transport: transport)
    device.byteCount = byteCount("size", of: path)
    device.isReadOnly = tree.flag("ro", of: path)
    device.holders = neighbours("holders", of: path, noting: &failures)
    // A loop device has a file or a node instead.
    if transport != .loop { device.slaves = neighbours("slaves", of: path, noting: &failures) }
    return device
  }

  /// A slash in the kernel's name is an exclamation mark in sysfs: cciss!c0d0 is /dev/cciss/c0d0.
  private static func name(at path: String) -> String {
    let entry = path.split(separator: "/").last.map { String($0) } ?? path
    return String(entry.map { $0 == "!" ? "/" : $0 })
  }

  /// Some drivers put their nodes into directories of `/dev`; devtmpfs and udevd follow `DEVNAME`.
  private func nodeName(at path: String) -> String? {
    tree.attribute("uevent", of: path)?.split(separator: "\n").first { $0.hasPrefix("DEVNAME=") }
      .map { String($0.dropFirst("DEVNAME=".count)) }
  }

  /// Sysfs counts in units of 512 bytes, whatever the block size.
  private func byteCount(_ name: String, of path: String) -> UInt64? {
    guard let units: UInt64 = tree.number(name, of: path) else { return nil }
    let (bytes, overflows) = units.multipliedReportingOverflow(by: 512)
    return overflows ? nil : bytes
  }

  private func neighbours(
    _ list: String, of path: String, noting failures: inout [UnreadableSource]
  ) -> [DeviceNumber] {
    let directory = "\(path)/\(list)"
    var numbers: [DeviceNumber] = []
    for name in tree.names(in: directory, noting: &failures) {
      if let number = tree.deviceNumber(of: name, in: directory, noting: &failures) { numbers.append(number) }
    }
    return numbers.sorted()
  }

  private func readQueue(of disk: inout BlockDevice, at path: String, _ ancestry: Ancestry) {
    let queue = "\(path)/queue"
    disk.logicalBlockSize = tree.number("logical_block_size", of: queue).flatMap { $0 > 0 ? $0 : nil }
    disk.physicalBlockSize = tree.number("physical_block_size", of: queue).flatMap { $0 > 0 ? $0 : nil }
    disk.isRotational = tree.flag("rotational", of: queue).map { $0 && !ancestry.leavesRotationOpen }
    disk.isZoned =
      tree.attribute("zoned", of: queue).map { $0 != "none" } ?? tree.exists("zoned", of: queue)
  }

  private func virtualKind(of disk: BlockDevice, at path: String) -> VirtualKind? {
    if disk.transport == .loop {
      // Idle ones have been sorted out; one whose file cannot be read may stand for anything.
      return .loop(path: tree.attribute("loop/backing_file", of: path) ?? "", fileSystem: nil, node: nil)
    }
    if let name = tree.attribute("dm/name", of: path) {
      return .deviceMapper(name: name, uuid: tree.attribute("dm/uuid", of: path) ?? "")
    }
    if let state = tree.attribute("md/array_state", of: path) {
      return .md(level: tree.attribute("md/level", of: path) ?? "", state: state)
    }
    guard disk.transport == .virtual else { return nil }
    return .other(String(disk.name.prefix { !$0.isNumber }))
  }
}
