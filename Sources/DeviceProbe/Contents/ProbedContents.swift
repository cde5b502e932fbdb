import BlockIO

/// What libblkid finds on a disk: its partition table, and the signatures of the whole and of each partition.
struct ProbedContents {
  private var contents: Contents
  private let isWholeAmbivalent: Bool
  private var ambivalent: Set<Int> = []
  /// Partitions whose signature is not known, by their places in the list (R6).
  private var unread: Set<Int> = []
  /// Partitions beyond this number are listed, not looked into.
  private static let probeLimit = 256

  /// Reads through a descriptor that libblkid can read with at any place; nil where the disk cannot be read.
  ///
  /// Partitions are read at their places on the disk: they may have no nodes.
  /// - Parameters:
  ///   - byteCount: how much of the disk can be read, in bytes.
  ///   - isWhole: whether that is all of it, so that libblkid may find out by itself.
  init?(on device: borrowing OwnedDescriptor, byteCount: UInt64, isWhole: Bool) {
    for range in SignaturePlaces.ranges(in: byteCount) { device.willRead(range) }
    guard let whole = BlkidProbe(of: device, byteCount: isWhole ? 0 : byteCount), var contents = whole.table()
    else { return nil }
    contents.isAmbivalent = contents.table == .unknown
    // The same probe, which has most of the blocks already.
    switch whole.signature() {
    case .found(let type, let label, let uuid):
      (contents.fileSystem, contents.label, contents.uuid) = (type, label, uuid)
    case .ambivalent: contents.isAmbivalent = true
    case .none: break
    case .unreadable: return nil
    }
    isWholeAmbivalent = contents.isAmbivalent
    self.contents = contents
    probePartitions(on: device, byteCount)
  }

  /// Adds what the bytes themselves tell of what would be lost.
  func judged(by bytes: BoundedBytes) -> Contents {
    var contents = contents
    contents.isAmbivalent = isWholeAmbivalent || !ambivalent.isEmpty
    // Contradicting signatures without a table are anything but an empty disk.
    if contents.isAmbivalent, contents.table == .none { contents.table = .unknown }
    EvidenceScan(bytes: bytes).fill(
      &contents, isWholeAmbivalent: isWholeAmbivalent, ambivalent: ambivalent, unread: unread)
    return contents
  }

  private mutating func probePartitions(on device: borrowing OwnedDescriptor, _ diskByteCount: UInt64) {
    for index in contents.partitions.indices {
      let (start, byteCount) = (contents.partitions[index].start, contents.partitions[index].byteCount)
      // 0 would mean the rest of the disk; an extended partition holds only other partitions. Nothing lies
      // beyond the end of a disk that is shorter than its table says.
      guard byteCount > 1024, start < diskByteCount else { continue }
      guard index < Self.probeLimit else {
        unread.insert(index)
        continue
      }
      switch BlkidProbe(of: device, start: start, byteCount: byteCount)?.signature() {
      case .found(let type, let label, let uuid):
        contents.partitions[index].fileSystem = type
        contents.partitions[index].label = label
        contents.partitions[index].uuid = uuid
      case .ambivalent: ambivalent.insert(index)
      case .none?: break
      case .unreadable, nil: unread.insert(index)
      }
    }
  }
}
