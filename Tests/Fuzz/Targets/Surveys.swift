import BlockIO
import DiskFormats

extension FuzzTarget {
  /// ext2 to ext4: superblock, inodes, extents and directories.
  public static let ext = FuzzTarget(
    "ext", seeds: { [SurveyImages.ext(hasExtents: true), SurveyImages.ext(hasExtents: false)].map(records) },
    run: { survey($0) { bytes throws(FormatError) in try ExtVolume(bytes) } })

  /// exFAT: bitmap, chains and directories.
  public static let exfat = FuzzTarget(
    "exfat", seeds: { [records(SurveyImages.exfat())] },
    run: { survey($0) { bytes throws(FormatError) in try ExFATVolume(bytes) } })

  /// NTFS: records, runs and indexes.
  public static let ntfs = FuzzTarget(
    "ntfs", seeds: { [records(SurveyImages.ntfs())] },
    run: { survey($0) { bytes throws(FormatError) in try NTFSVolume(bytes) } })

  /// Superblocks of which only fields are read.
  public static let superblocks = FuzzTarget(
    "superblocks",
    seeds: {
      [(1024, "H+"), (32, "NXSB"), (0, "XFSB"), (0x10040, "_BHRfS_M")].map { offset, magic in
        var image = [UInt8](repeating: 0, count: 0x11000)
        image.replaceSubrange(offset..<(offset + magic.utf8.count), with: magic.utf8)
        return records(image)
      }
    },
    run: { input in
      let image = SparseImage(input, blockSize: 512, blockCount: 8192)
      guard let facts = try? SuperblockFacts(reading: image) else { return }
      if let written = facts.lastWritten { _ = CivilTime(secondsSince1970: written).year }
    })
}

private func records(_ image: [UInt8]) -> [UInt8] { SparseImage.records(of: image, blockSize: 512) }

/// Surveys what an input describes, down to the second level.
private func survey<Volume: SurveyableVolume>(
  _ input: [UInt8], _ open: (any RandomAccessBytes) throws(FormatError) -> Volume
) {
  let image = SparseImage(input, blockSize: 512, blockCount: 1 << 20)
  guard let volume = try? open(image) else { return }
  _ = volume.usedByteCount
  if let written = volume.lastWritten { _ = CivilTime(secondsSince1970: written).year }
  guard let entries = try? volume.rootEntries() else { return }
  precondition(entries.count <= SurveyLimits.entriesPerDirectory * 2)
  for entry in entries.prefix(8) {
    if let modified = entry.modified { _ = CivilTime(secondsSince1970: modified).year }
    if entry.isDirectory { _ = try? volume.entries(of: entry) }
  }
}
