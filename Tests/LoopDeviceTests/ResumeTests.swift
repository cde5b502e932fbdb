import DeviceProbe
import DeviceSafety
import TestSupport
import Testing

@testable import UndoStore

extension LoopDeviceTests {
  /// A write to a disk without a serial number of its own, which is interrupted and plugged in anew.
  @Suite("burin resume")
  struct ResumeTests {
    /// A device whose write looks as if it had been killed, under a new ID.
    private func bench() throws -> LoopDevice {
      let device = try LoopDevice(byteCount: 8 * mebibyte)
      try device.scratch.write([UInt8].random(5 * mebibyte, seed: 0x10A), to: "image")
      let slot = ProgressSlot(sequence: 90, progress: UndoProgress(stage: .begun, upTo: 64 << 20))
      try device.scratch.write(slot.bytes, to: "slot")
      try device.run(
        """
        burin=$(dirname $(readlink /proc/$PPID/exe))/burin
        $burin plan image $D --allow-loop -o plan && $burin apply plan
        losetup --detach $D
        head -c 1048576 /dev/zero | dd of=medium conv=notrunc
        head -c 1048576 /dev/zero | dd of=medium bs=1048576 seek=4 conv=notrunc
        for note in state/*.run state/*.undo; do
          dd if=slot of=$note bs=4096 seek=\(slot.offset / 4096) conv=notrunc
        done
        losetup $D medium
        """)
      return device
    }

    /// How it ends, and what it says.
    private func resume(_ device: LoopDevice) throws -> String {
      let disk = try #require(DeviceProbe.snapshot().devices.first { $0.path == device.path })
      return try device.run(
        """
        burin=$(dirname $(readlink /proc/$PPID/exe))/burin
        $burin resume \(TargetID(of: disk)) --yes --allow-loop --allow-encrypted && echo exit 0 || echo exit $?
        """)
    }

    @Test("R8, R31: it is known again by what is on it, gone on with, and the report says how it was known")
    func knownAgain() throws {
      let device = try bench()
      let result = try resume(device)
      #expect(result.contains("exit 0\n"), "\(result)")
      #expect(result.contains("known again by what was on it"), "\(result)")
      try device.run("cmp -n $(stat -c %s image) image medium")
    }

    @Test(
      "R8, R31: one that only looks like it is refused, and nothing is written to it",
      arguments: [
        // Another one with a system, and one whose write has come to nothing of the image.
        "printf x | dd of=medium bs=1 seek=511 conv=notrunc",
        "head -c 3145728 /dev/urandom | dd of=medium bs=1048576 seek=1 conv=notrunc",
      ])
    func another(change: String) throws {
      let device = try bench()
      try device.run("losetup --detach $D; \(change); losetup $D medium; sha256sum medium >sum")
      let result = try resume(device)
      #expect(result.contains("[resume-nothing]") && result.contains("exit 7\n"), "\(result)")
      try device.run("sha256sum --check sum")
    }
  }
}
