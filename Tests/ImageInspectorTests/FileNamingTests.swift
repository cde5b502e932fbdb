import BlockIO
import DiskFormats
import FuzzTargets
import TestSupport
import Testing

@testable import ImageInspector

@Suite("R42: the files that bytes of an image belong to")
struct FileNamingTests {
  private func names(_ image: [UInt8], _ ranges: Range<Int>...) throws -> [NamedFile] {
    try ImageInspector.files(
      holding: ranges.map { UInt64($0.lowerBound)..<UInt64($0.upperBound) }, in: image)
  }

  @Test("ISO 9660: by the names that its author meant, with and without Joliet", arguments: [false, true])
  func iso(hasJoliet: Bool) throws {
    var builder = ISOImageBuilder()
    builder.hasJoliet = hasJoliet
    builder.add("BOOT/KERNEL", [UInt8](repeating: 0x41, count: 5000))
    builder.add("README", [UInt8](repeating: 0x42, count: 100))
    let image = builder.build()
    let start = Int(builder.block(of: "BOOT/KERNEL")) * 2048
    let found = try names(image, (start + 4096)..<(start + 4608))
    #expect(found.map { $0.path.uppercased() } == ["/BOOT/KERNEL"])
    #expect(found.first?.fileSystem == "ISO 9660" && found.first?.partition == nil)
    #expect(found.first?.offset == UInt64(start + 4096))
    #expect(found.first?.isDirectory == false)
    #expect(try names(image, 0..<512).isEmpty, "the system area is no file")
  }

  @Test("ISO 9660 by xorriso: every file is found by what is in it")
  func oracle() throws {
    guard ScratchDirectory.hasTool("xorriso") else {
      Issue.record("xorriso is missing")
      return
    }
    let scratch = try ScratchDirectory()
    try scratch.run(
      """
      mkdir -p 'tree/a directory/b'; printf 'MARKER-1' >'tree/a directory/b/a long name.txt'; printf 'MARKER-2' >tree/x
      xorriso -as mkisofs -quiet -R -J -o iso tree
      """)
    let image = try scratch.contents("iso")
    for (marker, path) in [("MARKER-1", "/a directory/b/a long name.txt"), ("MARKER-2", "/x")] {
      let start = try #require(image.firstIndex(of: Array(marker.utf8)))
      #expect(try names(image, start..<(start + 1)).map(\.path) == [path])
    }
  }

  @Test("FAT: files and directories, with the partition where there is one")
  func fat() throws {
    var builder = FATImageBuilder()
    builder.add("BOOTX64.EFI", [UInt8](repeating: 0x43, count: 2000))
    let volume = builder.build()
    let start = try #require(volume.firstIndex(of: [UInt8](repeating: 0x43, count: 512)))
    let alone = try names(volume, (start + 1024)..<(start + 1536))
    #expect(alone.map(\.path) == ["/EFI/BOOT/BOOTX64.EFI"])
    #expect(alone.first?.fileSystem == "FAT12" && alone.first?.partition == nil)
    let directory = try names(volume, (5 * 512)..<(6 * 512))
    #expect(directory.map(\.path) == ["/EFI"] && directory.first?.isDirectory == true)

    var disk = [UInt8](repeating: 0, count: 1 << 20) + volume
    disk.replaceSubrange(446..<462, with: [0x80, 0, 0, 0, 0x0C, 0, 0, 0, 0, 8, 0, 0, 64, 0, 0, 0])
    (disk[510], disk[511]) = (0x55, 0xAA)
    let inside = try names(disk, ((1 << 20) + start)..<((1 << 20) + start + 512))
    #expect(inside.map(\.path) == ["/EFI/BOOT/BOOTX64.EFI"])
    #expect(inside.first?.partition == 1 && inside.first?.offset == UInt64((1 << 20) + start))
  }

  @Test("however many files there are, a few are named, and their list crosses a pipe as it is")
  func bounded() throws {
    var builder = ISOImageBuilder()
    for index in 0..<40 { builder.add("F\(index)", [UInt8](repeating: 0x44, count: 2048)) }
    let image = builder.build()
    let found = try names(image, 0..<image.count)
    #expect(found.count == NamedFile.mostNamed)
    #expect(found.map(\.offset) == found.map(\.offset).sorted())
    #expect(try NamedFile.files(transferBytes: NamedFile.transferBytes(of: found)) == found)
    let cut = Array(NamedFile.transferBytes(of: found).dropLast())
    #expect(throws: FormatError.self) { try NamedFile.files(transferBytes: cut) }
  }

  @Test("no more clusters and directories are followed than a budget has, however many files share them")
  func budget() throws {
    var builder = FATImageBuilder()
    for name in ["A", "B", "C"] { builder.add(name, [UInt8](repeating: 0x45, count: 30 * 512)) }
    let image = builder.build()
    let all = [UInt64(0)..<UInt64(image.count)]
    func names(_ budget: NamingBudget) throws -> [String] {
      try ImageInspector.files(holding: all, in: image, within: budget).map(\.path).sorted()
    }
    #expect(
      try names(NamingBudget()) == ["/EFI", "/EFI/BOOT", "/EFI/BOOT/A", "/EFI/BOOT/B", "/EFI/BOOT/C"])
    // Two for the directories, and one besides for each entry.
    #expect(try names(NamingBudget(clusters: 40)) == ["/EFI", "/EFI/BOOT", "/EFI/BOOT/A", "/EFI/BOOT/B"])
    #expect(try names(NamingBudget(clusters: 4)) == ["/EFI", "/EFI/BOOT"])
    #expect(try names(NamingBudget(directoryBytes: 512)) == ["/EFI", "/EFI/BOOT"])
    #expect(try names(NamingBudget(directoryBytes: 511)) == ["/EFI"])
  }

  @Test("damage in the structures is survived", arguments: 0..<40)
  func hostile(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var fat = FATImageBuilder()
    fat.add("A.TXT", [UInt8](repeating: 1, count: 3000))
    var iso = ISOImageBuilder()
    iso.add("A/B/C", [UInt8](repeating: 2, count: 3000))
    for original in [fat.build(), iso.build()] {
      var image = original
      for _ in 0..<30 {
        image[Int.random(in: 0..<image.count, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      #expect(try names(image, 0..<image.count).count <= NamedFile.mostNamed)
    }
  }
}

extension [UInt8] {
  /// Where a run of bytes begins first.
  fileprivate func firstIndex(of run: [UInt8]) -> Int? {
    indices.dropLast(run.count - 1).first { self[$0] == run[0] && Array(self[$0..<($0 + run.count)]) == run }
  }
}
