import TestSupport
import Testing

extension LoopDeviceTests {
  /// A plan for a real disk, carried out by the program itself.
  @Suite("burin apply")
  struct ApplyTests {
    /// A device with an old file system, an image and a plan for both.
    private func bench() throws -> LoopDevice {
      let device = try LoopDevice(byteCount: 8 * mebibyte)
      try device.run(
        """
        mkfs.ext4 -q -F -U 11111111-2222-3333-4444-555555555555 $D
        head -c 3000001 /dev/zero | tr '\\0' '\\245' >image
        $(dirname $(readlink /proc/$PPID/exe))/burin plan image $D --allow-loop -o plan
        """)
      return device
    }

    /// The status of an apply, and what it says.
    private func apply(_ device: LoopDevice) throws -> String {
      try device.run(
        "$(dirname $(readlink /proc/$PPID/exe))/burin apply plan 2>&1 && echo exit 0 || echo exit $?")
    }

    @Test("a plan that still holds is carried out; once it has been, it does no more")
    func success() throws {
      let device = try bench()
      #expect(try apply(device).hasSuffix("exit 0\n"))
      try device.run("cmp -n $(stat -c %s image) image medium")
      let again = try apply(device)
      #expect(again.contains("[plan-target-differs]") && again.hasSuffix("exit 2\n"))
      #expect(again.contains("contents.uuid"))
    }

    @Test(
      "R29: what differs is refused, and nothing is written",
      arguments: [
        ("printf x | dd of=image bs=1 seek=2999999 conv=notrunc status=none", 3, "plan-image-differs"),
        // R2: the same node, the same bytes, another plug-in.
        ("losetup --detach $D; losetup $D medium", 2, "plan-target-differs"),
        ("truncate --size=9M medium; losetup --set-capacity $D", 2, "plan-target-differs"),
        // Read-only, because a file system writes at times of its own.
        ("mkdir -p mnt; mount -o ro,noload $D mnt", 2, "target-in-use"),
        ("tune2fs -f -U 21111111-2222-3333-4444-555555555555 $D", 2, "plan-target-differs"),
        ("tune2fs -f -L other $D", 2, "plan-target-differs"),
        ("wipefs --quiet --all $D", 2, "plan-target-differs"),
      ] as [(String, Int, String)])
    func differences(change: String, status: Int, id: String) throws {
      let device = try bench()
      try device.run("\(change); sync")
      let writes = try device.writeCount()
      let result = try apply(device)
      #expect(result.hasSuffix("exit \(status)\n") && result.contains("[\(id)]"), "\(result)")
      #expect(try device.writeCount() == writes)
    }
  }
}
