import DiskFormats
import TestSupport
import Testing

/// Empty disks of every size before the checkers of other projects.
@Suite("an empty disk before other tools")
struct EmptyDiskOracleTests {
  private static let packages = [
    "sfdisk": "fdisk", "fsck.fat": "dosfstools", "fsck.exfat": "exfatprogs", "dump.exfat": "exfatprogs",
    "mdir": "mtools", "blkid": "util-linux",
  ]

  /// Puts what is not zero of a disk into a sparse file, and its partition into another one.
  private func made(
    _ byteCount: UInt64, _ blockSize: Int, _ fileSystem: EmptyDisk.FileSystem?, label: String
  ) throws -> (EmptyDisk, ScratchDirectory) {
    for (tool, package) in Self.packages {
      try #require(ScratchDirectory.hasTool(tool), "install the package \(package)")
    }
    let disk = try EmptyDisk(
      byteCount: byteCount, blockSize: blockSize, fileSystem: fileSystem, label: label,
      identifiers: EmptyDisk.Identifiers(disk: 0x1234_5678, volume: 0xCAFE_F00D))
    let scratch = try ScratchDirectory()
    var script = "truncate -s \(byteCount) disk; truncate -s \(disk.partition.count) part\n"
    for (index, part) in disk.content.parts.enumerated() {
      try scratch.write(part.bytes, to: "bytes\(index)")
      script += "dd if=bytes\(index) of=disk bs=4M oflag=seek_bytes seek=\(part.offset) conv=notrunc\n"
      guard let start = part.offset.subtracting(disk.partition.lowerBound) else { continue }
      script += "dd if=bytes\(index) of=part bs=4M oflag=seek_bytes seek=\(start) conv=notrunc\n"
    }
    try scratch.run(script)
    return (disk, scratch)
  }

  @Test(
    "their checkers find nothing wrong with it",
    arguments: [
      (8 << 20, 512, nil), (33 << 20, 512, .exfat), (64 << 20, 512, .fat32), (1_000_000_000, 512, .fat32),
      (1 << 30, 512, .exfat), (512 << 20, 4096, .fat32), (8 << 20, 4096, nil), (16 << 30, 512, nil),
      (32_000_000_000, 512, nil), (64 << 30, 4096, .fat32), (256 << 30, 512, nil), (2 << 40, 512, nil),
      (2 << 40, 4096, .exfat),
    ] as [(Int, Int, EmptyDisk.FileSystem?)])
  func checkers(size: Int, blockSize: Int, fileSystem: EmptyDisk.FileSystem?) throws {
    let byteCount = UInt64(size) / UInt64(blockSize) * UInt64(blockSize)
    let (disk, scratch) = try made(byteCount, blockSize, fileSystem, label: "A STICK")
    let probed = try scratch.run("blkid -p -o export part")
    switch disk.fileSystem {
    case .fat32:
      #expect(probed.contains("TYPE=vfat") && probed.contains("VERSION=FAT32"))
      let checked = try scratch.run("fsck.fat -n -v part")
      #expect(checked.contains("1/") || checked.contains("0/"), "\(checked)")
      #expect(!checked.contains("differ") && !checked.contains("wrong"), "\(checked)")
    case .exfat:
      #expect(probed.contains("TYPE=exfat"))
      let checked = try scratch.run("fsck.exfat -n part")
      #expect(checked.contains("clean"), "\(checked)")
    }
    #expect(probed.contains("LABEL=A STICK") || probed.contains("LABEL=A\\ STICK"), "\(probed)")
    #expect(probed.contains("UUID=CAFE-F00D"))
    let table = try scratch.run("blkid -p -o export disk")
    #expect(table.contains("PTTYPE=dos") && !table.contains("\nTYPE="), "\(table)")
    guard blockSize == 512 else { return }
    let listed = try scratch.run("sfdisk --dump disk; sfdisk --verify disk")
    #expect(listed.contains("type=\(disk.fileSystem == .fat32 ? "c" : "7")"))
    #expect(listed.contains("No errors detected"), "\(listed)")
  }

  @Test("mtools write files to it, and the checker still finds nothing")
  func files() throws {
    let (_, scratch) = try made(128 << 20, 512, .fat32, label: "A STICK")
    try scratch.run(
      """
      head -c 5000000 /dev/urandom > file
      mmd -i part ::dir; mcopy -i part file ::dir/file; mcopy -i part ::dir/file copy; cmp file copy
      """)
    #expect(try scratch.run("mdir -i part").contains("A STICK"))
    #expect(try scratch.run("fsck.fat -n part").contains(" files, "))
  }

  @Test("the table of capitals is the one of the specification")
  func caseTable() throws {
    let (disk, scratch) = try made(64 << 20, 512, .exfat, label: "A STICK")
    let dumped = try scratch.run("dump.exfat part")
    #expect(dumped.contains("Volume Length(sectors)"), "\(dumped)")
    // Section 7.2.2 and table 24: the checksum and the length of the recommended table.
    let entry = disk.content.parts.first { $0.bytes.count == 96 }?.bytes.suffix(32)
    #expect(entry.map(Array.init)?[4..<8] == [0x0D, 0xD3, 0x19, 0xE6])
    #expect(entry.map(Array.init)?[24..<26] == [0xCC, 0x16])
  }
}
