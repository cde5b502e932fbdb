import BlockIO
import DeviceProbe
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import DeviceSafety

extension LoopDeviceTests {
  /// What other processes have open, which only their descriptors show.
  @Suite("The gate looks at descriptors")
  struct GateOpenerTests {
    /// Starts a shell that keeps something, and returns its number once it has it.
    private func start(_ commands: String, on loop: LoopDevice) throws -> String {
      try loop.run(
        """
        rm -f ready; mkfifo ready
        bash -c '\(commands); echo > ready; exec tail -f /dev/null' \(loop.path) >/dev/null 2>&1 &
        echo $!
        timeout 20 cat ready >/dev/null
        """
      ).filter(\.isNumber)
    }

    @Test("R17: a process that can write to the whole disk is refused and named; a reader is not")
    func writer() throws {
      let loop = try LoopDevice(byteCount: 4 * mebibyte)
      let writer = try start("exec 9<>$0", on: loop)
      let objections = try loop.objections()
      #expect(objections.map(\.rule) == ["R17"] && objections.map(\.id) == [.busy])
      #expect(objections.map(\.severity) == [.x])
      #expect(objections.map(\.text) == ["process \(writer) (tail) has \(loop.name) open for writing"])
      try loop.end(writer)
      let reader = try start("exec 9<$0", on: loop)
      defer { _ = try? loop.run("kill \(reader)") }
      #expect(try loop.refusal() == nil)
    }

    @Test("R17: what udev starts is waited for, as long as it may take and no longer")
    func shortLived() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let number = try #require(DeviceProbe.snapshot().devices.first { $0.path == loop.path }?.number)
      let looks = Mutex(0)
      func gate(_ command: String, for count: Int) -> TargetGate {
        looks.withLock { $0 = 0 }
        return TargetGate(
          lockAttempts: 3,
          openers: { _, _ in
            let look = looks.withLock {
              $0 += 1
              return $0
            }
            let opener = Opener(ProcessName(id: 7, command: command), device: number, .writing)
            return OpenerReport(look <= count ? [opener] : [])
          }
        ) { DeviceProbe.snapshot() }
      }
      func rules(_ gate: TargetGate) -> [String]? {
        do throws(GateError) {
          _ = try gate.open(.path(loop.path), LoopDevice.request)
          return nil
        } catch { return error.rules }
      }
      #expect(rules(gate("(udev-worker)", for: 2)) == nil)
      #expect(looks.withLock(\.self) == 3)
      #expect(rules(gate("(udev-worker)", for: 3)) == ["R17"])
      #expect(rules(gate("dd", for: 1)) == ["R17"])
      #expect(looks.withLock(\.self) == 1, "nobody else is waited for")
    }

    @Test("R15, R17: at every look but the first, who has the disk open is looked for at the same time")
    func together() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      // When it is opened, and approved, and looked at once more.
      let snapshots = try (0..<3).map { _ in try Signal(of: 1) }
      let scans = try (0..<3).map { _ in try Signal(of: 1) }
      let snapshotCount = Atomic<Int>(0)
      let scanCount = Atomic<Int>(0)
      let gate = TargetGate(
        openers: { _, _ in
          let number = scanCount.add(1, ordering: .relaxed).oldValue
          scans[number].give()
          #expect(snapshots[number].wait())
          return OpenerReport()
        }
      ) {
        let number = snapshotCount.add(1, ordering: .relaxed).oldValue
        if number > 0 {
          snapshots[number - 1].give()
          #expect(scans[number - 1].wait())
        }
        return DeviceProbe.snapshot()
      }
      let pending = try gate.open(.path(loop.path), LoopDevice.request)
      let id = pending.consent.id
      try pending.approve(confirming: .typed(id: id)).recheck()
      #expect(scanCount.load(ordering: .relaxed) == 3)
    }

    @Test("R15, R17: a look that was taken ahead is that of the approval, as long as it counts")
    func ahead() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let looks = Atomic<Int>(0)
      var gate = TargetGate(openers: { _, _ in
        looks.add(1, ordering: .relaxed)
        return OpenerReport()
      }) { DeviceProbe.snapshot() }
      // However busy the machine is: how long it counts is tried elsewhere.
      gate.freshness = .seconds(3600)
      let pending = try gate.open(.path(loop.path), LoopDevice.request)
      let before = looks.load(ordering: .relaxed)
      pending.earlyLook.take()
      let id = pending.consent.id
      let approved = try pending.approve(confirming: .typed(id: id))
      try approved.recheck(ifOlderThan: gate.freshness)
      #expect(looks.load(ordering: .relaxed) == before + 1)
    }

    @Test("R17: a process that opens it while the person reads, and one that does before the last write")
    func lateWriter() throws {
      let loop = try LoopDevice(byteCount: 4 * mebibyte)
      let pending = try loop.open()
      let id = pending.consent.id
      let first = try start("exec 9<>$0", on: loop)
      #expect(refusal(approving: pending, .typed(id: id))?.rules == ["R17"])
      try loop.end(first)
      let approved = try loop.open().approve(confirming: .typed(id: id))
      try approved.recheck()
      let second = try start("exec 9<>$0", on: loop)
      defer { _ = try? loop.run("kill \(second)") }
      #expect(Self.rules(approved) == ["R17"])
    }

    @Test("R15, R29: a loop device that is attached during the write is seen before the last one")
    func lateLoop() throws {
      let loop = try LoopDevice(byteCount: 4 * mebibyte)
      let pending = try loop.open()
      let id = pending.consent.id
      let approved = try pending.approve(confirming: .typed(id: id))
      try approved.recheck()
      let inner = try loop.run("losetup --find --show --read-only $D").filter { !$0.isWhitespace }
      #expect(Self.rules(approved) == ["R15"])
      try loop.run("losetup --detach \(inner)")
      try approved.recheck()
    }

    private static func rules(_ target: borrowing ApprovedTarget) -> [String] {
      do throws(RecheckError) {
        try target.recheck()
        return []
      } catch {
        guard case .inUse(let assessment) = error else { return [] }
        return assessment.objections.map(\.rule)
      }
    }

    @Test("R16, R30: who keeps a lock is named")
    func locks() throws {
      let loop = try LoopDevice(byteCount: mebibyte)
      let probe = try start("exec 9<$0; flock --exclusive 9", on: loop)
      let text = "process \(probe) (tail) keeps a lock on \(loop.name)"
      #expect(try loop.objections().map(\.rule) == ["R30"])
      #expect(try loop.objections().map(\.text) == [text])
      try loop.end(probe)
      // The lock of a virtual machine: F_OFD_SETLK is 37, a read lock on byte 100.
      let machine = try loop.run(
        """
        rm -f ready; mkfifo ready
        python3 -c '
        import fcntl, os, signal, struct, sys
        node = os.open(sys.argv[1], os.O_RDWR)
        fcntl.fcntl(node, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 100, 1, 0))
        open("ready", "w").write("x")
        signal.pause()' $D >/dev/null 2>&1 &
        echo $!
        timeout 20 cat ready >/dev/null
        """
      ).filter(\.isNumber)
      defer { _ = try? loop.run("kill \(machine)") }
      let objections = try loop.objections()
      #expect(objections.map(\.rule) == ["R16"])
      #expect(objections.map(\.text) == ["process \(machine) (python3) keeps a lock on \(loop.name)"])
    }

    @Test("R18: who has the partition open is named")
    func openPartition() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.partition()
      let opener = try start("exec 9<${0}p2", on: loop)
      defer { _ = try? loop.run("kill \(opener)") }
      let objections = try loop.objections()
      #expect(objections.map(\.rule) == ["R18"])
      #expect(objections.map(\.text) == ["process \(opener) (tail) has \(loop.name)p2 open"])
      #expect(try loop.partitionNodes() == "12")
    }

    @Test("R13: who keeps a file, or a directory, of a file system that was taken away lazily is named")
    func lazilyUnmounted() throws {
      let loop = try LoopDevice(byteCount: 4 * mebibyte)
      try loop.run("mkfs.ext4 $whole $D; mkdir a; mount $D a; mkdir a/sub; echo x > a/file; umount a")
      for (commands, use) in [("exec 9<a/file", "/file"), ("cd a/sub", "/sub")] {
        // Read-only, so that the file system itself writes nothing meanwhile.
        try loop.run("mountpoint -q a || mount -o ro,noload $D a")
        // The fifo is named from where the shell is.
        let there = loop.scratch.path
        let process = try loop.run(
          """
          rm -f ready; mkfifo ready
          bash -c '\(commands); echo > \(there)/ready; exec tail -f /dev/null' >/dev/null 2>&1 &
          echo $!
          timeout 20 cat ready >/dev/null; umount --lazy a
          """
        ).filter(\.isNumber)
        defer { _ = try? loop.run("kill \(process)") }
        let objections = try loop.objections()
        #expect(objections.map(\.rule) == ["R13", "R13"])
        let text = objections.last?.text ?? ""
        #expect(text.contains("process \(process) (tail) uses \(use) on \(loop.name)"), "\(text)")
        try loop.end(process)
      }
    }

    @Test("R14: an external journal, which no mount option shows")
    func externalJournal() throws {
      let journal = try LoopDevice(byteCount: 16 * mebibyte)
      let data = try LoopDevice(byteCount: 16 * mebibyte)
      try data.run(
        """
        mkfs.ext4 $whole -b 4096 -O journal_dev \(journal.path)
        mkfs.ext4 $whole -b 4096 -J device=\(journal.path) $D; mkdir a; mount -o ro $D a
        """)
      defer { _ = try? data.run("umount a") }
      let objections = try journal.objections()
      #expect(objections.map(\.rule) == ["R14"] && objections.map(\.id) == [.held])
      #expect(
        objections.map(\.text) == ["\(journal.name) is the external journal of a mounted ext4 file system"])
    }

    @Test("R14: a layer of an overlay, also where its own mount is gone")
    func overlay() throws {
      let loop = try LoopDevice(byteCount: 8 * mebibyte)
      try loop.run(
        """
        mkfs.ext4 $whole $D; mkdir a b c d; mount $D a; mkdir a/low; umount a
        mount -o ro,noload $D a
        mount -t overlay -o lowerdir=$PWD/a/low:$PWD/b overlay d
        """)
      defer { _ = try? loop.run("umount d") }
      let point = loop.scratch.path + "/d"
      let layered = try loop.objections()
      #expect(layered.map(\.rule) == ["R11", "R14"])
      try loop.run("umount a")
      let detached = try loop.objections()
      #expect(detached.map(\.rule) == ["R13"])
      #expect(detached.first?.text.hasSuffix("perhaps below the overlay at \(point)") == true)
    }
  }
}
