public import BlockIO
import CBlkid
public import SystemPackage

extension DeviceProbe {
  /// How many signatures are looked for at most; a hostile disk has no end of them.
  private static let signatureLimit = 64

  /// Finds every place on a disk where libblkid recognises a file system, a member of an array or a table.
  ///
  /// A writer erases them, because tools find what is left of an old disk beside the new image. What
  /// lies inside partitions is not looked for: it goes with the partition table.
  /// - Parameter path: the node of a whole disk, or a file that stands for one.
  /// - Returns: byte ranges, in no order; empty where nothing is found or the disk cannot be read.
  public static func signatures(at path: FilePath) -> [Range<UInt64>] {
    guard let device = try? OwnedDescriptor(opening: path, [.nonBlocking, .noFollow]),
      let probe = BlkidProbe(of: device)
    else { return [] }
    return probe.signaturePlaces(limit: signatureLimit)
  }

  /// The same of a disk or file that is held exclusively and open past the page cache; nothing is opened.
  /// - Parameters:
  ///   - held: nobody else may read or write through it meanwhile.
  ///   - byteCount: its length in bytes.
  /// - Throws: `SystemCallError` where the descriptor does not read past the page cache any more.
  public static func signatures(
    through held: borrowing OwnedDescriptor, byteCount: UInt64
  ) throws(SystemCallError) -> [Range<UInt64>] {
    try held.readingThroughCache(byteCount: byteCount) { device in
      BlkidProbe(of: device)?.signaturePlaces(limit: signatureLimit) ?? []
    }
  }
}

extension BlkidProbe {
  /// Where every signature lies that libblkid can tell.
  borrowing func signaturePlaces(limit: Int) -> [Range<UInt64>] {
    var places: [Range<UInt64>] = []
    unsafe blkid_probe_enable_superblocks(handle, 1)
    unsafe blkid_probe_set_superblocks_flags(handle, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_MAGIC)
    unsafe blkid_probe_enable_partitions(handle, 1)
    unsafe blkid_probe_set_partitions_flags(handle, BLKID_PARTS_MAGIC)
    while places.count < limit, unsafe blkid_do_probe(handle) == 0 {
      // Array members and the like may have a type without a magic; they do not end the walk.
      guard let offset = (value("SBMAGIC_OFFSET") ?? value("PTMAGIC_OFFSET")).flatMap({ UInt64($0) }) else {
        places.append(0..<1)
        continue
      }
      let length = max(length(of: "SBMAGIC"), length(of: "PTMAGIC"), 1)
      let (end, overflow) = offset.addingReportingOverflow(length)
      places.append(offset..<(overflow ? .max : end))
    }
    return places
  }

  private borrowing func length(of name: String) -> UInt64 {
    var count = 0
    guard unsafe blkid_probe_lookup_value(handle, name, nil, &count) == 0 else { return 0 }
    return UInt64(count)
  }
}
