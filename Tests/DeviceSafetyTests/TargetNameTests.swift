import BlockIO
import DeviceProbe
import Testing

@testable import DeviceSafety

/// What a gate does with an argument on a machine made of values.
func refusal(of argument: TargetArgument, in snapshot: DeviceSnapshot = Machine.idle()) -> GateError? {
  do throws(GateError) {
    _ = try ResolvedTarget(argument, in: snapshot)
    return nil
  } catch { return error }
}

@Suite("How targets are named")
struct TargetNameTests {
  private static let changes: [@Sendable (inout BlockDevice) -> Void] = [
    { $0.transport = .sd }, { $0.identity.serial = "4C5301" }, { $0.identity.serial = nil },
    { $0.identity.serial = "" }, { $0.identity.wwn = "4C5300" }, { $0.identity.wwn = "" },
    {
      // The same text in another field.
      $0.identity.serial = nil
      $0.identity.wwn = "4C5300"
    },
    { $0.byteCount = 16_000_000_512 }, { $0.byteCount = nil }, { $0.diskSequence = 10 },
    { $0.diskSequence = nil },
    {
      $0.diskSequence = nil
      $0.sysfsPath += "-elsewhere"
    },
    {
      $0.diskSequence = nil
      $0.udev = UdevNotes(initialized: "12345")
    },
  ]

  @Test("R28: what an argument names is told before anything is opened, and a partition is not its disk")
  func matcher() throws {
    let machine = Machine.idle()
    let disk = try #require(machine[Machine.stick])
    func named(by argument: TargetArgument) -> [DeviceNumber] {
      let isNamed = argument.matcher()
      return machine.devices.filter(isNamed).map(\.number)
    }
    #expect(named(by: .id(TargetID(of: disk))) == [disk.number])
    let others = [TargetArgument.path("/missing"), .path("/dev/null"), .virtualStick(path: disk.path)]
    for argument in others { #expect(named(by: argument) == []) }
  }

  @Test("R2: the ID is another one for another medium, size, serial number or way of attachment")
  func changedFields() {
    var ids = [TargetID(of: Machine.disk())]
    for change in Self.changes {
      var disk = Machine.disk()
      change(&disk)
      ids.append(TargetID(of: disk))
    }
    #expect(Set(ids).count == ids.count)
    #expect(TargetID(of: Machine.disk()) == ids[0])
  }

  @Test("R2: the kernel's name and numbers are not in the ID, which the next plug-in would reuse")
  func unchangedFields() {
    let other = Machine.disk("sdz", DeviceNumber(major: 65, minor: 0))
    #expect(TargetID(of: other) == TargetID(of: Machine.disk()))
    // Where the kernel numbers the media itself, what udevd adds a moment later changes nothing.
    var noted = Machine.disk()
    noted.udev = UdevNotes(initialized: "12345", tableUUID: "0badcafe")
    #expect(TargetID(of: noted) == TargetID(of: Machine.disk()))
  }

  @Test("R2: the ID of the medium before names nothing, and says so")
  func staleID() throws {
    let old = TargetID(of: Machine.disk())
    #expect(refusal(of: .id(old)) == nil)
    let replugged = Machine.idle().withStick { $0.diskSequence = 10 }
    #expect(refusal(of: .id(old), in: replugged) == .unknownID(old.description))
    #expect(refusal(of: .id(old), in: DeviceSnapshot()) == .unknownID(old.description))
  }

  @Test("R9: an ID that two disks share names neither")
  func sharedID() {
    let snapshot = Machine.idle().with {
      $0.devices.append(Machine.disk("sdc", DeviceNumber(major: 8, minor: 32)))
    }
    let id = TargetID(of: Machine.disk())
    #expect(
      refusal(of: .id(id), in: snapshot) == .ambiguousID(id.description, paths: ["/dev/sdb", "/dev/sdc"]))
  }

  @Test("an ID that is shown can be read again", arguments: Transport.allCases)
  func roundTrip(transport: Transport) {
    let id = TargetID(of: Machine.disk(transport: transport))
    #expect(TargetID(parsing: id.description) == id)
    #expect(TargetArgument(parsing: id.description) == .id(id))
  }

  @Test(
    "what only resembles an ID is a path",
    arguments: [
      "", " ", "-", "usb", "usb-", "-k7f2m9qd", "usb-k7f2m9q", "usb-k7f2m9qdd", "USB-k7f2m9qd",
      "usb-K7F2M9QD", "usb--k7f2m9q", "usb-k7f2-m9qd", " usb-k7f2m9qd", "usb-k7f2m9qd ", "usb-k7f2m9qd\n",
      "usb-k7f2m9qi", "usb-k7f2m9ql", "usb-k7f2m9qo", "usb-k7f2m9qu", "usb-k7f2m9q\u{e9}",
      "usb-k7f2m9qd\u{301}", "usb\u{2011}k7f2m9qd", "hdd-k7f2m9qd", "usb-k7f2m9qd\0", "./usb-k7f2m9qd",
      "usb-k7f2m9qd/", "FILE:/a", "File:/a", " file:/a", "file", "/dev/sdb", "usb-\u{200b}7f2m9qd",
    ])
  func notAnID(text: String) {
    #expect(TargetID(parsing: text) == nil)
    #expect(TargetArgument(parsing: text) == .path(text))
  }

  @Test("file: and nothing else makes a virtual stick, of all that follows")
  func virtualSticks() {
    for path in ["", "/a b", "usb-k7f2m9qd", "file:/a", "../x", "/dev/sdb", "\u{1b}[2J"] {
      #expect(TargetArgument(parsing: "file:" + path) == .virtualStick(path: path))
    }
  }
}
