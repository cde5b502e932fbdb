import TestSupport
import Testing

extension LoopDeviceTests {
  /// The program itself, and a device that is detached and attached while it waits.
  @Suite("burin write --verify=replug")
  struct ReplugTests {
    /// Writes a device by a plan that asks for it, and replugs it.
    /// - Parameter change: what happens to the medium while it is unplugged.
    private func write(_ device: LoopDevice, whileAway change: String) throws -> String {
      try device.run(
        """
        burin=$(dirname $(readlink /proc/$PPID/exe))/burin
        head -c 3000001 /dev/zero | tr '\\0' '\\245' >image
        $burin plan image $D --allow-loop --verify=replug -o plan >/dev/null
        $burin apply plan --json >told 2>errors &
        writer=$!
        until grep -q '"state":"unplug"' told || ! kill -0 $writer; do :; done
        losetup --detach $D
        until grep -q '"state":"plug-in"' told || ! kill -0 $writer; do :; done
        \(change)
        losetup $D medium
        wait $writer && echo exit 0 || echo exit $?
        cat told errors
        """)
    }

    @Test(
      "R2, R31, R41: what comes back under another ID is read past every cache, and nothing is written to it")
    func equal() throws {
      let device = try LoopDevice(byteCount: 8 * mebibyte)
      let result = try write(device, whileAway: "sha256sum medium >sum")
      #expect(result.contains("\nexit 0\n"), "\(result)")
      #expect(result.contains(#""replug":{"state":"equal","found":{"id":"loop-"#), "\(result)")
      #expect(result.contains(#""level":"replug""#))
      try device.run("sha256sum --check sum; cmp -n $(stat -c %s image) image medium")
    }

    @Test("R42, R44: what was lost meanwhile is found, and there is no success")
    func lost() throws {
      let device = try LoopDevice(byteCount: 8 * mebibyte)
      let result = try write(
        device, whileAway: "head -c 4096 /dev/zero | dd of=medium bs=4096 seek=300 conv=notrunc status=none")
      #expect(result.contains("\nexit 1\n"), "\(result)")
      #expect(result.contains("[medium-differs]") && result.contains(#""proven":null"#), "\(result)")
      #expect(result.contains("first") && result.contains("1228800"), "\(result)")
    }
  }
}
