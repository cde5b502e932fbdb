import DiskFormats
import TestSupport
import Testing

/// Our readers against what independent tools wrote, and their readers against what ours wrote.
@Suite("tables and file systems of other tools")
struct PartitionOracleTests {
  private func need(_ tools: String...) throws -> ScratchDirectory {
    let packages = [
      "sfdisk": "fdisk", "sgdisk": "gdisk", "mkfs.vfat": "dosfstools", "mcopy": "mtools",
      "fsck.vfat": "dosfstools",
    ]
    for tool in tools {
      try #require(ScratchDirectory.hasTool(tool), "install the package \(packages[tool] ?? tool)")
    }
    return try ScratchDirectory()
  }

  @Test("a DOS table with logical partitions, by sfdisk")
  func dosTable() throws {
    let scratch = try need("sfdisk")
    try scratch.run(
      """
      truncate -s 64M disk
      printf 'label: dos\\nlabel-id: 0xcafe1234\\n\
      start=2048,size=8192,type=c,bootable\\nstart=10240,size=65536,type=5\\n\
      start=12288,size=4096,type=83\\nstart=20480,size=2048,type=82\\nstart=24576,size=1024,type=83\\n' | sfdisk -q disk
      """)
    let disk = try scratch.contents("disk")
    let record = try MasterBootRecord(parsing: disk.reader(at: 0, count: 512))
    #expect(record.diskSignature == 0xCAFE_1234)
    #expect(record.tableDefects(blockCount: 131_072) == [])
    #expect(record.usedEntries.map(\.type) == [0x0C, 0x05])
    #expect(record.usedEntries.first?.isActive == true)
    let container = try #require(record.entries.first { $0.isExtended })
    let logical = try LogicalPartitions(in: disk, container: container)
    #expect(logical.defect == nil)
    #expect(logical.partitions.map(\.startLBA) == [12288, 20480, 24576])
    #expect(logical.partitions.map(\.sectorCount) == [4096, 2048, 1024])
    #expect(logical.partitions.map(\.type) == [0x83, 0x82, 0x83])
  }

  @Test("a GPT with names and attributes, by sgdisk")
  func sgdiskTable() throws {
    let scratch = try need("sgdisk")
    try scratch.run(
      """
      truncate -s 32M disk
      sgdisk -n 1:2048:+4M -t 1:EF00 -c 1:'EFI System ä' -n 7:16384:0 -t 7:8300 -A 7:set:2 disk
      """)
    let tables = try GUIDPartitionTable.all(in: scratch.contents("disk"))
    let table = try #require(tables.first)
    #expect(tables.count == 1)
    #expect(table.primary?.defects == [])
    #expect(table.backupState == .ok)
    #expect(table.copiesAgree == true)
    #expect(table.isValidForUEFI)
    let entries = try #require(table.best?.entries)
    #expect(entries.map(\.index) == [1, 7])
    #expect(entries.map(\.typeGUID) == [.efiSystem, .linuxData])
    #expect(entries.first?.name == "EFI System ä")
    #expect(entries.first?.blockCount == 8192)
    #expect(entries.last?.isLegacyBIOSBootable == true)
  }

  @Test("sgdisk finds no problem in a table of ours, sfdisk the same partitions")
  func ourTable() throws {
    let scratch = try need("sgdisk", "sfdisk")
    let entries = [
      GPTEntry(
        index: 1, typeGUID: .efiSystem, uniqueGUID: GUID(first: 7, second: 7, third: 7, rest: 7),
        firstLBA: 2048,
        lastLBA: 4095, name: "EFI")
    ]
    let layout = try GUIDPartitionTableTests.layout(blocks: 16384, entries: entries)
    try scratch.write(GUIDPartitionTableTests.disk(layout), to: "disk")
    #expect(try scratch.run("sgdisk -v disk").contains("No problems found"))
    let dump = try scratch.run("sfdisk -d disk")
    #expect(dump.contains("start=        2048, size=        2048, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B"))
    #expect(dump.contains("name=\"EFI\""))
  }

  @Test("file systems of mkfs.vfat, filled by mtools", arguments: [(12, 2), (16, 16), (32, 64)])
  func fat(_ width: Int, _ mebibytes: Int) throws {
    let scratch = try need("mkfs.vfat", "mcopy")
    try scratch.run(
      """
      truncate -s \(mebibytes)M disk
      mkfs.vfat -F \(width) -s 1 -n 'MY STICK' -i 1234abcd disk
      mmd -i disk ::EFI ::EFI/BOOT ::many
      head -c 300000 /dev/urandom >'a long name.bin'
      mcopy -i disk 'a long name.bin' ::EFI/BOOT/
      for i in $(seq 1 60); do echo $i >n; mcopy -i disk n ::many/file-number-$i.text; done
      mdel -i disk ::many/file-number-7.text
      """)
    let volume = try FATVolume(try scratch.contents("disk"))
    #expect(volume.boot.kind.rawValue == "FAT\(width)")
    #expect(volume.boot.volumeID == 0x1234_ABCD)
    #expect(volume.loader == .notBootableStub)
    let root = try volume.rootDirectory()
    #expect(root.damage == nil)
    #expect(root.label == "MY STICK")
    #expect(Set(root.entries.map(\.name)) == ["EFI", "many"])
    let entry = try #require(try volume.entry(atPath: "/efi/Boot/A LONG NAME.BIN"))
    #expect(try volume.contents(of: entry, upTo: .max) == scratch.contents("a long name.bin"))
    let many = try volume.directory(try #require(try volume.entry(atPath: "many")))
    #expect(many.damage == nil)
    #expect(
      Set(many.entries.map(\.name)) == Set((1...60).filter { $0 != 7 }.map { "file-number-\($0).text" }))
  }
}
