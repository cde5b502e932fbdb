import BlockIO
import DeviceProbe
import DeviceSafety
import SystemPackage
import TestSupport
import Testing

extension LoopDeviceTests {
  /// What the gate tells of a disk comes from the descriptor that it holds.
  @Suite("R28: the gate reads through the only descriptor")
  struct GateReadingTests {
    /// A table with three file systems, one of which holds a system.
    private func dressed(blockSize: Int) throws -> LoopDevice {
      try #require(ScratchDirectory.hasTool("mkntfs"), "install the package ntfs-3g")
      let loop = try LoopDevice(byteCount: 64 * mebibyte, blockSize: blockSize)
      try loop.run(
        """
        truncate -s 16M fat ext ntfs
        mkdir -p tree/etc tree/usr
        touch tree/etc/os-release
        mkfs.vfat -n PHOTOS fat
        mkfs.ext4 -q -L root -d tree ext
        mkntfs -F -Q -q -L Windows ntfs
        printf 'label: dos\\nsize=16MiB,type=c\\nsize=16MiB,type=83\\nsize=16MiB,type=7\\n' \
          | sfdisk --quiet --no-reread --no-tell-kernel $D
        dd if=fat of=$D bs=1M seek=1 conv=fsync status=none
        dd if=ext of=$D bs=1M seek=17 conv=fsync status=none
        dd if=ntfs of=$D bs=1M seek=33 conv=fsync status=none
        partx --update $D
        """)
      return loop
    }

    @Test("R28: and finds what a listing finds", arguments: [512, 4096])
    func sameContents(blockSize: Int) throws {
      let loop = try dressed(blockSize: blockSize)
      let listing = DeviceProbe.snapshot { $0.path == loop.path }
      let listed = try #require(listing.devices.first { $0.path == loop.path }?.contents)
      #expect(listed.partitions.map(\.fileSystem) == ["vfat", "ext4", "ntfs"])
      #expect(listed.partitions.map(\.evidence?.state) == [.data, .data, .data])
      #expect(listed.partitions.allSatisfy { $0.evidence?.usedBytes != nil })
      let stale = Set(DeviceProbe.signatures(at: FilePath(loop.path)))
      #expect(!stale.isEmpty)
      let pending = try loop.open(lifting: [.operatingSystem])
      #expect(pending.contents == listed)
      #expect(try Set(pending.staleSignatures()) == stale)
    }

    @Test("R28: a disk whose size is no whole number of its blocks is read up to the last whole one")
    func oddSize() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte + 512, blockSize: 4096)
      #expect(try loop.run("blockdev --getss --getsize64 $D").split(separator: "\n") == ["4096", "16777728"])
      #expect(try loop.open().contents?.evidence == ContentEvidence(.blank))
      try loop.run("printf x | dd of=medium bs=1 seek=\(16 * mebibyte - 1) conv=notrunc status=none")
      #expect(try loop.open().contents?.evidence == ContentEvidence(.unknown))
    }

    @Test("R28, R41: it believes nothing that the page cache holds, and leaves nothing there")
    func cache() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.run("mkfs.ext4 -q -L before $D; sync")
      // Whoever has it open keeps its page cache alive.
      let reader = try OwnedDescriptor(opening: FilePath(loop.path))
      _ = try reader.bytes(in: 0..<UInt64(mebibyte))
      try loop.run("mkfs.ext4 -q -F -L after medium; sync")
      // s_volume_name of the superblock.
      let label: Range<UInt64> = 1144..<1150
      #expect(try reader.bytes(in: label) == Array("before".utf8), "the cache is older than the medium")
      let pending = try loop.open()
      #expect(pending.contents?.label == "after")
      #expect(try !pending.staleSignatures().isEmpty)
      try loop.run("printf beyond | dd of=medium bs=1 seek=1144 conv=notrunc status=none")
      #expect(try reader.bytes(in: label) == Array("beyond".utf8), "the cache is empty again")
    }
  }
}
