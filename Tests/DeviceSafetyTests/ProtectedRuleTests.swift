import DeviceProbe
import Testing

@testable import DeviceSafety

@Suite("Protected disks")
struct ProtectedRuleTests {
  private static let guid = "1F9C6E10-2F9C-4C0B-9AD4-1A1B1C1D1E1F"

  private func objections(
    _ kind: Protection.Kind, _ value: String, in machine: DeviceSnapshot
  ) throws -> [Objection] {
    let machine = machine.with {
      $0.protections = [Protection(kind, value, note: "mine", file: "f", line: 7)]
    }
    let disk = try #require(machine[Machine.stick])
    return SafetyPolicy.assess(disk, in: machine).objections
  }

  /// The stick with a GPT and two file systems, as libblkid sees it.
  private var probed: DeviceSnapshot {
    Machine.idle().withStick { disk in
      disk.identity.wwn = "0x5000C500A1B2C3D4"
      var entry = Contents.Partition(number: 2, start: 2 << 20, byteCount: 1 << 20, type: "x")
      entry.uuid = "1234-ABCD"
      var contents = Contents(table: .gpt, partitions: [entry])
      contents.tableUUID = Self.guid.lowercased()
      contents.uuid = "whole"
      disk.contents = contents
    }
  }

  /// The same as udevd has noted it.
  private var noted: DeviceSnapshot {
    Machine.idle().with { machine in
      for index in machine.devices.indices { machine.devices[index].udev = UdevNotes(initialized: "1") }
      machine.devices[0].udev?.tableUUID = Self.guid
      machine.devices[0].udev?.fileSystemUUID = "whole"
      machine.devices[0].identity.wwn = "naa.5000c500a1b2c3d4"
      machine.devices[2].udev?.fileSystemUUID = "1234-abcd"
    }
  }

  @Test(
    "whatever identifies a disk or a file system on it protects the whole disk, and no option lifts that",
    arguments: [
      (.serial, "4c5300"), (.wwn, "wwn-0x5000c500a1b2c3d4"), (.gpt, guid), (.uuid, "1234-abcd"),
      (.uuid, "WHOLE"),
    ]
      as [(Protection.Kind, String)])
  func matches(kind: Protection.Kind, value: String) throws {
    for machine in [probed, noted] {
      let found = try objections(kind, value, in: machine)
      #expect(found.map(\.id) == [.protected])
      #expect(found.first?.severity == .x && found.first?.liftingOption == nil)
      #expect(found.first?.text.contains("line 7 of f protects (mine)") == true)
    }
  }

  @Test("another value protects nothing, nor does a value of another kind")
  func others() throws {
    for machine in [probed, noted] {
      let pairs: [(Protection.Kind, String)] = [
        (.serial, "4C5301"), (.serial, "1234-ABCD"), (.uuid, Self.guid), (.gpt, "1234-abcd"),
      ]
      for (kind, value) in pairs { #expect(try objections(kind, value, in: machine).isEmpty) }
    }
  }

  @Test("R6: a protection by what is on a disk holds for one that cannot be looked into")
  func unknownContents() throws {
    #expect(try objections(.serial, "other", in: Machine.idle()).isEmpty)
    for kind in [Protection.Kind.gpt, .uuid] {
      #expect(try objections(kind, Self.guid, in: Machine.idle()).map(\.id) == [.unknownAttribute])
    }
    let unreadable = Machine.idle().withStick { $0.contents = .unreadable }
    #expect(try objections(.uuid, "other", in: unreadable).map(\.id) == [.unknownAttribute, .unknownContent])
    let ambivalent = probed.withStick { $0.contents?.isAmbivalent = true }
    #expect(try objections(.uuid, "other", in: ambivalent).map(\.id) == [.unknownAttribute])
    #expect(try objections(.gpt, Self.guid.replacing("1F9C", with: "0000"), in: ambivalent).isEmpty)
    // What udevd knows of the disk alone says nothing about the partition that was protected.
    let half = noted.with { $0.devices[2].udev = nil }
    #expect(try objections(.uuid, "other", in: half).map(\.id) == [.unknownAttribute])
  }

  @Test(
    "R6: a protection by file system holds where one partition cannot be looked into, unless udevd knows it")
  func unknownPartition() throws {
    let hidden = probed.withStick {
      $0.contents?.partitions[0].uuid = nil
      $0.contents?.partitions[0].evidence = ContentEvidence(.unreadable)
    }
    let found = try objections(.uuid, "1234-abcd", in: hidden)
    #expect(found.map(\.id) == [.unknownAttribute, .unknownContent])
    #expect(found.first?.severity == .x && found.first?.text.contains("partition 2 of") == true)
    #expect(try objections(.gpt, "other", in: hidden).map(\.id) == [.unknownContent])
    let known = hidden.with { machine in
      for index in machine.devices.indices where machine.devices[index].partition?.number == 2 {
        machine.devices[index].udev = UdevNotes(initialized: "1", fileSystemUUID: "1234-ABCD")
      }
    }
    #expect(try objections(.uuid, "other", in: known).map(\.id) == [.unknownContent])
    #expect(try objections(.uuid, "1234-abcd", in: known).map(\.id) == [.protected, .unknownContent])
  }

  @Test("R6: a broken line is an objection to every disk, and names file and line")
  func faults() throws {
    let machine = Machine.idle().with {
      $0.protectionFaults = [
        ProtectionFault(file: "/etc/burin/protect", line: 3, .kind("seriel")),
        ProtectionFault(file: "/etc/burin/protect.d", .unreadable("no")),
      ]
    }
    for disk in machine.devices where disk.isWholeDisk {
      let found = SafetyPolicy.assess(disk, in: machine).objections
      #expect(found.map(\.id) == [.protectListBroken, .protectListBroken])
      #expect(found.first?.text.contains("line 3 of /etc/burin/protect names the kind") == true)
    }
  }
}
