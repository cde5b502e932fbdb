import BlockIO
import DeviceProbe
import DeviceSafety
import SystemPackage
import TestSupport
import Testing

extension LoopDeviceTests {
  /// What the gate keeps from happening while a target is held, and what is left when it lets go.
  @Suite("The gate holds")
  struct GateHoldTests {
    @Test("R28: what is shown comes from the open descriptor", arguments: [512, 4096])
    func identity(blockSize: Int) throws {
      let loop = try LoopDevice(byteCount: 8 * mebibyte, blockSize: blockSize)
      let pending = try loop.open()
      #expect(pending.identity.path == loop.path)
      #expect(pending.identity.geometry.byteCount == UInt64(8 * mebibyte))
      #expect(pending.identity.geometry.logicalBlockSize == blockSize)
      #expect(!pending.identity.geometry.isReadOnly)
      #expect(pending.identity.id == pending.consent.id)
      #expect(pending.assessment.safetyClass == .a)
      #expect(
        try loop.run("cat /sys/block/\(loop.name)/diskseq").split(separator: "\n").last.map(String.init)
          == pending.identity.geometry.diskSequence.map(String.init))
    }

    @Test("R2: another medium under the same node has another ID, and the old one names nothing")
    func reattached() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let id = try loop.open().identity.id
      #expect(
        try LoopDevice.gate().open(TargetArgument(parsing: id), LoopDevice.request).identity.path == loop.path
      )
      try loop.run("losetup --detach $D; cp medium other; losetup $D other")
      do throws(GateError) {
        _ = try LoopDevice.gate().open(TargetArgument(parsing: id), LoopDevice.request)
        Issue.record("the ID still names something")
      } catch { #expect(error == .unknownID(id)) }
    }

    @Test("R19: no partition has a node during the hold; a cancel gives them back and leaves every byte")
    func partitionsComeBack() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.partition()
      try loop.run("mkfs.ext4 $whole ${D}p1; sync")
      let layout =
        "cat /sys/block/\(loop.name)/\(loop.name)p*/start /sys/block/\(loop.name)/\(loop.name)p*/size"
      let before = try loop.run(layout)
      let content = try loop.contents()
      let writes = try loop.writeCount()
      let pending = try loop.open()
      #expect(try loop.partitionNodes() == "")
      #expect(refusal(approving: pending, .typed(id: "no")) != nil)
      #expect(try loop.partitionNodes() == "12")
      #expect(try loop.run(layout) == before)
      #expect(try loop.contents() == content)
      #expect(try loop.writeCount() == writes)
      try loop.run("mkdir a; mount -o ro ${D}p1 a")
    }

    @Test("R28, R30: meanwhile nobody mounts it, swaps to it, claims it or takes its locks")
    func keepsOthersOut() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.run("mkfs.ext4 $whole $D; mkdir a")
      let pending = try loop.open()
      #expect(throws: ScratchDirectory.ToolFailure.self) { try loop.run("mount $D a") }
      #expect(throws: ScratchDirectory.ToolFailure.self) { try loop.run("mkswap $D && swapon $D") }
      #expect(throws: SystemCallError.self) {
        _ = try OwnedDescriptor(opening: FilePath(loop.path), [.exclusive])
      }
      #expect(throws: ScratchDirectory.ToolFailure.self) { try loop.run("flock --nonblock $D true") }
      #expect(throws: ScratchDirectory.ToolFailure.self) { try loop.run("flock --nonblock --shared $D true") }
      let machine = try OwnedDescriptor(opening: FilePath(loop.path), [.write])
      #expect(throws: SystemCallError.self) { try machine.lockAgainstMachines() }
      let id = pending.consent.id
      let approved = try pending.approve(confirming: .typed(id: id))
      #expect(throws: ScratchDirectory.ToolFailure.self) { try loop.run("mount $D a") }
      #expect(throws: ScratchDirectory.ToolFailure.self) { try loop.run("flock --nonblock $D true") }
      _ = consume approved
      try machine.lockAgainstMachines()
      try loop.run("flock --nonblock $D true; mount $D a")
    }

    @Test("R29: write protection that comes between opening and approval")
    func becomesReadOnly() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let pending = try loop.open()
      let id = pending.consent.id
      try loop.run("blockdev --setro $D")
      #expect(refusal(approving: pending, .typed(id: id)) == .changed(.readOnly))
    }

    @Test("R29: a descriptor knows the medium that it was opened for from another one")
    func knownMedium() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let device = try OwnedDescriptor(opening: FilePath(loop.path))
      let sequence = try #require(try BlockGeometry(of: device).diskSequence)
      for known in [sequence, nil] { try device.requireMedium(known) }
      do throws(SystemCallError) {
        try device.requireMedium(sequence - 1)
        Issue.record("another medium is taken for the one that was opened")
      } catch { #expect(error.call == "ioctl BLKGETDISKSEQ" && error.isMediumTrouble) }
    }

    @Test("R29: a size that changes after the approval")
    func changesSize() throws {
      let loop = try LoopDevice(byteCount: 2 * mebibyte)
      let pending = try loop.open()
      let id = pending.consent.id
      let approved = try pending.approve(confirming: .typed(id: id))
      try approved.recheck()
      try loop.run("truncate -s 1M medium; losetup --set-capacity $D")
      do throws(RecheckError) {
        try approved.recheck()
        Issue.record("the recheck sees nothing")
      } catch {
        #expect(error == .changed(.size(expected: UInt64(2 * mebibyte), found: UInt64(mebibyte))))
      }
    }

    @Test("R15: a loop device that is attached while the person reads")
    func attachedMeanwhile() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let pending = try loop.open()
      let id = pending.consent.id
      let inner = try loop.run("losetup --find --show --read-only $D").filter { !$0.isWhitespace }
      defer { _ = try? loop.run("losetup --detach \(inner)") }
      #expect(refusal(approving: pending, .typed(id: id))?.rules == ["R15"])
    }

    @Test(
      "R18, R19: a partition that appears while the person reads goes, or refuses the target if it is open")
    func partitionMeanwhile() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      for isOpen in [false, true] {
        let pending = try loop.open()
        let id = pending.consent.id
        try loop.run("addpart $D 1 2048 2048")
        guard isOpen else {
          let approved = try pending.approve(confirming: .typed(id: id))
          #expect(try loop.partitionNodes() == "")
          _ = consume approved
          continue
        }
        let opener = try OwnedDescriptor(opening: FilePath(loop.path + "p1"), [.write])
        #expect(refusal(approving: pending, .typed(id: id))?.rules == ["R18"])
        #expect(opener.rawValue >= 0)
      }
    }

    @Test("R33, R34: nothing is written before the approval, nor by it; what is too large does not get there")
    func nothingIsWritten() throws {
      let loop = try LoopDevice(byteCount: 4 * mebibyte, fill: 0xEE)
      let writes = try loop.writeCount()
      let pending = try loop.open()
      #expect(throws: GateError.self) { try pending.requireRoom(for: UInt64(4 * mebibyte + 1)) }
      try pending.requireRoom(for: UInt64(4 * mebibyte))
      let id = pending.consent.id
      _ = try pending.approve(confirming: .typed(id: id))
      #expect(try loop.writeCount() == writes)
      #expect(try loop.contents().holds(only: 0xEE, in: 0..<4 * mebibyte))
    }
  }
}
