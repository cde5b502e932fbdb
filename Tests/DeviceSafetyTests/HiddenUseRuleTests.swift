import BlockIO
import DeviceProbe
import Testing

@testable import DeviceSafety

@Suite("Rules for uses of every other kind")
struct HiddenUseRuleTests {
  private func objection(
    _ kind: HiddenUse.Kind, owner: String, _ change: (inout DeviceSnapshot) -> Void = { _ in }
  ) throws -> Objection {
    let assessment = try assess(
      Machine.idle().with {
        $0.hiddenUses.append(HiddenUse(kind, of: Machine.firstPartition, owner: owner))
        change(&$0)
      })
    #expect(assessment.objections.count == 1 && assessment.safetyClass == .x)
    return try #require(assessment.objections.first)
  }

  @Test(
    "R14: each says what it is, as a sentence and as a chain",
    arguments: [
      (
        HiddenUse.Kind.member, "bcachefs 77", "is a member of the mounted file system bcachefs 77",
        "bcachefs 77"
      ),
      (.journal, "ext4", "is the external journal of a mounted ext4 file system", "journal of ext4"),
      (
        .auxiliary, "/data", "is a log or data device of the file system mounted at /data",
        "part of the file system at /data"
      ),
      (.layer, "/merged", "holds a layer of the overlay mounted at /merged", "overlay at /merged"),
      (.cache, "11", "is in use by bcache (11)", "bcache 11"),
      (.multipathPath, "", "is one path of a multipath disk", "multipath"),
    ])
  func words(kind: HiddenUse.Kind, owner: String, clause: String, step: String) throws {
    let objection = try objection(kind, owner: owner)
    #expect(objection.id == .held && objection.rule == "R14")
    #expect(objection.text == "sdb1 \(clause)" && objection.chain == ["sdb1", step])
  }

  @Test("R14: what the kernel serves to other machines")
  func exported() throws {
    let objection = try objection(.exported, owner: "the LIO target fileio_0/x")
    #expect(objection.id == .exported && objection.rule == "R14")
    #expect(objection.text == "sdb1 is served to other machines by the LIO target fileio_0/x")
  }

  @Test("R13: a file system that lives without a mount, and the overlays that it may lie below")
  func living() throws {
    let plain = try objection(.fileSystem, owner: "ext4")
    #expect(plain.id == .busy && plain.rule == "R13")
    #expect(plain.text == "sdb1 carries an ext4 file system in use that no mount table shows")
    let hinted = try objection(.fileSystem, owner: "ext4") { snapshot in
      var mount = Machine.mount(DeviceNumber(major: 0, minor: 50), "/merged")
      mount.fileSystem = "overlay"
      snapshot.mounts.append(mount)
    }
    #expect(hinted.text.hasSuffix(", perhaps below the overlay at /merged"))
  }

  @Test("R14: through what is built on the disk, and a hundred overlays as one")
  func stacked() throws {
    let holder = DeviceNumber(major: 253, minor: 0)
    let assessment = try assess(
      Machine.idle().with {
        $0.devices.append(
          Machine.mapped(0, name: "vg-log", uuid: "LVM-x", on: [Machine.secondPartition]))
        $0.hiddenUses.append(HiddenUse(.auxiliary, of: holder, owner: "/data"))
        $0.hiddenUses += (0..<100).map { HiddenUse(.layer, of: Machine.firstPartition, owner: "/m\($0)") }
      })
    #expect(assessment.objections.map(\.rule) == ["R14", "R14"])
    #expect(
      assessment.objections.map(\.text) == [
        "sdb2 is an LVM physical volume of vg, whose log is a log or data device of the file system mounted at /data",
        "sdb1 holds a layer of the overlay mounted at /m0",
      ])
  }

  @Test("R14: a disk that is busy and has the label of an imported pool")
  func zfs() throws {
    var disk = Machine.disk()
    var contents = Contents(table: .gpt)
    var entry = Contents.Partition(number: 1, start: 1 << 20, byteCount: 1 << 30, type: "zfs")
    (entry.fileSystem, entry.label) = ("zfs_member", "tank")
    contents.partitions = [entry]
    disk.contents = contents
    let imported = BusyExplanation.objections(
      to: disk, in: DeviceSnapshot(zfsPools: ["tank"]), OpenerReport())
    #expect(
      imported.map(\.rule) == ["R14"] && imported.first?.text.hasSuffix("imported ZFS pool tank") == true)
    let other = BusyExplanation.objections(to: disk, in: DeviceSnapshot(zfsPools: ["other"]), OpenerReport())
    #expect(other.map(\.rule) == ["R27"])
  }

  @Test("R13: three of those who use it are named, and what could not be seen is said")
  func openers() {
    let openers = (1...5).map {
      Opener(ProcessName(id: $0, command: "c"), device: Machine.stick, .file("/f"))
    }
    let named = BusyExplanation.objections(to: Machine.disk(), in: Machine.idle(), OpenerReport(openers))
    #expect(named.map(\.rule) == ["R13", "R13", "R13"])
    #expect(named.first?.text == "the kernel says that sdb is in use: process 1 (c) uses /f on sdb")
    let unseen = BusyExplanation.objections(
      to: Machine.disk(), in: Machine.idle(), OpenerReport(unseenCount: 9))
    #expect(unseen.first?.text.hasSuffix("not by whom; 9 processes could not be looked into") == true)
  }
}
