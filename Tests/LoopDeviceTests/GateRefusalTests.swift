import BlockIO
import DeviceProbe
import DeviceSafety
import SystemPackage
import TestSupport
import Testing

extension LoopDeviceTests {
  /// Every way in which a disk is in use that this kernel can show; a refusal writes nothing.
  @Suite("The gate refuses")
  struct GateRefusalTests {
    @Test("R4: a loop device without the test option, and a partition with or without it")
    func kinds() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.partition()
      func refusal(_ path: String, _ request: SafetyRequest) -> GateError? {
        do throws(GateError) {
          _ = try LoopDevice.gate().open(.path(path), request)
          return nil
        } catch { return error }
      }
      #expect(refusal(loop.path, SafetyRequest())?.rules == ["R4"])
      for request in [SafetyRequest(), LoopDevice.request] {
        #expect(refusal(loop.path + "p1", request) == .partition(path: loop.path + "p1", of: loop.path))
      }
    }

    @Test("R3: a block device that sysfs does not show")
    func unlisted() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      do throws(GateError) {
        _ = try TargetGate { DeviceSnapshot() }.open(.path(loop.path), LoopDevice.request)
        Issue.record("it is not in the snapshot")
      } catch {
        guard case .unlistedDevice(loop.path, _) = error else {
          Issue.record("\(error)")
          return
        }
      }
    }

    @Test("R10: a write-protected device, although the kernel would open it for writing")
    func readOnly() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      try loop.run("blockdev --setro $D")
      #expect(try loop.objections().map(\.id) == [.readOnly])
    }

    @Test("R11: a mounted partition, and a mounted disk without partitions")
    func mounted() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.partition()
      try loop.run("mkfs.ext4 $whole ${D}p2; mkdir a; mount ${D}p2 a")
      let point = loop.scratch.path + "/a"
      let objections = try loop.objections()
      #expect(objections.map(\.rule) == ["R11"])
      #expect(objections.map(\.chain) == [["\(loop.name)p2", "mounted at \(point)"]])

      let whole = try LoopDevice(byteCount: 4 * mebibyte)
      try whole.run("mkfs.ext4 $whole $D; mkdir -p 'a b'; mount $D 'a b'")
      #expect(try whole.objections().map(\.text) == ["\(whole.name) is mounted at \(whole.scratch.path)/a b"])
      try whole.run("umount 'a b'")
    }

    @Test("R12: a mount that only another mount namespace sees")
    func mountedElsewhere() throws {
      let loop = try LoopDevice(byteCount: 4 * mebibyte)
      let process = try loop.run(
        """
        mkfs.ext4 $whole $D; mkdir a; mkfifo ready
        unshare --mount --propagation private \
          sh -c "mount $D a; echo > ready; exec tail -f /dev/null" >/dev/null 2>&1 &
        echo $!
        timeout 20 cat ready >/dev/null
        """
      ).filter(\.isNumber)
      defer { _ = try? loop.run("kill \(process)") }
      let objections = try loop.objections()
      #expect(objections.map(\.rule) == ["R12"])
      #expect(objections.first?.text.contains("for process \(process)") == true)
    }

    @Test("R13: a mount that was taken away lazily while burin itself has a file on it open")
    func lazilyUnmounted() throws {
      let loop = try LoopDevice(byteCount: 4 * mebibyte)
      try loop.run("mkfs.ext4 $whole $D; mkdir a; mount $D a; echo x > a/file")
      let file = try OwnedDescriptor(opening: FilePath(loop.scratch.path + "/a/file"))
      try loop.run("umount --lazy a")
      let objections = try loop.objections()
      #expect(objections.map(\.id) == [.busy])
      #expect(objections.map(\.rule) == ["R13"])
      #expect(objections.first?.text.contains("carries an ext4 file system in use") == true)
      #expect(file.rawValue >= 0)
    }

    @Test("R14: a swap partition")
    func swapPartition() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.partition()
      try loop.run("mkswap ${D}p1; swapon ${D}p1")
      defer { _ = try? loop.run("swapoff ${D}p1") }
      #expect(try loop.objections().map(\.text) == ["\(loop.name)p1 is active swap"])
    }

    @Test("R14: a swap file on the disk")
    func swapFile() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.run(
        """
        mkfs.ext4 $whole $D; mkdir a; mount $D a
        dd if=/dev/zero of=a/swap bs=1M count=4 status=none; chmod 600 a/swap; mkswap a/swap; swapon a/swap
        """)
      defer { _ = try? loop.run("swapoff a/swap") }
      let objections = try loop.objections()
      #expect(Set(objections.map(\.id)) == [.mounted, .swap])
      #expect(
        objections.contains { $0.text.hasSuffix("holds the active swap file \(loop.scratch.path)/a/swap") })
    }

    @Test("R14: every member of a btrfs file system, also those that the mount table does not name")
    func btrfs() throws {
      let first = try LoopDevice(byteCount: 128 * mebibyte)
      let second = try LoopDevice(byteCount: 128 * mebibyte)
      try first.run("mkfs.btrfs -q -f -d raid1 -m raid1 $D \(second.path); mkdir a")
      try first.run("mount -o device=$D,device=\(second.path) $D a")
      defer { _ = try? first.run("umount a") }
      for loop in [first, second] {
        let objections = try loop.objections()
        #expect(objections.map(\.id) == [.btrfsMember])
        #expect(objections.first?.text.hasSuffix("mounted at \(first.scratch.path)/a") == true)
      }
    }

    @Test("R15: a loop device over the disk, a partition, or a file on the disk")
    func loopAttached() throws {
      let loop = try LoopDevice(byteCount: 32 * mebibyte)
      try loop.partition()
      for source in ["$D", "${D}p1"] {
        // At an offset, and for reading only: the exclusive open alone would not notice.
        let inner = try loop.run("losetup --find --show --read-only --offset 4096 \(source)").filter {
          !$0.isWhitespace
        }
        defer { _ = try? loop.run("losetup --detach \(inner)") }
        #expect(try loop.brokenRules() == ["R15"])
      }
      #expect(try loop.refusal() == nil)
    }

    @Test("R15: through a file on the disk down to what is mounted from there")
    func loopOnFile() throws {
      let loop = try LoopDevice(byteCount: 32 * mebibyte)
      let inner = try loop.run(
        """
        mkfs.ext4 $whole $D >/dev/null; mkdir a b; mount $D a; truncate -s 8M a/inner
        mkfs.ext4 $whole a/inner >/dev/null; losetup --find --show a/inner
        """
      ).filter { !$0.isWhitespace }
      defer { _ = try? loop.run("umount b; losetup --detach \(inner)") }
      try loop.run("mount \(inner) b")
      let chains = try loop.objections().map(\.chain)
      #expect(
        chains.contains([
          loop.name, "loop device \(inner.dropFirst("/dev/".count))", "mounted at \(loop.scratch.path)/b",
        ]))
    }

    @Test("R16: a lock of a virtual machine on the node")
    func machineLock() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let machine = try OwnedDescriptor(opening: FilePath(loop.path), [.write])
      try machine.lockAgainstMachines()
      #expect(try loop.brokenRules() == ["R16"])
    }

    @Test("R18: a partition that somebody has open; the others come back")
    func openPartition() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.partition()
      let opener = try OwnedDescriptor(opening: FilePath(loop.path + "p2"), [.write])
      #expect(try loop.brokenRules() == ["R18"])
      #expect(try loop.partitionNodes() == "12")
      _ = consume opener
      #expect(try loop.refusal() == nil)
    }

    @Test("R20: the disk that holds the image, through a file system and through a loop device on it")
    func imageOnTarget() throws {
      let loop = try LoopDevice(byteCount: 32 * mebibyte)
      let inner = try loop.run(
        """
        mkfs.ext4 $whole $D >/dev/null; mkdir a b; mount $D a; truncate -s 8M a/inner
        mkfs.ext4 $whole a/inner >/dev/null; losetup --find --show a/inner
        """
      ).filter { !$0.isWhitespace }
      defer { _ = try? loop.run("umount b; losetup --detach \(inner)") }
      try loop.run("mount \(inner) b; echo x > a/image; echo x > b/image")
      for image in ["a/image", "b/image"] {
        let anchor = AnchorRequest(.image, path: "\(loop.scratch.path)/\(image)")
        let objections = try loop.objections([anchor]).filter { $0.id == .holdsImage }
        #expect(objections.map(\.rule) == ["R20"], "\(image)")
      }
    }

    @Test("R20: a loop device over the image itself")
    func overTheImage() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let anchor = AnchorRequest(.image, path: loop.scratch.path + "/medium")
      #expect(try loop.objections([anchor]).map(\.id) == [.holdsImage])
    }

    @Test("R27: a disk that somebody else has claimed; no weaker way is tried")
    func claimed() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let other = try OwnedDescriptor(opening: FilePath(loop.path), [.exclusive])
      let objections = try loop.objections()
      #expect(objections.map(\.id) == [.busy])
      #expect(objections.map(\.rule) == ["R27"])
      _ = consume other
      #expect(try loop.refusal() == nil)
    }

    @Test("R30: a disk that somebody else keeps locked")
    func locked() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let other = try OwnedDescriptor(opening: FilePath(loop.path))
      try other.lockAgainstProbes()
      #expect(try loop.brokenRules() == ["R30"])
    }
  }
}
