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
        ("flip image 2999999", 3, "plan-image-differs"),
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

    /// Changes a plan by a line of Python, in which it is `plan`, `other` is a plan for a second disk, and `sum` the
    /// SHA-256 of another image.
    private static let forger = """
      import json, sys, hashlib
      plan, other = json.load(open("plan.reviewed")), json.load(open("plan.other"))
      sum = hashlib.sha256(open("evil", "rb").read()).hexdigest()
      exec(sys.argv[1])
      json.dump(plan, open("plan", "w"))
      """

    @Test("R51: a forged plan gets nothing written, neither to the disk that was reviewed nor to another")
    func forged() throws {
      let (device, second) = (try bench(), try LoopDevice(byteCount: 8 * mebibyte))
      try device.scratch.write(Array(Self.forger.utf8), to: "forger.py")
      try device.run(
        """
        mv plan plan.reviewed
        head -c 3000001 /dev/zero | tr '\\0' '\\132' >evil
        mkfs.ext4 -q -F -U 11111111-2222-3333-4444-555555555555 \(second.path)
        $(dirname $(readlink /proc/$PPID/exe))/burin plan image \(second.path) --allow-loop -o plan.other
        # In use by now, which a plan of before does not know.
        mkdir -p mnt
        mount -o ro,noload \(second.path) mnt
        sync
        """)
      defer { _ = try? device.run("umount mnt") }
      let writes = [try device.writeCount(), try second.writeCount()]
      for forgery in [
        // Another disk under the name of the reviewed one, and the reviewed one under that of another.
        #"plan["target"] = other["target"]"#, #"plan = other"#,
        #"plan["target"]["id"] = other["target"]["id"]"#,
        #"plan["target"]["path"] = other["target"]["path"]; plan["target"]["name"] = other["target"]["name"]"#,
        #"plan["target"]["diskseq"] = other["target"]["diskseq"]"#, #"plan["target"]["serial"] = "forged""#,
        #"plan["target"]["wwn"] = "forged""#, #"plan["target"]["bytes"] += 512"#,
        #"plan["target"]["id"] = plan["target"]["path"]"#, #"plan["target"]["id"] = "/dev/disk/by-id/x""#,
        // What the rules are made to have said.
        #"plan["class"] = "B""#, #"plan["objections"] = [{"id": "large"}]"#,
        #"plan["rules"][0]["passed"] = not plan["rules"][0]["passed"]"#, #"plan["rules"] = []"#,
        #"plan["options"]["lifted"] = ["large", "internal", "encrypted", "operatingSystem"]"#,
        #"plan["options"]["lifted"] = ["mounted"]"#, #"plan["options"]["allowLoop"] = False"#,
        #"plan["options"]["allowDamaged"] = True"#, #"plan["options"]["allowPacked"] = True"#,
        #"plan["options"]["force"] = True"#, #"plan["contents"] = None"#,
        // Another image, other bytes, other places.
        #"plan["image"]["sha256"] = sum"#, #"plan["image"]["path"] = plan["image"]["path"][:-5] + "evil""#,
        #"plan["image"]["bytes"] -= 1"#, #"plan["plan"]["erased"][0][1] += 512"#,
        #"plan["plan"]["capacity"] *= 2"#, #"plan["steps"] = plan["steps"][1:]"#, #"plan["proves"] = []"#,
        // Another kind of document.
        #"plan["schema"] = 2"#, #"plan["schema"] = "1""#, #"plan["kind"] = "plan""#,
        #"plan["burin"] += ".1""#,
        #"plan["more"] = None"#, #"del plan["rules"]"#, #"plan = [plan]"#,
      ] {
        try device.run("python3 forger.py '\(forgery)'")
        let result = try apply(device)
        #expect(["2", "3", "7"].contains { result.hasSuffix("exit \($0)\n") }, "\(forgery): \(result)")
        #expect([try device.writeCount(), try second.writeCount()] == writes, "\(forgery)")
      }
      try device.run("cp plan.reviewed plan")
      #expect(try apply(device).hasSuffix("exit 0\n"), "it was the forgeries that were refused")
    }
  }
}
