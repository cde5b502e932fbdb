import BlockIO
import DiskFormats
import FuzzTargets
import ImageInspector
import SystemPackage
import TestSupport
import Testing

@Suite("R46: traces of a mount")
struct MountTracesTests {
  private func traces(_ image: [UInt8]) throws -> MountTraces {
    MountTraces(of: try ImageInspector.inspect(image), in: image)
  }

  /// What explains differences of a medium that is the image after a change.
  private func explaining(
    _ image: [UInt8], _ differences: [Range<UInt64>], ones: Range<UInt64>? = nil,
    _ change: (inout [UInt8]) -> Void = { _ in }
  ) throws -> [MountTraces.FileSystem]? {
    var medium = image
    change(&medium)
    return try traces(image).explaining(differences, ones: ones) {
      try? medium.bytes(at: $0.lowerBound, count: $0.count)
    }
  }

  private func block(_ offset: Int) -> Range<UInt64> { UInt64(offset)..<UInt64(offset + 512) }

  /// An MBR disk of 8 MiB whose second partition, 4 MiB from 2 MiB on, looks like ext4.
  private var extDisk: [UInt8] {
    var image = [UInt8](repeating: 0, count: 8 << 20)
    image[510] = 0x55
    image[511] = 0xAA
    for (place, first) in [(446, 2048), (462, 4096)] {
      image[place + 4] = 0x83
      for index in 0..<4 {
        image[place + 8 + index] = UInt8(first >> (8 * index) & 0xFF)
        image[place + 12 + index] = UInt8((place == 446 ? 2048 : 8192) >> (8 * index) & 0xFF)
      }
    }
    image[(2 << 20) + 1024 + 0x38] = 0x53
    image[(2 << 20) + 1024 + 0x39] = 0xEF
    return image
  }

  @Test("FAT: the boot sector, the tables and the root directory are explained, a file's bytes are not")
  func fat() throws {
    var builder = FATImageBuilder()
    builder.add("README.TXT", [UInt8](repeating: 0x41, count: 5000))
    let image = builder.build()
    #expect(try traces(image).fileSystems.count == 1)
    // In the middle of the run of bytes that only the file has.
    let last = try #require(image.start(ofRun: 1024, of: 0x41)) + 512
    #expect(try explaining(image, [block(0)])?.first?.kind.hasPrefix("FAT") == true)
    #expect(try explaining(image, [block(0), block(512)]) != nil)
    #expect(try explaining(image, [block(last / 512 * 512)]) == nil)
    #expect(try explaining(image, [block(0), block(last / 512 * 512)]) == nil)
  }

  @Test("FAT: what a system puts into free space is explained, but never without a change in the tables")
  func freeSpace() throws {
    var builder = FATImageBuilder()
    builder.add("README.TXT", [UInt8](repeating: 0x41, count: 600))
    let image = builder.build()
    let free = image.count - 512
    #expect(image[free...].holdsOnly(0), "the last cluster is free")
    #expect(try explaining(image, [block(512), block(free)]) != nil)
    #expect(try explaining(image, [block(free)]) == nil, "the tables say nothing of it")
    let file = try #require(image.start(ofRun: 512, of: 0x41))
    #expect(try explaining(image, [block(512), block(file)]) == nil, "a file is no free space")
  }

  @Test("exFAT: the boot sector, table, bitmap and root are explained, other clusters are not")
  func exfat() throws {
    let image = SurveyImages.exfat()
    let volume = try ExFATVolume(image)
    #expect(try explaining(image, [block(0)])?.map(\.kind) == ["exFAT"])
    for trace in volume.mountTraces {
      #expect(try explaining(image, [trace.lowerBound..<(trace.lowerBound + 1)]) != nil)
    }
    let end = try #require(volume.mountTraces.map(\.upperBound).max())
    #expect(end < UInt64(image.count))
    #expect(try explaining(image, [end..<(end + 1)]) == nil)
    #expect(
      try explaining(image, [block(0)]) {
        $0[106] = 2; $0[112] = 50
      } != nil, "flags, and what is in use")
    #expect(try explaining(image, [block(0)]) { $0[80] ^= 1 } == nil, "a boot sector that no mount leaves")
  }

  @Test("NTFS: a change in the log explains every other one, and nothing is explained without it")
  func ntfs() throws {
    guard ScratchDirectory.hasTool("mkntfs") else {
      Issue.record("mkntfs is missing: install ntfs-3g")
      return
    }
    let scratch = try ScratchDirectory()
    try scratch.run("truncate -s 4M disk && mkntfs -F -q disk")
    let image = try scratch.contents("disk")
    let log = try #require(try NTFSVolume(image).logRanges.first)
    #expect(image[Int(log.lowerBound)..<Int(log.upperBound)].holdsOnly(0xFF), "mkntfs leaves it so")
    let inLog = log.lowerBound..<(log.lowerBound + 512)
    let outside = block(log.lowerBound < 2 << 20 ? 3 << 20 : 1 << 20)
    let page = restartPage(number: 7)
    func logged(_ medium: inout [UInt8]) { medium.replace(at: log.lowerBound, with: page) }
    #expect(try explaining(image, [inLog, outside], logged)?.map(\.kind) == ["NTFS"])
    #expect(try explaining(image, [outside], logged) == nil)
    #expect(
      try explaining(image, [inLog, outside], ones: outside, logged) == nil, "0xFF is no work of a mount")
    #expect(
      try explaining(image, [inLog, outside]) { $0.replace(at: log.lowerBound, with: [1, 2, 3]) } == nil)
    var torn = page
    torn[1022] ^= 1
    #expect(try explaining(image, [inLog, outside]) { $0.replace(at: log.lowerBound, with: torn) } == nil)

    var used = image
    used.replace(at: log.lowerBound, with: page)
    #expect(try explaining(used, [inLog, outside]) == nil, "the log is as it was")
    let newer = restartPage(number: 8)
    #expect(try explaining(used, [inLog, outside]) { $0.replace(at: log.lowerBound, with: newer) } != nil)
    // As ntfs-3g does.
    let erased = [UInt8](repeating: 0xFF, count: Int(log.upperBound - log.lowerBound))
    #expect(try explaining(used, [log], ones: log) { $0.replace(at: log.lowerBound, with: erased) } != nil)
    let both = min(log.lowerBound, outside.lowerBound)..<max(log.upperBound, outside.upperBound)
    #expect(
      try explaining(used, [log, outside], ones: both) { $0.replace(at: log.lowerBound, with: erased) } == nil
    )
  }

  /// A restart page of an NTFS log with its update sequence.
  private func restartPage(number: UInt64) -> [UInt8] {
    var writer = ByteWriter(count: 4096)
    writer.put("RSTR".utf8, at: 0)
    writer.putLittleEndian(UInt16(30), at: 4)
    writer.putLittleEndian(UInt16(9), at: 6)
    writer.putLittleEndian(UInt16(64), at: 24)
    writer.put([5, 0], at: 30)
    writer.putLittleEndian(number, at: 64)
    for end in stride(from: 510, to: 4096, by: 512) { writer.put([5, 0], at: end) }
    return writer.bytes
  }

  @Test("ext: a new time in the superblock explains the whole file system, and nothing outside of it")
  func ext() throws {
    let image = extDisk
    let superblock = (2 << 20) + 1024
    func mounted(_ medium: inout [UInt8]) { medium[superblock + 44] = 1 }
    #expect(try explaining(image, [block(superblock)], mounted)?.map(\.partition) == [2])
    #expect(try explaining(image, [block(superblock), block(5 << 20)], mounted) != nil)
    #expect(try explaining(image, [block(5 << 20)], mounted) == nil)
    #expect(try explaining(image, [block(superblock), block(1 << 20)], mounted) == nil)
    #expect(try explaining(image, [block(0), block(superblock)], mounted) == nil)
    #expect(try explaining(image, [block(superblock), block(7 << 20)], mounted) == nil)
  }

  @Test("ext: a superblock that was lost, is as it was, or is of another file system explains nothing")
  func unsoundExt() throws {
    let image = extDisk
    let superblock = (2 << 20) + 1024
    let differences = [block(superblock), block(5 << 20)]
    #expect(try explaining(image, differences) == nil, "neither mounted nor written")
    #expect(
      try explaining(image, differences) {
        $0.replace(at: UInt64(superblock), with: [UInt8](repeating: 0, count: 1024))
      } == nil)
    #expect(
      try explaining(image, differences) {
        $0[superblock + 44] = 1; $0[superblock + 104] = 1
      } == nil, "another UUID")
    let place = block(5 << 20)
    #expect(
      try explaining(image, differences, ones: place) { $0[superblock + 44] = 1 } == nil,
      "0xFF is no work of a mount")
  }

  @Test("ext4 by mke2fs and tune2fs: the superblock counts where its own checksum is right")
  func checksum() throws {
    let scratch = try ScratchDirectory()
    try scratch.run(
      "truncate -s 2M disk && mkfs.ext4 -q -O metadata_csum disk && cp disk mounted && tune2fs -C 7 mounted")
    let image = try scratch.contents("disk")
    let mounted = try scratch.contents("mounted")
    let differences = [block(1024), block(1 << 20)]
    #expect(try explaining(image, differences) { $0 = mounted }?.map(\.kind) == ["ext"])
    #expect(
      try explaining(image, differences) {
        $0 = mounted; $0[1024 + 300] ^= 1
      } == nil, "a bit flipped in it")
    #expect(
      try explaining(image, differences) { $0[1024 + 52] ^= 1 } == nil,
      "a bit flipped in the number of mounts")
  }

  @Test("FAT: what a stick has lost where mounting leaves its traces is no mount")
  func unsoundFAT() throws {
    var builder = FATImageBuilder()
    builder.add("README.TXT", [UInt8](repeating: 0x41, count: 600))
    let image = builder.build()
    let all = [UInt64(0)..<UInt64(5 * 512)]
    func lost(_ range: Range<Int>) -> (inout [UInt8]) -> Void {
      { $0.replace(at: UInt64(range.lowerBound), with: [UInt8](repeating: 0, count: range.count)) }
    }
    #expect(try explaining(image, all) != nil)
    #expect(try explaining(image, all, lost(0..<512)) == nil, "the boot sector")
    #expect(try explaining(image, all, lost(512..<2048)) == nil, "the table")
    #expect(try explaining(image, all) { $0[62] ^= 1 } == nil, "boot code")
    #expect(try explaining(image, all) { $0[37] ^= 1 } != nil, "the flag of a mounted file system")
    #expect(try explaining(image, all, ones: block(2048)) == nil, "0xFF is no work of a mount")
    #expect(try explaining(image, [block(1024)]) == nil, "the table changes with what names its files only")
    #expect(try explaining(image, [block(1024), block(2048)]) != nil)
  }

  @Test("FAT: a medium that has lost what leads to a file was not merely mounted")
  func lostFAT() throws {
    var builder = FATImageBuilder()
    builder.add("README.TXT", [UInt8](repeating: 0x41, count: 600))
    let image = builder.build()
    let volume = try FATVolume(image)
    try checkNaming(image, try #require(volume.namingRanges))
    let root = Int(try #require(volume.rootRanges.first).lowerBound)
    let all = [UInt64(0)..<UInt64(5 * 512)]
    for (place, what) in [
      (root, "the name"), (root + 11, "the attributes"), (root + 26, "the first cluster"),
    ] {
      #expect(try explaining(image, all) { $0[place] ^= 1 } == nil, "\(what)")
    }
    #expect(try explaining(image, all) { $0.replace(at: UInt64(root), with: [0xE5]) } == nil, "deleted")
    #expect(try explaining(image, all) { $0[root + 18] ^= 1 } != nil, "when it was last read")
    #expect(
      try explaining(image, all) { $0.replace(at: UInt64(root + 32), with: Array("NEW        ".utf8)) }
        != nil,
      "another entry behind it")
    #expect(try explaining(image, all) { $0[512 + 3 * 100] = 0xFF } != nil, "a cluster that was free")
  }

  @Test("FAT16 and FAT32 by mkfs.fat: both tables, the root and the copies lead to the files")
  func lostTables() throws {
    let scratch = try ScratchDirectory()
    for (size, options) in [("16M", "-F 16"), ("40M", "-F 32 -s 1")] {
      try scratch.run(
        """
        rm -f disk; truncate -s \(size) disk && mkfs.fat \(options) disk >log && yes | head -c 20000 >a && \
        mcopy -i disk a ::a_long_name.text && mmd -i disk ::folder && mcopy -i disk a ::folder/b
        """)
      let image = try scratch.contents("disk")
      let volume = try FATVolume(image)
      let naming = try #require(volume.namingRanges)
      #expect(volume.boot.tableCount == 2)
      for table in 0..<UInt64(2) {
        let start = volume.boot.tableOffset + table * volume.boot.tableByteCount
        #expect(
          naming.contains { (start..<(start + volume.boot.tableByteCount)).overlaps($0) }, "table \(table)")
      }
      try checkNaming(image, naming)
    }
  }

  @Test("exFAT: a medium that has lost what leads to a file was not merely mounted")
  func lostExFAT() throws {
    let image = SurveyImages.exfat()
    try checkNaming(image, try #require(try ExFATVolume(image).namingRanges))
    let root = 17 * 512
    #expect(try explaining(image, [block(root)]) { $0[root + 32 + 16] ^= 1 } != nil, "when it was last read")
    #expect(try explaining(image, [block(root)]) { $0[root + 128] = 0x85 } != nil, "another entry")
    #expect(
      try explaining(image, [block(8 * 512)]) { $0[8 * 512 + 20] = 0xFF } != nil, "a cluster that was free")
  }

  /// An image of so many volumes of one MiB each, and what an inspection says of its table.
  private func volumes(_ count: Int) -> (image: [UInt8], report: ImageReport) {
    var builder = FATImageBuilder()
    builder.add("README.TXT", [UInt8](repeating: 0x41, count: 600))
    let volume = builder.build()
    var report = ImageReport(byteCount: UInt64((count + 1) << 20))
    var image = [UInt8](repeating: 0, count: Int(report.byteCount))
    for index in 1...count { image.replace(at: UInt64(index << 20), with: volume) }
    report.mbr = .init(
      loader: .none,
      entries: (1...count).map {
        .init(index: $0, active: false, type: 0x0C, startLBA: UInt32($0 * 2048), sectors: 2048)
      })
    return (image, report)
  }

  @Test("of more file systems than are remembered, the first count", arguments: [15, 16, 17, 40])
  func many(count: Int) {
    let (image, report) = volumes(count)
    #expect(MountTraces(of: report, in: image).fileSystems.map(\.partition) == Array(1...min(count, 16)))
  }

  @Test("where no more is read of a file, what was found until then counts")
  func outOfBudget() throws {
    let (image, report) = volumes(20)
    let scratch = try ScratchDirectory()
    try scratch.write(image, to: "image")
    for budget in stride(from: 0, through: 128 << 10, by: 1000) {
      let file = try FileBytes(opening: FilePath("\(scratch.path)/image"), budget: budget)
      let found = MountTraces(of: report, in: file).fileSystems.compactMap(\.partition)
      #expect(found == Array(1...20).prefix(found.count).map { $0 } && found.count <= 16, "\(budget)")
    }
  }

  @Test("exFAT: a root that is too long for a glance explains nothing")
  func tooLong() throws {
    // Clusters of 32 MiB, of which the root fills one without an end mark.
    var exfat = SurveyImages.exfat()
    exfat[109] = 16
    exfat += [UInt8](repeating: 0x05, count: 33 << 20)
    let root = try #require(try ExFATVolume(exfat).boot.offset(ofCluster: 3))
    exfat += [UInt8](repeating: 0x05, count: Int(root) + (33 << 20) - exfat.count)
    #expect(try ExFATVolume(exfat).namingRanges == nil, "a long root")
  }

  /// Checks that one changed bit in any range takes away the explanation that the whole volume has.
  private func checkNaming(_ image: [UInt8], _ naming: [Range<UInt64>]) throws {
    #expect(!naming.isEmpty)
    let found = try traces(image)
    let difference = [UInt64(0)..<UInt64(512)]
    func isExplained(flipping place: UInt64? = nil) -> Bool {
      found.explaining(difference, ones: nil) { range in
        var bytes = try? image.bytes(at: range.lowerBound, count: range.count)
        if let place, range.contains(place) { bytes?[Int(place - range.lowerBound)] ^= 1 }
        return bytes
      } != nil
    }
    #expect(isExplained())
    for range in naming {
      for place in [range.lowerBound, range.upperBound - 1] {
        #expect(!isExplained(flipping: place), "byte \(place)")
      }
    }
  }

  @Test("nothing is explained where nothing differs, and where no file system is")
  func nothing() throws {
    #expect(try explaining(extDisk, []) == nil)
    #expect(try explaining([UInt8](repeating: 0x42, count: 1 << 20), [block(0)]) == nil)
  }

  @Test("tables whose numbers lead anywhere are survived", arguments: 0..<64)
  func hostile(seed: Int) throws {
    var image = extDisk
    for index in 0..<64 { image[446 + index] ^= UInt8(truncatingIfNeeded: (seed &* 37) &* (index &+ 11)) }
    #expect(try explaining(image, [UInt64.max - 512..<UInt64.max]) == nil)
  }
}

extension [UInt8] {
  fileprivate mutating func replace(at offset: UInt64, with bytes: [UInt8]) {
    replaceSubrange(Int(offset)..<(Int(offset) + bytes.count), with: bytes)
  }

  /// Where the first run of so many equal bytes begins.
  fileprivate func start(ofRun count: Int, of byte: UInt8) -> Int? {
    indices.dropLast(count).first { start in self[start..<(start + count)].allSatisfy { $0 == byte } }
  }
}
