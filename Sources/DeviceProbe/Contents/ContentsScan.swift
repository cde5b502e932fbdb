import BlockIO
import Dispatch
import Synchronization
import SystemPackage

/// Reads what is on a disk: its partition table, the signatures in it, and what would be lost with them.
struct ContentsScan {
  let root: SystemRoot
  let limits: EvidenceLimits
  /// Partitions beyond this number are listed, not looked into.
  private static let probeLimit = 256

  /// What is on some disks, in their order; as many are read at once as there are processors.
  ///
  /// libblkid waits for every block of every disk, and many disks make that long.
  func contents(of disks: [BlockDevice]) -> [Contents?] {
    guard disks.count > 1 else { return disks.map { contents(of: $0) } }
    let found = Mutex<[Contents?]>(Array(repeating: nil, count: disks.count))
    DispatchQueue.concurrentPerform(iterations: disks.count) { index in
      let contents = contents(of: disks[index])
      found.withLock { $0[index] = contents }
    }
    return found.withLock(\.self)
  }

  /// Nil where the disk cannot be opened, or is another one by now.
  func contents(of disk: BlockDevice) -> Contents? {
    // Without a medium there is nothing to read, and some drives take seconds to say so.
    guard let byteCount = disk.byteCount, byteCount > 0, disk.isWholeDisk, !disk.isHidden,
      ![.optical, .floppy].contains(disk.transport)
    else { return nil }
    do throws(SystemCallError) {
      guard let device = try open(disk, byteCount), let second = try open(disk, byteCount) else { return nil }
      for range in SignaturePlaces.ranges(in: byteCount) { device.willRead(range) }
      return read(device, try BoundedBytes(adopting: second, limits)) ?? .unreadable
    } catch { return nil }
  }

  /// Opens the node for reading; nil where it is another disk or medium by now.
  private func open(_ disk: BlockDevice, _ byteCount: UInt64) throws(SystemCallError) -> OwnedDescriptor? {
    let device = try OwnedDescriptor(opening: root.path(disk.path), [.nonBlocking])
    guard root.isLive else { return device }
    guard case .blockDevice(disk.number) = try FileState(of: device).kind else { return nil }
    let geometry = try BlockGeometry(of: device)
    guard geometry.diskSequence == disk.diskSequence, geometry.byteCount == byteCount else { return nil }
    return device
  }

  private func read(_ device: borrowing OwnedDescriptor, _ bytes: BoundedBytes) -> Contents? {
    guard let whole = BlkidProbe(of: device), var contents = whole.table() else { return nil }
    contents.isAmbivalent = contents.table == .unknown
    // The same probe, which has most of the blocks already.
    switch whole.signature() {
    case .found(let type, let label, let uuid):
      (contents.fileSystem, contents.label, contents.uuid) = (type, label, uuid)
    case .ambivalent: contents.isAmbivalent = true
    case .none: break
    case .unreadable: return nil
    }
    let isWholeAmbivalent = contents.isAmbivalent
    var ambivalent: Set<Int> = []
    for index in contents.partitions.indices.prefix(Self.probeLimit) {
      let (start, byteCount) = (contents.partitions[index].start, contents.partitions[index].byteCount)
      // 0 would mean the rest of the disk; an extended partition holds only other partitions.
      guard byteCount > 1024 else { continue }
      switch BlkidProbe(of: device, start: start, byteCount: byteCount)?.signature() {
      case .found(let type, let label, let uuid):
        contents.partitions[index].fileSystem = type
        contents.partitions[index].label = label
        contents.partitions[index].uuid = uuid
      case .ambivalent: ambivalent.insert(index)
      // Beyond the end of a disk that is shorter than its table says.
      case .none?, .unreadable, nil: break
      }
    }
    contents.isAmbivalent = isWholeAmbivalent || !ambivalent.isEmpty
    // Contradicting signatures without a table are anything but an empty disk.
    if contents.isAmbivalent, contents.table == .none { contents.table = .unknown }
    EvidenceScan(bytes: bytes).fill(&contents, isWholeAmbivalent: isWholeAmbivalent, ambivalent: ambivalent)
    return contents
  }
}
