import DeviceProbe
import DeviceSafety
import SystemPackage
import TestSupport
import Testing

extension LoopDeviceTests {
  /// What is on a disk protects it through the real gate, though nobody asked for its contents.
  @Suite("A protected disk")
  struct GateProtectionTests {
    @Test(
      "is refused by the UUID of a file system and by the GUID of its table; another is not",
      arguments: ["uuid", "gpt"], [false, true])
    func contents(kind: String, isSpared: Bool) throws {
      let device = try LoopDevice(byteCount: 8 * mebibyte)
      let make =
        kind == "gpt"
        ? "echo 'label: gpt' | sfdisk --quiet --no-reread $D" : "mkfs.ext4 -q -F $D"
      try device.run("\(make); sync")
      let tag = kind == "gpt" ? "PTUUID" : "UUID"
      let value = try device.run("blkid -p -s \(tag) -o value $D").filter { !$0.isWhitespace }
      let list = ProtectionFiles(folder: "/nonexistent", files: [FilePath("\(device.scratch.path)/list")])
      // R28: a write has the gate alone open the target, and what that finds decides.
      let gate = TargetGate(lockAttempts: 2) {
        DeviceProbe.snapshot(protections: list, sparing: { isSpared && $0.path == device.path })
      }
      func refused() -> GateError? {
        do throws(GateError) {
          _ = try gate.open(.path(device.path), LoopDevice.request)
          return nil
        } catch { return error }
      }
      try device.run("echo '\(kind)=\(value)' >list")
      let writes = try device.writeCount()
      guard case .refused(let assessment)? = refused() else {
        Issue.record("\(device.path) is not refused")
        return
      }
      #expect(assessment.objections.map(\.id) == [.protected])
      #expect(try device.writeCount() == writes)
      try device.run("echo '\(kind)=11111111-2222-3333-4444-555555555555' >list")
      #expect(refused() == nil)
      try device.run("echo 'broken' >>list")
      #expect(refused()?.rules == ["protect"])
    }
  }
}
