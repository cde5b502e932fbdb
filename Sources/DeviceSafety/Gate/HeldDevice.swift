import BlockIO
import DeviceProbe
import Synchronization
import SystemPackage

/// An exclusively open target, and what has to be undone when it is let go.
struct HeldDevice: ~Copyable, Sendable {
  /// A partition whose node was taken away.
  private struct Partition: Hashable, Sendable {
    let number: Int
    let start: UInt64?
    let byteCount: UInt64?
  }

  /// What the end of the hold owes to the rest of the system.
  private enum Debt {
    /// Nothing: no partition was touched, or the table has been read anew.
    case none
    /// Every partition as it was.
    case partitions([Partition])
    /// The partitions of whatever the disk holds by then.
    case table
  }

  /// The only descriptor through which the target is read and written (R28).
  let descriptor: OwnedDescriptor
  /// What a hold that a broker has opened could not be checked for; empty for root.
  let impossible: [ImpossibleCheck]
  private var debt = Debt.none
  /// Whether the kernel has read the new table already.
  private let isPublished = Atomic<Bool>(false)

  /// Takes over a descriptor.
  init(_ descriptor: consuming OwnedDescriptor, impossible: [ImpossibleCheck] = []) {
    self.descriptor = descriptor
    self.impossible = impossible
  }

  deinit {
    switch debt {
    case .none: break
    case .partitions(let partitions): Self.restore(partitions, on: descriptor)
    // A table that cannot be read leaves no partitions, which is what the disk has.
    case .table: if !isPublished.load(ordering: .relaxed) { try? descriptor.rereadPartitions() }
    }
  }

  /// Takes the nodes of partitions away, so that nobody mounts or writes them meanwhile (R18, R19).
  /// - Returns: the first partition that somebody has open; nil if all are gone.
  mutating func removePartitions(_ partitions: [BlockDevice]) throws(SystemCallError) -> BlockDevice? {
    // Only root may: who has one open cannot be found out then. Nobody can mount one, as long as this is held.
    guard !impossible.contains(.openPartitions) else { return nil }
    for partition in partitions {
      guard let place = partition.partition else { continue }
      do throws(SystemCallError) { try descriptor.deletePartition(number: place.number) } catch {
        // Somebody else has taken it away meanwhile.
        if error.errno == .noSuchAddressOrDevice { continue }
        if error.errno == .resourceBusy { return partition }
        throw error
      }
      remember(Partition(number: place.number, start: place.start, byteCount: partition.byteCount))
    }
    return nil
  }

  /// From now on the disk is to be written: what was on it does not come back.
  mutating func giveUpOldPartitions() {
    if case .partitions = debt { debt = .table }
  }

  /// Has the kernel forget what it cached and read the new table.
  func publishPartitions() throws(SystemCallError) {
    try descriptor.flushBuffers()
    try descriptor.rereadPartitions()
    isPublished.store(true, ordering: .relaxed)
  }

  private mutating func remember(_ partition: Partition) {
    if case .partitions(let others) = debt {
      debt = .partitions(others + [partition])
    } else {
      debt = .partitions([partition])
    }
  }

  private static func restore(_ partitions: [Partition], on descriptor: borrowing OwnedDescriptor) {
    // The table has not changed, so reading it brings everything back, names and UUIDs included.
    try? descriptor.rereadPartitions()
    for partition in partitions {
      guard let start = partition.start, let byteCount = partition.byteCount else { continue }
      // EBUSY is the usual case: it is there again. Others came from partx(8), or the kernel cannot
      // read this kind of table.
      try? descriptor.addPartition(number: partition.number, start: start, byteCount: byteCount)
    }
  }
}
