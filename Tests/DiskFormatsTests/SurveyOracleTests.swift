import BlockIO
import DiskFormats
import TestSupport
import Testing

/// Surveys against what the tools that made the file systems say of them.
@Suite("surveys of file systems of other tools")
struct SurveyOracleTests {
  private func need(_ tools: String...) throws -> ScratchDirectory {
    let packages = [
      "mkfs.ext4": "e2fsprogs", "debugfs": "e2fsprogs", "dumpe2fs": "e2fsprogs", "mkfs.exfat": "exfatprogs",
      "mkntfs": "ntfs-3g", "ntfscp": "ntfs-3g", "ntfsinfo": "ntfs-3g", "mkfs.vfat": "dosfstools",
      "mcopy": "mtools",
      "fsck.vfat": "dosfstools", "xorriso": "xorriso", "mkfs.btrfs": "btrfs-progs",
    ]
    for tool in tools {
      try #require(ScratchDirectory.hasTool(tool), "install the package \(packages[tool] ?? tool)")
    }
    return try ScratchDirectory()
  }

  /// The number behind a word in the output of a tool.
  private func number(_ word: String, in text: String) throws -> UInt64 {
    let line = try #require(text.split(separator: "\n").first { $0.contains(word) }, "\(word) in \(text)")
    let behind = line.split(separator: ":").last ?? ""
    return try #require(UInt64(behind.filter(\.isNumber)))
  }

  @Test(
    "ext, by mkfs and debugfs",
    arguments: [
      "ext4 -b 4096", "ext4 -b 1024", "ext2", "ext3 -b 2048", "ext4 -O inline_data -I 256",
      "ext4 -O ^64bit,^metadata_csum", "ext4 -O meta_bg,^resize_inode", "ext4 -b 65536 -F",
    ])
  func ext(options: String) throws {
    let scratch = try need("mkfs.ext4", "debugfs", "dumpe2fs")
    try scratch.run(
      """
      mkdir -p tree/etc tree/System/Library tree/DCIM && touch tree/etc/os-release && head -c 3000000 /dev/zero >tree/file
      for number in $(seq 300); do touch tree/DCIM/a-long-name-so-that-it-takes-some-blocks-$number; done
      mkfs.\(options) -q -t \(options.split(separator: " ")[0]) -d tree -L 'a label' image 64M 2>/dev/null
      """)
    let facts = try scratch.run("dumpe2fs -h image 2>/dev/null")
    let volume = try ExtVolume(try scratch.contents("image"))
    let (blocks, free) = (try number("Block count:", in: facts), try number("Free blocks:", in: facts))
    #expect(volume.superblock.label == "a label")
    #expect(volume.usedByteCount == (blocks - free) * UInt64(volume.superblock.blockSize))
    let written = try scratch.run(
      "date --utc --date \"$(dumpe2fs -h image 2>/dev/null | sed -n 's/Last write time: *//p')\" +%s")
    #expect(volume.lastWritten.map { "\($0)\n" } == written)
    let root = try volume.rootEntries()
    #expect(Set(root.map(\.name)) == ["lost+found", "etc", "System", "DCIM", "file"])
    #expect(root.filter(\.isDirectory).count == 4)
    let photos = try volume.entries(of: try #require(root.first { $0.name == "DCIM" }))
    #expect(photos.count == 300)
    let etc = try volume.entries(of: try #require(root.first { $0.name == "etc" }))
    #expect(etc.map(\.name) == ["os-release"])
  }

  @Test("NTFS, by mkntfs, ntfscp and ntfsinfo", arguments: ["", "-c 512", "-c 65536"])
  func ntfs(options: String) throws {
    let scratch = try need("mkntfs", "ntfscp", "ntfsinfo")
    try scratch.run(
      """
      truncate -s 64M image && mkntfs -q -F -L label \(options) image && head -c 3000000 /dev/zero >file
      for number in 1 2 3 4 5 6 7 8 9 10 11 12; do ntfscp -q -f image file a-long-name-for-a-file-$number; done
      """)
    let facts = try scratch.run("ntfsinfo -m image")
    let volume = try NTFSVolume(try scratch.contents("image"))
    let clusters = try number("Volume Size in Clusters", in: facts)
    let free = try number("Free Clusters", in: facts.replacing(" (", with: "\n("))
    #expect(volume.usedByteCount == (clusters - free) * UInt64(volume.boot.bytesPerCluster))
    let root = try volume.rootEntries()
    #expect(root.map(\.name).sorted() == (1...12).map { "a-long-name-for-a-file-\($0)" }.sorted())
    let clock = try scratch.run("date +%s").filter(\.isNumber)
    let now = try #require(Int64(clock))
    #expect(root.allSatisfy { entry in entry.modified.map { (now - 600...now + 2).contains($0) } ?? false })
  }

  @Test("exFAT, by mkfs.exfat", arguments: ["", "-c 512", "-c 32768"])
  func exfat(options: String) throws {
    let scratch = try need("mkfs.exfat")
    try scratch.run("truncate -s 32M image && mkfs.exfat -L label \(options) image")
    let volume = try ExFATVolume(try scratch.contents("image"))
    // Bitmap, up-case table of 5836 bytes and root directory, each in whole clusters.
    let size = volume.boot.bytesPerCluster
    let bitmap = (Int(volume.boot.clusterCount) + 7) / 8
    let clusters = (bitmap + size - 1) / size + (5836 + size - 1) / size + 1
    #expect(volume.usedByteCount == UInt64(clusters * size))
    #expect(try volume.rootEntries() == [])
  }

  @Test(
    "FAT, by mkfs.fat and mcopy: FSInfo, the table, dates",
    arguments: ["12 -C image 1440", "16 -C image 32768", "32 -s 1 -C image 65536"])
  func fat(options: String) throws {
    let scratch = try need("mkfs.vfat", "mcopy", "fsck.vfat")
    try scratch.run(
      """
      mkfs.vfat -F \(options) && head -c 700000 /dev/zero >file && touch -d '2023-07-09 12:34:56' file
      mmd -i image ::DCIM && mcopy -m -i image file ::DCIM/file && mcopy -m -i image file ::file-with-a-long-name
      """)
    let volume = try FATVolume(try scratch.contents("image"))
    // fsck.fat prints: image: 4 files, 1369/2847 clusters
    let text = try scratch.run("fsck.vfat -n image | tail -n 1")
    let used = try #require(
      text.split(separator: ",").last?.split(separator: "/").first.flatMap { UInt64($0.filter(\.isNumber)) })
    // The root directory of FAT32 is a cluster that fsck.fat counts as well.
    #expect(volume.usedByteCount == used * UInt64(volume.boot.bytesPerCluster))
    let root = try volume.rootEntries()
    #expect(Set(root.map(\.name)) == ["DCIM", "file-with-a-long-name"])
    #expect(
      root.first { !$0.isDirectory }?.modified
        == CivilTime.seconds(year: 2023, month: 7, day: 9, hour: 12, minute: 34, second: 56))
    let photos = try volume.entries(of: try #require(root.first { $0.isDirectory }))
    #expect(photos.map(\.name) == ["file"])
  }

  @Test("ISO 9660, by xorriso: names and the date of mastering")
  func iso9660() throws {
    let scratch = try need("xorriso")
    try scratch.run(
      """
      mkdir -p tree/sources && touch tree/sources/install.wim
      xorriso -as mkisofs -quiet -r -J -o image --modification-date=2023070912345600 tree
      """)
    let image = try scratch.contents("image")
    let descriptors = try VolumeDescriptorSet(reading: image)
    let volume = try #require(try ISO9660Volume(image, descriptors: descriptors))
    #expect(
      volume.lastWritten == CivilTime.seconds(year: 2023, month: 7, day: 9, hour: 12, minute: 34, second: 56))
    let root = try volume.rootEntries()
    #expect(root.map(\.name) == ["sources"])
    #expect(try volume.entries(of: try #require(root.first)).map(\.name) == ["install.wim"])
    #expect(volume.usedByteCount.map { $0 <= UInt64(image.count) && $0 > 40_000 } == true)
  }

  @Test("btrfs, by mkfs.btrfs and its own reading")
  func btrfs() throws {
    let scratch = try need("mkfs.btrfs")
    try scratch.run("truncate -s 128M image && mkfs.btrfs -q image")
    let text = try scratch.run("btrfs inspect-internal dump-super image | grep ^bytes_used | tr -dc 0-9")
    let image = try scratch.contents("image")
    let facts = try #require(try SuperblockFacts(reading: image))
    #expect(facts.usedByteCount.map(String.init) == text)
    #expect(facts.deviceCount == 1)
  }
}
