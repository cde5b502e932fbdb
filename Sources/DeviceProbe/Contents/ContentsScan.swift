import BlockIO
import DiskFormats
import Dispatch
import Synchronization
import SystemPackage

/// Reads what is on a disk: its partition table, the signatures in it, and what would be lost with them.
struct ContentsScan {
  let root: SystemRoot
  let limits: EvidenceLimits

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

  /// Opens the node for reading; nil where it cannot be opened, or is another disk by now.
  func contents(of disk: BlockDevice) -> Contents? {
    guard let byteCount = Self.readableByteCount(of: disk) else { return nil }
    do throws(SystemCallError) {
      guard let device = try open(disk), let second = try open(disk) else { return nil }
      let file = try FileBytes(adopting: second)
      let bytes: any RandomAccessBytes =
        byteCount == disk.byteCount ? file : SubrangeBytes(file, start: 0, byteCount: byteCount)
      let probed = ProbedContents(on: device, byteCount: byteCount, isWhole: byteCount == disk.byteCount)
      return probed?.judged(by: BoundedBytes(bytes, limits)) ?? .unreadable
    } catch { return nil }
  }

  /// Reads through a descriptor that is held exclusively and open past the page cache, and opens nothing (R28).
  ///
  /// libblkid reads into memory of its own, which no direct read can fill: it alone reads through the page cache.
  /// - Throws: ``SystemCallError`` where the descriptor does not read past the page cache any more.
  func contents(
    of disk: BlockDevice, through held: borrowing OwnedDescriptor
  ) throws(SystemCallError) -> Contents? {
    guard let byteCount = Self.readableByteCount(of: disk) else { return nil }
    let probed = try held.readingThroughCache(byteCount: byteCount) { device in
      ProbedContents(on: device, byteCount: byteCount, isWhole: byteCount == disk.byteCount)
    }
    guard let probed else { return .unreadable }
    let bytes = try DirectBytes(
      sharing: held, byteCount: byteCount, blockSize: disk.logicalBlockSize ?? AlignedBuffer.alignment)
    return probed.judged(by: BoundedBytes(bytes, limits))
  }

  /// How much can be read of a disk that can have contents, in bytes; nil for any other.
  private static func readableByteCount(of disk: BlockDevice) -> UInt64? {
    // Without a medium there is nothing to read, and some drives take seconds to say so.
    guard let byteCount = disk.byteCount, byteCount > 0, disk.isWholeDisk, !disk.isHidden,
      ![.optical, .floppy].contains(disk.transport)
    else { return nil }
    // A part of a block at the end has no address; nobody can read or write it.
    let whole = byteCount - byteCount % UInt64(max(disk.logicalBlockSize ?? 1, 1))
    return whole > 0 ? whole : nil
  }

  /// Opens the node for reading; nil where it is another disk or medium by now.
  private func open(_ disk: BlockDevice) throws(SystemCallError) -> OwnedDescriptor? {
    let device = try OwnedDescriptor(opening: root.path(disk.path), [.nonBlocking])
    guard root.isLive else { return device }
    guard case .blockDevice(disk.number) = try FileState(of: device).kind else { return nil }
    let geometry = try BlockGeometry(of: device)
    guard geometry.diskSequence == disk.diskSequence, geometry.byteCount == disk.byteCount else { return nil }
    return device
  }
}
