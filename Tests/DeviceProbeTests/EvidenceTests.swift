import BlockIO
import DeviceProbe
import SystemPackage
import TestSupport
import Testing

/// What is on a file that stands for a disk.
struct EvidenceBench {
  let scratch: ScratchDirectory
  private static let packages = [
    "mkfs.ext4": "e2fsprogs", "mkfs.vfat": "dosfstools", "mcopy": "mtools", "mkntfs": "ntfs-3g",
    "sfdisk": "fdisk",
    "mkfs.btrfs": "btrfs-progs", "xorriso": "xorriso", "openssl": "openssl", "mkswap": "mount",
  ]

  init(needing tools: String...) throws {
    for tool in tools {
      try #require(ScratchDirectory.hasTool(tool), "install the package \(Self.packages[tool] ?? tool)")
    }
    scratch = try ScratchDirectory()
  }

  /// Makes the file `disk` with commands of a shell and looks at it.
  func contents(_ script: String) throws -> Contents {
    try scratch.run(script)
    let size = try #require(UInt64(try scratch.run("stat --format=%s disk").filter(\.isNumber)))
    var device = BlockDevice(
      number: DeviceNumber(major: 8, minor: 0), name: "disk", path: "/disk", sysfsPath: "", transport: .usb)
    device.byteCount = size
    let root = SystemRoot(directory: FilePath(scratch.path))
    return try #require(DeviceProbe.contents(of: device, root: root))
  }

  /// Makes a file of some length that holds other files from byte offsets on, in MiB.
  static func assemble(mebibytes: Int, _ table: String, _ parts: [(String, Int)]) -> String {
    let copies = parts.map { "dd if=\($0) of=disk bs=1M seek=\($1) conv=notrunc status=none" }
    return "truncate -s \(mebibytes)M disk; printf '\(table)' | sfdisk -q disk; "
      + copies.joined(separator: "; ")
  }
}

@Suite("R25: what would be destroyed")
struct EvidenceTests {
  @Test("a disk of zeroes is blank; one byte at either end, or noise between, makes it unknown data")
  func blank() throws {
    let bench = try EvidenceBench()
    #expect(try bench.contents("truncate -s 64M disk").evidence == ContentEvidence(.blank))
    // The size is no multiple of 4096, so that no place but the very end covers the last byte.
    for place in ["0", "67109375", "61440"] {
      let mark = "printf x | dd of=disk bs=1 seek=\(place) conv=notrunc status=none"
      let contents = try bench.contents("truncate -s 67109376 disk; \(mark)")
      #expect(contents.evidence == ContentEvidence(.unknown), "\(place)")
      try bench.scratch.run("rm disk")
    }
  }

  @Test("noise from the first byte on looks encrypted, but not behind a zeroed head, nor a pattern, nor text")
  func noise() throws {
    let bench = try EvidenceBench(needing: "openssl")
    let random = try bench.contents("openssl rand 20000000 >disk; truncate -s 20M disk")
    #expect(random.evidence == ContentEvidence(.unknown, marks: [.looksEncrypted]))
    let cutOff = try bench.contents("dd if=/dev/zero of=disk bs=1M count=1 conv=notrunc status=none")
    #expect(cutOff.evidence == ContentEvidence(.unknown))
    for filler in ["head -c 20M /dev/zero | tr '\\0' '\\245'", "yes old content | head -c 20M"] {
      #expect(try bench.contents("\(filler) >disk").evidence == ContentEvidence(.unknown))
    }
    // Too small for an encrypted volume: what boot programs look like that are compressed.
    #expect(try bench.contents("openssl rand 1000000 >disk").evidence == ContentEvidence(.unknown))
  }

  @Test("contradicting superblocks are ambivalent, never blank")
  func ambivalent() throws {
    let bench = try EvidenceBench(needing: "mkfs.ext4", "mkfs.btrfs")
    let contents = try bench.contents(
      """
      truncate -s 128M disk b.img; mkfs.ext4 -q -F disk; mkfs.btrfs -q b.img
      dd if=b.img of=disk bs=4096 skip=16 seek=16 count=1 conv=notrunc status=none
      """)
    #expect(contents.evidence == ContentEvidence(.ambivalent))
    #expect(contents.isAmbivalent)
  }

  @Test("an installed Linux by its directories, in a partition, with its bytes and its date")
  func linux() throws {
    let bench = try EvidenceBench(needing: "mkfs.ext4", "mkfs.vfat", "sfdisk")
    try bench.scratch.run(
      """
      mkdir -p tree/etc tree/usr tree/home; touch tree/etc/os-release; mkfs.ext4 -q -d tree root.img 32M
      truncate -s 8M esp.img; mkfs.vfat esp.img
      """)
    let script = EvidenceBench.assemble(
      mebibytes: 64, "label: gpt\\nsize=8M,type=U\\nsize=32M,type=L\\n", [("esp.img", 1), ("root.img", 9)])
    let contents = try bench.contents(script)
    #expect(contents.partitions.map(\.fileSystem) == ["vfat", "ext4"])
    #expect(contents.partitions.map { $0.evidence?.marks } == [[], [.linux]])
    let used = try bench.scratch.run(
      "dumpe2fs -h root.img 2>/dev/null | awk '/^Block count/ {a=$3} /^Free blocks/ {f=$3} /^Block size/ {s=$3} END {print (a-f)*s}'"
    )
    #expect(contents.partitions.last?.usedBytes == UInt64(used.filter(\.isNumber)))
    #expect(contents.partitions.last?.evidence?.newest.map { $0 > 1_600_000_000 } == true)
    // The same root beside the firmware of a Raspberry Pi came as an image.
    let card = try bench.contents("touch config.txt start4.elf; mcopy -i disk@@1M config.txt start4.elf ::")
    #expect(card.partitions.map { $0.evidence?.marks } == [[.appliance], []])
  }

  @Test(
    "Windows by its directories or its recovery partition, not by a reserved one; its set-up medium is an installer"
  )
  func windows() throws {
    let bench = try EvidenceBench(needing: "mcopy", "sfdisk", "mkntfs")
    func volume(_ names: String) -> String {
      "rm -f disk; truncate -s 64M disk; mkfs.vfat -F 32 disk; touch file; for n in \(names); do mmd -i disk ::$n; done"
    }
    #expect(try bench.contents(volume("Windows Windows/System32 Users")).evidence?.marks == [.windows])
    #expect(try bench.contents(volume("Users Music")).evidence?.marks == [])
    #expect(
      try bench.contents(volume("sources boot efi") + "; mcopy -i disk file ::bootmgr").evidence?.marks == [
        .installer
      ])
    try bench.scratch.run("truncate -s 16M ntfs.img; mkntfs -q -F ntfs.img")
    func table(_ type: String) throws -> [ContentEvidence.Mark] {
      let types = "label: gpt\\nsize=1M,type=E3C9E316-0B5C-4DB8-817D-F92DF00215AE\\nsize=16M,type=\(type)\\n"
      let contents = try bench.contents(EvidenceBench.assemble(mebibytes: 32, types, [("ntfs.img", 2)]))
      return contents.places.flatMap(\.evidence.marks)
    }
    #expect(try table("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7") == [])
    #expect(try table("DE94BBA4-06D1-4D40-A16A-BFD50179D6AC") == [.windows])
  }

  @Test("backups at the top and one directory down, and photos")
  func backups() throws {
    let bench = try EvidenceBench(needing: "mkfs.ext4")
    let cases: [(String, [ContentEvidence.Mark])] = [
      ("repo/data repo/index repo/keys repo/snapshots repo/config", [.restic]),
      ("data config README hints.5 index.5", [.borg]), ("mac/Backups.backupdb", [.timeMachine]),
      ("my.sparsebundle", [.timeMachine]), ("WindowsImageBackup", [.windowsBackup]),
      ("FileHistory", [.fileHistory]),
      ("DCIM", [.photos]), ("Pictures FileHistory", [.fileHistory, .photos]), ("data config", []),
      ("a/b/repo", []),
    ]
    for (paths, marks) in cases {
      let script =
        "rm -rf tree disk; mkdir -p tree; cd tree; mkdir -p \(paths); cd ..; mkfs.ext4 -q -d tree disk 8M"
      #expect(try bench.contents(script).evidence?.marks == marks, "\(paths)")
    }
  }

  @Test("encryption, arrays and sleeping sessions by their signatures")
  func signatures() throws {
    let bench = try EvidenceBench(needing: "mkswap")
    let luks = try bench.contents(
      "truncate -s 64M disk; printf 'LUKS\\272\\276\\0\\1' | dd of=disk conv=notrunc status=none")
    #expect(luks.fileSystem == "crypto_LUKS")
    #expect(luks.evidence == ContentEvidence(.data, marks: [.encrypted]))
    let swap = try bench.contents(
      "truncate -s 64M disk; mkswap disk; printf S1SUSPEND | dd of=disk bs=1 seek=4086 conv=notrunc status=none"
    )
    #expect(swap.evidence == ContentEvidence(.data, marks: [.hibernated]))
    #expect(try bench.contents("rm disk; truncate -s 64M disk; mkswap disk").evidence?.marks == [])
    // The superblock of md at 4096 bytes with its checksum, by hand.
    let md = try bench.contents(
      """
      rm disk; truncate -s 64M disk; python3 - <<'END'
      import struct
      block = bytearray(1024)
      struct.pack_into("<IIII", block, 0, 0xa92b4efc, 1, 0, 0)
      block[16:32] = bytes(range(16))
      struct.pack_into("<Q", block, 144, 8)
      total = sum(struct.unpack("<64I", block[:256]))
      struct.pack_into("<I", block, 216, (total & 0xffffffff) + (total >> 32))
      with open("disk", "r+b") as file:
          file.seek(4096)
          file.write(block)
      END
      true
      """)
    #expect(md.fileSystem == "linux_raid_member")
    #expect(md.evidence?.marks == [.arrayMember])
  }

  @Test("a live system's hybrid image with an EFI system partition is an installer and nothing else")
  func hybrid() throws {
    let bench = try EvidenceBench(needing: "xorriso", "mkfs.vfat")
    let contents = try bench.contents(
      """
      mkdir -p tree/etc tree/usr tree/casper; touch tree/etc/os-release; head -c 20000000 /dev/urandom >tree/casper/fs
      truncate -s 4M esp.img; mkfs.vfat esp.img
      xorriso -as mkisofs -quiet -r -V LIVE -o disk -append_partition 2 0xef esp.img tree
      """)
    #expect(contents.fileSystem == "iso9660")
    #expect(contents.evidence?.marks == [.installer])
    let others = Set(contents.partitions.flatMap { $0.evidence?.marks ?? [] })
    #expect(others.isSubset(of: [.installer]))
    #expect(contents.evidence?.usedBytes.map { $0 > 20_000_000 } == true)
  }

  @Test("an encrypted partition behind many others is not overlooked")
  func manyPartitions() throws {
    let bench = try EvidenceBench(needing: "sfdisk")
    let contents = try bench.contents(
      """
      printf 'LUKS\\272\\276\\0\\1' >luks; truncate -s 1M luks; truncate -s 64M disk
      (echo label: gpt; for number in $(seq 40); do echo size=1M; done) | sfdisk -q disk
      dd if=luks of=disk bs=1M seek=40 conv=notrunc status=none
      """)
    #expect(contents.partitions.count == 40)
    #expect(contents.partitions.compactMap(\.evidence).count == 40)
    #expect(contents.partitions.last?.evidence == ContentEvidence(.data, marks: [.encrypted]))
    #expect(contents.partitions.first?.evidence == ContentEvidence(.blank))
  }

  @Test(
    "R6: what was not looked into because there are so many partitions counts as unreadable, not as unknown")
  func endlessTable() throws {
    let bench = try EvidenceBench(needing: "sfdisk")
    let contents = try bench.contents(
      """
      truncate -s 16M disk
      (printf 'label: gpt\\ntable-length: 300\\n'; for number in $(seq 258); do echo start=$((number * 16 + 2048)),size=16; done) |
        sfdisk -q disk
      """)
    #expect(contents.partitions.count == 258)
    #expect(contents.partitions.prefix(256).allSatisfy { $0.evidence?.state != .unreadable })
    #expect(contents.partitions.suffix(2).map { $0.evidence?.state } == [.unreadable, .unreadable])
  }

  @Test("an empty partition is blank whatever its type says")
  func blankPartition() throws {
    let bench = try EvidenceBench(needing: "sfdisk")
    let type = "label: gpt\\nsize=16M,type=DE94BBA4-06D1-4D40-A16A-BFD50179D6AC\\n"
    let contents = try bench.contents(EvidenceBench.assemble(mebibytes: 32, type, []))
    #expect(contents.partitions.map(\.evidence) == [ContentEvidence(.blank)])
  }
}
