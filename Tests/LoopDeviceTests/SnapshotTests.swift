import BlockIO
import DeviceProbe
import SystemPackage
import TestSupport
import Testing

extension LoopDeviceTests {
  /// What the probe sees, against what the tools that made it say.
  @Suite("snapshots", .enabled(if: !LoopDevice.isLeftOut, "BURIN_SKIP names loop"))
  struct SnapshotTests {
    @Test("a stick with a partition table, its file systems, labels and used bytes")
    func contents() throws {
      let stack = try StorageStack()
      let disk = try stack.attach("stick.img")
      try stack.run(
        """
        printf 'label: gpt\\nsize=16M,type=U,name="boot part"\\nsize=16M,type=L\\n' | sfdisk -q --no-reread \(disk)
        partx -a \(disk)
        """, undo: "partx -d \(disk) || true")
      try stack.run("mkfs.vfat -n STICK \(disk)p1; mkfs.ext4 -q -L 'data two' \(disk)p2; sync")
      try stack.mount("\(disk)p2", at: "mnt")
      let number = try stack.number(disk)
      let snapshot = DeviceProbe.snapshot(
        anchors: [
          AnchorRequest(.image, path: "\(stack.path)/mnt/new/x.iso"),
          AnchorRequest(.output, path: "\(stack.path)/mnt/x"),
        ],
        probing: { $0.number == number })
      let contents = try #require(snapshot[number]?.contents)
      #expect(contents.table == .gpt && !contents.isAmbivalent)
      #expect(contents.partitions.map(\.number) == [1, 2])
      #expect(contents.partitions.map(\.byteCount) == [16 << 20, 16 << 20])
      #expect(contents.partitions.map(\.fileSystem) == ["vfat", "ext4"])
      #expect(contents.partitions.map(\.label) == ["STICK", "data two"])
      #expect(contents.partitions[0].name == "boot part")
      #expect(contents.partitions[0].type == "c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
      #expect(contents.partitions[0].usedBytes == 0)
      let used = try stack.run("set -- $(stat -f -c '%b %f %S' mnt); echo $((($1 - $2) * $3))")
      #expect(contents.partitions[1].usedBytes == UInt64(used))
      let nodes = snapshot.partitions(of: number)
      #expect(nodes.map(\.partition?.start) == contents.partitions.map(\.start))
      #expect(
        snapshot.mounts.contains { $0.device == nodes[1].number && $0.mountPoint == "\(stack.path)/mnt" })
      // The file is still to be made: its directory counts.
      #expect(
        snapshot.anchors.last
          == Anchor(purpose: .output, path: "\(stack.path)/mnt/x", devices: [nodes[1].number]))
      #expect(snapshot.devices.filter { $0.contents != nil }.map(\.number) == [number])
    }

    @Test("MBR types, blocks of 4096 bytes, write protection")
    func geometry() throws {
      let stack = try StorageStack()
      try stack.run("truncate -s 8M a.img; printf 'label: dos\\ntype=c\\n' | sfdisk -q a.img")
      let (plain, large) = (try stack.attach("a.img", "-r"), try stack.attach("b.img", "-b 4096"))
      let snapshot = DeviceProbe.snapshot(probing: { $0.transport == .loop && $0.byteCount != 0 })
      let first = try #require(snapshot[try stack.number(plain)])
      #expect(first.isReadOnly == true && first.contents?.table == .mbr)
      #expect(first.contents?.partitions.map(\.type) == ["0x0c"])
      let second = try #require(snapshot[try stack.number(large)])
      #expect(second.logicalBlockSize == 4096 && second.contents?.evidence == ContentEvidence(.blank))
      #expect(
        second.diskSequence.map { "\($0)" }
          == (try stack.run("cat /sys/block/${1:-\(large.dropFirst(5))}/diskseq")))
    }

    @Test("two signatures at once are unknown content, not an empty disk")
    func ambivalent() throws {
      let stack = try StorageStack()
      try stack.run(
        """
        truncate -s 128M e.img b.img; mkfs.ext4 -q -F e.img; mkfs.btrfs -q b.img
        dd if=b.img of=e.img bs=4096 skip=16 seek=16 count=1 conv=notrunc status=none
        ! blkid -p e.img
        """)
      let number = try stack.number(try stack.attach("e.img"))
      var snapshot = DeviceProbe.snapshot()
      snapshot.probeContents(of: [number])
      let contents = try #require(snapshot[number]?.contents)
      #expect(contents.isAmbivalent && contents.table == .unknown && contents.fileSystem == nil)
    }

    @Test("loops on a disk, on a partition and on a file; one that is detached")
    func loops() throws {
      let stack = try StorageStack()
      let disk = try stack.attach("stick.img")
      try stack.run("addpart \(disk) 1 2048 65536", undo: "delpart \(disk) 1 || true")
      try stack.run("mkfs.ext4 -q \(disk)p1")
      try stack.mount("\(disk)p1", at: "mnt")
      let (whole, part) = (try stack.attach(disk), try stack.attach("\(disk)p1"))
      let file = try stack.attach("mnt/file.img", megabytes: 1)
      let idle = try stack.attach("idle.img")
      try stack.run("losetup -d \(idle)")
      let snapshot = DeviceProbe.snapshot()
      let (number, partition) = (try stack.number(disk), try stack.number("\(disk)p1"))
      func node(_ path: String) throws -> DeviceNumber? {
        guard case .loop(_, _, let node) = snapshot[try stack.number(path)]?.virtual else { return nil }
        return node
      }
      #expect(try node(whole) == number)
      #expect(try node(part) == partition)
      #expect(
        snapshot[try stack.number(file)]?.virtual
          == .loop(path: "\(stack.path)/mnt/file.img", fileSystem: partition, node: nil))
    }

    @Test("a btrfs on two disks: members, image in a subvolume, loop on a file")
    func btrfs() throws {
      let stack = try StorageStack()
      let (a, b) = (try stack.attach("a.img", megabytes: 128), try stack.attach("b.img", megabytes: 128))
      try stack.run("mkfs.btrfs -q -f -d raid1 -m raid1 \(a) \(b); btrfs device scan -q \(a) \(b) || true")
      try stack.mount(a, at: "mnt", "-o device=\(b)")
      try stack.run("btrfs subvolume create mnt/sub; echo image >mnt/sub/x.iso")
      let file = try stack.attach("mnt/sub/file.img", megabytes: 1)
      let members = [try stack.number(a), try stack.number(b)].sorted()
      let image = try OwnedDescriptor(opening: FilePath("\(stack.path)/mnt/sub/x.iso"))
      let snapshot = DeviceProbe.snapshot(anchors: [AnchorRequest(.image, descriptor: image, path: "x.iso")])
      #expect(snapshot.btrfsVolumes.contains { $0.members == members })
      #expect(snapshot.anchors.last == Anchor(purpose: .image, path: "x.iso", devices: members))
      guard case .loop(_, let fileSystem?, nil) = snapshot[try stack.number(file)]?.virtual else {
        Issue.record("no file system behind \(file)")
        return
      }
      #expect(members.contains(fileSystem))
    }

    @Test("an overlay: the image lies on the layers' disks")
    func overlay() throws {
      let stack = try StorageStack()
      let (low, up) = (try stack.attach("low.img"), try stack.attach("up.img"))
      try stack.run("mkfs.ext4 -q \(low); mkfs.ext4 -q \(up)")
      try stack.mount(low, at: "low")
      try stack.mount(up, at: "up")
      try stack.run("mkdir -p 'low/a,b' up/u up/w merged; touch 'low/a,b/x.iso'")
      guard try stack.run("grep -c overlay /proc/filesystems || true") == "1" else {
        // A kernel without overlays cannot hide an image in one.
        return
      }
      try stack.run(
        "mount -t overlay o -o \"lowerdir=$PWD/low/a\\,b,upperdir=$PWD/up/u,workdir=$PWD/up/w\" merged",
        undo: "umount merged")
      let snapshot = DeviceProbe.snapshot(anchors: [AnchorRequest(.image, path: "\(stack.path)/merged/x.iso")]
      )
      #expect(Set(snapshot.anchors.last?.devices ?? []) == [try stack.number(low), try stack.number(up)])
    }

    @Test("a disk that is mounted in another namespace only, with the process that shows it")
    func namespace() throws {
      let stack = try StorageStack()
      let disk = try stack.attach("stick.img")
      try stack.run("mkfs.ext4 -q \(disk); mkdir mnt; mkfifo ready stop")
      try stack.run(
        """
        unshare -m --propagation private \
          sh -c 'if mount \(disk) mnt; then echo 0 >ready; read line <stop; else echo 1 >ready; fi' >/dev/null 2>&1 &
        read status <ready
        [ "$status" = 0 ]
        """, undo: "timeout 5 sh -c 'echo >stop'; umount mnt || true")
      let number = try stack.number(disk)
      let mounts = DeviceProbe.snapshot().mounts.filter { $0.device == number }
      #expect(mounts.map(\.mountPoint) == ["\(stack.path)/mnt"])
      #expect(mounts.first?.process?.command == "sh")
      // Whoever has no rights reads the same table.
      #expect(
        try stack.run("su nobody -s /bin/sh -c 'cat /proc/\(mounts.first?.process?.id ?? 0)/mountinfo'")
          .contains(disk))
    }

    @Test("swap on a disk and in a file")
    func swap() throws {
      let stack = try StorageStack()
      let (disk, other) = (try stack.attach("swap.img", megabytes: 8), try stack.attach("fs.img"))
      try stack.run("mkswap \(disk); swapon \(disk)", undo: "swapoff \(disk)")
      try stack.run("mkfs.ext4 -q \(other)")
      try stack.mount(other, at: "mnt")
      try stack.run(
        "cd mnt; fallocate -l 4M 'a swap'; chmod 600 'a swap'; mkswap 'a swap'; swapon 'a swap'",
        undo: "swapoff 'mnt/a swap'")
      let swaps = DeviceProbe.snapshot().swaps
      #expect(swaps.contains(SwapArea(path: disk, device: try stack.number(disk), isFile: false)))
      #expect(
        swaps.contains(
          SwapArea(path: "\(stack.path)/mnt/a swap", device: try stack.number(other), isFile: true)))
    }
  }
}
