import BlockIO
import DeviceProbe
import Testing

@testable import DeviceSafety

@Suite("Rules for what a disk is used for")
struct UseRuleTests {
  private let crypt = DeviceNumber(major: 253, minor: 0)
  private let root = DeviceNumber(major: 253, minor: 1)

  /// LVM on LUKS on the second partition, the root file system on top.
  private func encryptedSystem() -> DeviceSnapshot {
    Machine.idle().with {
      $0.devices.append(
        Machine.mapped(0, name: "cryptroot", uuid: "CRYPT-LUKS2-1f-cryptroot", on: [Machine.secondPartition]))
      $0.devices.append(Machine.mapped(1, name: "vg0-root", uuid: "LVM-abc", on: [crypt]))
      $0.mounts.append(Machine.mount(root, "/"))
    }
  }

  @Test("R11: a mounted partition refuses the disk", arguments: [Machine.stick, Machine.firstPartition])
  func mounted(device: DeviceNumber) throws {
    let assessment = try assess(Machine.idle().with { $0.mounts.append(Machine.mount(device, "/mnt")) })
    let objection = try #require(assessment.all(.mounted, "R11").first)
    let name = device == Machine.stick ? "sdb" : "sdb1"
    #expect(objection.chain == [name, "mounted at /mnt"])
    #expect(objection.text == "\(name) is mounted at /mnt")
    #expect(assessment.safetyClass == .x)
  }

  @Test("R11: every mount point is named")
  func mountedTwice() throws {
    let assessment = try assess(
      Machine.idle().with {
        $0.mounts = [
          Machine.mount(Machine.firstPartition, "/a"), Machine.mount(Machine.firstPartition, "/b"),
        ]
      })
    #expect(assessment.objections.map(\.chain.last) == ["mounted at /a", "mounted at /b"])
  }

  @Test("R12: a mount in another namespace refuses the disk and names the process")
  func mountedElsewhere() throws {
    let process = ProcessName(id: 77, command: "conmon")
    let assessment = try assess(
      Machine.idle().with {
        $0.mounts = (0..<5).map {
          Machine.mount(Machine.firstPartition, "/data\($0)", process: process)
        }
      })
    let objection = try #require(assessment.all(.mounted, "R12").first)
    #expect(objection.text == "sdb1 is mounted at /data0 for process 77 (conmon)")
    #expect(assessment.objections.count == 1)
    #expect(assessment.safetyClass == .x)
  }

  @Test("R14: active swap refuses the disk")
  func swap() throws {
    let assessment = try assess(
      Machine.idle().with {
        $0.swaps = [SwapArea(path: "/dev/sdb2", device: Machine.secondPartition, isFile: false)]
      })
    #expect(assessment.all(.swap, "R14").map(\.text) == ["sdb2 is active swap"])
  }

  @Test("R14: a swap file on the disk refuses it")
  func swapFile() throws {
    let assessment = try assess(
      Machine.idle().with {
        $0.swaps = [SwapArea(path: "/mnt/swap", device: Machine.firstPartition, isFile: true)]
      })
    #expect(assessment.all(.swap, "R14").map(\.text) == ["sdb1 holds the active swap file /mnt/swap"])
  }

  @Test("R14: the chain leads from LUKS and LVM down to the mount point")
  func luksAndLVM() throws {
    let assessment = try assess(encryptedSystem())
    let objection = try #require(assessment.all(.held, "R14").first)
    #expect(
      objection.chain == ["sdb2", "LUKS container dm-0 (cryptroot)", "LVM dm-1 (vg0-root)", "mounted at /"])
    #expect(
      objection.text
        == "sdb2 is a LUKS container, opened as dm-0, LVM physical volume of vg0, whose root is mounted at /")
    #expect(assessment.objections.count == 1)
    #expect(assessment.safetyClass == .x)
  }

  @Test("R14: holders count whether the kernel lists them as holders or as slaves")
  func holdersOnly() throws {
    let holder = DeviceNumber(major: 9, minor: 0)
    let assessment = try assess(
      Machine.idle().with {
        $0.devices[2].holders = [holder]
        $0.devices.append(Machine.virtual("md0", holder, .md(level: "raid1", state: "inactive")))
      })
    #expect(
      assessment.all(.held, "R14").map(\.text) == ["sdb2 is a member of the array md0 (raid1, inactive)"])
    // Even one that the snapshot does not have.
    let unknown = try assess(Machine.idle().with { $0.devices[2].holders = [holder] })
    #expect(unknown.all(.held, "R14").map(\.text) == ["sdb2 is held by 9:0"])
  }

  @Test(
    "R14: each kind of holder is called by its name",
    arguments: [
      ("LVM-x", "my--vg-data--1", "sdb2 is an LVM physical volume of my-vg", "LVM dm-0 (my-vg-data-1)"),
      ("CRYPT-LUKS1-x", "c", "sdb2 is a LUKS container, opened as dm-0", "LUKS container dm-0 (c)"),
      ("CRYPT-PLAIN-c", "c", "sdb2 is an encrypted volume, opened as dm-0", "encrypted volume dm-0 (c)"),
      ("CRYPT-VERITY-x", "c", "sdb2 is a verity volume, opened as dm-0", "verity volume dm-0 (c)"),
      ("CRYPT-INTEGRITY-x", "c", "sdb2 is an integrity volume, opened as dm-0", "integrity volume dm-0 (c)"),
      ("mpath-x", "m", "sdb2 is a path of the multipath device dm-0", "multipath dm-0 (m)"),
      ("", "d", "sdb2 is part of the device-mapper volume dm-0 (d)", "device-mapper dm-0 (d)"),
    ])
  func holderNames(uuid: String, name: String, text: String, label: String) throws {
    let assessment = try assess(
      Machine.idle().with {
        $0.devices.append(Machine.mapped(0, name: name, uuid: uuid, on: [Machine.secondPartition]))
      })
    let objection = try #require(assessment.all(.held, "R14").first)
    #expect(objection.text == text)
    #expect(objection.chain == ["sdb2", label])
  }

  @Test(
    "R14: bcache, ZFS volumes, DRBD and whatever else the kernel lists as a holder",
    arguments: [
      ("bcache", "is a backing device of bcache0"), ("zd", "is held by zd0"),
      ("drbd", "is a backing device of drbd0"), ("zram", "is a backing device of zram0"),
    ])
  func otherHolders(driver: String, use: String) throws {
    let assessment = try assess(
      Machine.idle().with {
        $0.devices.append(
          Machine.virtual(
            "\(driver)0", DeviceNumber(major: 252, minor: 0), .other(driver), [Machine.firstPartition]))
      })
    #expect(assessment.all(.held, "R14").map(\.text) == ["sdb1 \(use)"])
    #expect(assessment.safetyClass == .x)
  }

  @Test("R14: every member of a btrfs file system is in use, also one that no mount names")
  func btrfsMember() throws {
    let other = Machine.disk("sdc", DeviceNumber(major: 8, minor: 32))
    let assessment = try assess(
      Machine.idle().with {
        $0.devices.append(other)
        $0.btrfsVolumes = [BtrfsVolume(uuid: "11-22", members: [other.number, Machine.firstPartition])]
        var mount = Machine.mount(DeviceNumber(major: 0, minor: 40), "/pool")
        mount.fileSystem = "btrfs"
        mount.source = "/dev/sdc"
        $0.mounts.append(mount)
      })
    let objection = try #require(assessment.all(.btrfsMember, "R14").first)
    #expect(objection.text == "sdb1 is a member of the btrfs file system mounted at /pool")
    #expect(assessment.safetyClass == .x)
  }

  @Test(
    "R15: a loop device over the disk or a partition refuses it, with what is mounted from there",
    arguments: [
      Machine.stick, Machine.firstPartition,
    ])
  func loopAttached(device: DeviceNumber) throws {
    let loop = DeviceNumber(major: 7, minor: 0)
    let attached = Machine.idle().with {
      $0.devices.append(
        Machine.virtual(
          "loop0", loop, .loop(path: "/dev/sdb", fileSystem: DeviceNumber(major: 0, minor: 5), node: device),
          transport: .loop))
    }
    let name = device == Machine.stick ? "sdb" : "sdb1"
    #expect(
      try assess(attached).all(.loopAttached, "R15").map(\.text) == [
        "\(name) is read by the loop device loop0"
      ])
    let mounted = attached.with { $0.mounts.append(Machine.mount(loop, "/mnt")) }
    #expect(
      try assess(mounted).all(.loopAttached, "R15").map(\.chain)
        == [[name, "loop device loop0", "mounted at /mnt"]])
  }

  @Test("R15: a loop device over a file on the disk refuses it")
  func loopOnFile() throws {
    let assessment = try assess(
      Machine.idle().with {
        $0.devices.append(
          Machine.virtual(
            "loop0", DeviceNumber(major: 7, minor: 0),
            .loop(path: "/disk.img", fileSystem: Machine.firstPartition, node: nil), transport: .loop))
      })
    #expect(
      assessment.all(.loopAttached, "R15").map(\.text)
        == ["sdb1 holds /disk.img, read by the loop device loop0"])
  }

  @Test(
    "R20: what the system or this run lives on is refused",
    arguments: [
      (Anchor.Purpose.systemDirectory, Objection.ID.systemDisk), (.executable, .systemDisk),
      (.workingDirectory, .systemDisk), (.output, .systemDisk), (.image, .holdsImage),
    ])
  func anchors(purpose: Anchor.Purpose, id: Objection.ID) throws {
    let direct = Machine.idle().with {
      $0.anchors = [Anchor(purpose: purpose, path: "/x", devices: [Machine.firstPartition])]
    }
    #expect(try assess(direct).all(id, "R20").map(\.chain) == [["sdb1", "holds /x"]])
    // Through the whole stack.
    let stacked = encryptedSystem().with {
      $0.mounts = []
      $0.anchors = [Anchor(purpose: purpose, path: "/x", devices: [root])]
    }
    #expect(
      try assess(stacked).all(id, "R20").map(\.chain) == [
        ["sdb2", "LUKS container dm-0 (cryptroot)", "LVM dm-1 (vg0-root)", "holds /x"]
      ])
  }

  @Test("R20: a loop device over the image itself is refused")
  func loopOverImage() throws {
    let assessment = try assess(
      Machine.idle().withStick {
        $0.transport = .loop
        $0.virtual = .loop(path: "/home/me/a.iso", fileSystem: DeviceNumber(major: 254, minor: 1), node: nil)
      }.with {
        $0.anchors = [Anchor(purpose: .image, path: "/home/me/a.iso", devices: [])]
      }, SafetyRequest(allowsLoop: true))
    #expect(assessment.all(.holdsImage, "R20").count == 1)
  }

  @Test("devices that hold each other in a circle end the walk")
  func circle() throws {
    let assessment = try assess(
      encryptedSystem().with {
        for index in $0.devices.indices where $0.devices[index].number == root {
          $0.devices[index].holders = [crypt, Machine.secondPartition, root]
        }
      })
    #expect(assessment.ids == [.held])
  }

  @Test("a loop device in a loop device in a partition of a loop device is followed to its mount")
  func deepStack() throws {
    let outer = Machine.virtual(
      "loop0", DeviceNumber(major: 7, minor: 0),
      .loop(path: "/a", fileSystem: Machine.firstPartition, node: nil), transport: .loop)
    let inside = Machine.partition(1, DeviceNumber(major: 259, minor: 0), of: outer)
    let inner = Machine.virtual(
      "loop1", DeviceNumber(major: 7, minor: 1),
      .loop(path: "/mnt/b", fileSystem: inside.number, node: nil), transport: .loop)
    let assessment = try assess(
      Machine.idle().with {
        $0.devices += [outer, inside, inner]
        $0.mounts = [Machine.mount(inside.number, "/mnt"), Machine.mount(inner.number, "/deep")]
      })
    let chains = assessment.all(.loopAttached, "R15").map(\.chain)
    #expect(
      chains.contains([
        "sdb1", "loop device loop0", "partition loop01", "loop device loop1", "mounted at /deep",
      ]))
    #expect(chains.contains(["sdb1", "loop device loop0", "partition loop01", "mounted at /mnt"]))
    #expect(chains.count == 2)
  }
}
