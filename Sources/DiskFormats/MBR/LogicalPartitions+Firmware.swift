public import BlockIO

extension LogicalPartitions {
  /// The first blocks, on the disk, of the logical partitions that EDK2 finds in an extended one.
  ///
  /// The first record has to pass for the MBR of the extended partition. Of each, the first entry alone is a partition,
  /// or a link in its place, and the second alone is the link to the next, of type 0x05 or 0x0F. A partition that does
  /// not lie in the extended one ends the walk, and so does a link that leads out of it (PartitionValidMbr and
  /// PartitionInstallMbrChildHandles in MdeModulePkg/Universal/Disk/PartitionDxe/Mbr.c). It never comes to the end of a
  /// circle, so that nothing is found by one.
  ///
  /// - Throws: only where the bytes of the disk cannot be had.
  public static func firmwareStarts(
    in disk: some RandomAccessBytes, container: MasterBootRecord.Entry
  ) throws(FormatError) -> Set<UInt64> {
    let size = UInt64(container.sectorCount)
    var starts: Set<UInt64> = []
    var visited: Set<UInt64> = []
    var link: UInt64 = 0
    while visited.count < limit {
      guard visited.insert(link).inserted else { return [] }
      let sector = try disk.prefixReader(
        at: (UInt64(container.startLBA) + link) * 512, upTo: MasterBootRecord.byteCount)
      guard let record = try? MasterBootRecord(parsing: sector),
        link > 0 || record.isTakenByUEFI(blockCount: size)
      else { return starts }
      let (first, second) = (record.entries[0], record.entries[1])
      guard !first.isEmpty else { return starts }
      var next = first
      if !first.isLink {
        let start = link + UInt64(first.startLBA)
        guard start > 0, start + UInt64(first.sectorCount) <= size else { return starts }
        starts.insert(UInt64(container.startLBA) + start)
        guard second.isLink else { return starts }
        next = second
      }
      link = UInt64(next.startLBA)
      guard link > 0, link < size else { return starts }
    }
    return starts
  }
}

extension MasterBootRecord.Entry {
  /// Whether EDK2 takes it for the link to the next logical partition.
  fileprivate var isLink: Bool { type == 0x05 || type == 0x0F }
}
