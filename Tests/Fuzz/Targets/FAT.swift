import BlockIO
import DiskFormats

extension FuzzTarget {
  /// FAT file systems: every directory down to a depth, the beginning of every file.
  public static let fat = FuzzTarget(
    "fat", seeds: { [seed(isFAT32: false), seed(isFAT32: true)] },
    run: { bytes in
      guard let volume = try? FATVolume(bytes) else { return }
      _ = (volume.truncatedBy, volume.loader, volume.usedByteCount)
      _ = try? volume.entry(atPath: "EFI/BOOT/BOOTX64.EFI")
      guard let root = try? volume.rootDirectory() else { return }
      var budget = 64
      visit(root, in: volume, depth: 3, budget: &budget)
    })
}

private func visit(_ directory: FATDirectory, in volume: FATVolume, depth: Int, budget: inout Int) {
  for entry in directory.entries where budget > 0 {
    budget -= 1
    if let modified = entry.modified { _ = CivilTime(secondsSince1970: modified).year }
    if let content = try? volume.contents(of: entry, upTo: 4096) {
      precondition(content.count == min(4096, Int(entry.byteCount)))
    }
    guard depth > 0, entry.isDirectory, let next = try? volume.directory(entry) else { continue }
    visit(next, in: volume, depth: depth - 1, budget: &budget)
  }
}

/// A volume of 40 sectors with a directory in the root and a file of two clusters in it.
private func seed(isFAT32: Bool) -> [UInt8] {
  var writer = ByteWriter(count: 7 * 512)
  writer.put([0xEB, 0x58, 0x90] + Array("mkfs.fat".utf8), at: 0)
  writer.put([0, 2, 1, 1, 0, 1, isFAT32 ? 0 : 16, 0, 40, 0, 0xF8, isFAT32 ? 0 : 1], at: 11)
  writer.put([0x55, 0xAA], at: 510)
  let table: [UInt32] = [0x0FFF_FFF8, .max, .max, .max, 5, .max]
  if isFAT32 {
    writer.put([1, 0, 0, 0, 0, 0, 0, 0, 2], at: 36)
    for (cluster, value) in table.enumerated() { writer.putLittleEndian(value, at: 512 + cluster * 4) }
  } else {
    writer.put([0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x05, 0xF0, 0xFF], at: 512)
  }
  writer.put("EFI        ".utf8 + [0x10], at: 1024)
  writer.put([3], at: 1024 + 26)
  writer.put([0x41, 0x61, 0, 0x62, 0, 0x63, 0, 0, 0, 0xFF, 0xFF, 0x0F, 0, 0], at: 1536)
  writer.put("ABC     EFI".utf8 + [0x20], at: 1536 + 32)
  writer.put([4], at: 1536 + 32 + 26)
  writer.putLittleEndian(UInt32(700), at: 1536 + 32 + 28)
  return writer.bytes
}
