import BlockIO
import DeviceProbe
import DeviceSafety
import SystemPackage
import TestSupport
import Testing

extension LoopDeviceTests {
  /// The gate reads what is on the disk that it holds, and judges by it.
  @Suite("R25: the gate sees the contents")
  struct GateEvidenceTests {
    @Test("R25: a system in a partition is refused without its option, and shown with it")
    func system() throws {
      let loop = try LoopDevice(byteCount: 64 * mebibyte)
      try loop.partition()
      try loop.run("mkdir -p tree/etc tree/usr; touch tree/etc/os-release; mkfs.ext4 -q -d tree ${D}p1; sync")
      let objections = try loop.objections()
      #expect(objections.map(\.id) == [.operatingSystem])
      #expect(objections.first?.text.contains("Linux") == true)
      #expect(try loop.partitionNodes() == "12", "a refusal leaves the partitions")
      let request = SafetyRequest(lifting: [.operatingSystem], allowsLoop: true)
      let pending = try LoopDevice.gate().open(.path(loop.path), request)
      #expect(pending.contents?.partitions.first?.fileSystem == "ext4")
      #expect(pending.contents?.partitions.first?.evidence?.marks == [.linux])
      #expect(pending.contents?.partitions.last?.evidence?.state == .blank)
      // What was read holds for the approval too, although the second look at the machine has no contents.
      let id = pending.identity.id
      _ = try pending.approve(confirming: .typed(id: id))
    }

    @Test(
      "R25: noise from the first byte on looks encrypted; a pattern and what burin leaves when cut off do not"
    )
    func noise() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.run("openssl rand 16777216 >$D; sync")
      #expect(try loop.objections().map(\.id) == [.encrypted])
      try loop.run(
        "dd if=/dev/zero of=$D bs=1M count=1 status=none; dd if=/dev/zero of=$D bs=1M seek=15 count=1 status=none; sync"
      )
      #expect(try loop.open().contents?.evidence == ContentEvidence(.unknown))
      try loop.run("head -c 16777216 /dev/zero | tr '\\0' '\\245' >$D; sync")
      #expect(try loop.open().contents?.evidence == ContentEvidence(.unknown))
      try loop.run("head -c 16777216 /dev/zero >$D; sync")
      #expect(try loop.open().contents?.evidence == ContentEvidence(.blank))
    }

    @Test("R25: contents that cannot be read are unknown, and contents are read only while the disk is held")
    func unreadable() throws {
      let loop = try LoopDevice(byteCount: 4 * mebibyte)
      let gate = TargetGate(
        lockAttempts: 2, snapshot: { DeviceProbe.snapshot() },
        contents: ContentsReader(named: \.contents) { disk, _ in
          // Somebody else's exclusive open fails while ours is there.
          #expect(throws: SystemCallError.self) {
            _ = try OwnedDescriptor(opening: FilePath(disk.path), [.exclusive])
          }
          return nil
        })
      do throws(GateError) {
        _ = try gate.open(.path(loop.path), LoopDevice.request)
        Issue.record("opened")
      } catch {
        guard case .refused(let assessment) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(assessment.objections.map(\.id) == [.unknownContent])
      }
    }
  }
}
