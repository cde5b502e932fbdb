import DeviceProbe
import DeviceSafety
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// A folder with an image and a stick, and somebody who answers.
private struct Person {
  let directory: ScratchDirectory
  let world: FakeWorld

  init(_ snapshot: DeviceSnapshot = DeviceSnapshot(), answers: [String]) throws {
    directory = try ScratchDirectory()
    try directory.run(
      """
      mkdir downloads && head -c 1048576 /dev/zero >downloads/image
      printf '\\125\\252' | dd of=downloads/image bs=1 seek=510 conv=notrunc 2>/dev/null
      printf '\\200\\0\\0\\0\\203\\0\\0\\0\\100\\0\\0\\0\\0\\004\\0\\0' | dd of=downloads/image bs=1 seek=446 conv=notrunc 2>/dev/null
      yes old content | head -c 4194304 >stick && cp stick before
      """)
    let place = directory.path
    let lines = answers.map { PromptAnswer.line($0.replacing("HERE", with: place)) }
    var world = FakeWorld(snapshot, answers: lines)
    world.context.desk = Desk(
      style: ScreenStyle(hasColor: false, characters: .ascii), redraws: false, home: place,
      folders: [FilePath(place).appending("downloads")])
    self.world = world
  }

  var isUntouched: Bool { (try? directory.run("cmp stick before")) != nil }
}

@Suite("The interactive way line by line")
struct PlainGuideTests {
  @Test("R1: chooses nothing by itself: empty lines, unknown numbers and letters lead nowhere")
  func nothingByItself() async throws {
    let person = try Person(answers: ["", "", "9", "q"])
    #expect(await person.world.run() == 5)
    #expect(person.world.prompter.text.contains("1: image, 1.0 MB, disk image"))
    #expect(person.world.stderr.text.contains("cancelled, nothing was written [cancelled]"))
    let atSticks = try Person(Machines.workstation, answers: ["1", "y", "", "", "77", "q"])
    #expect(await atSticks.world.run("--plain") == 5)
    #expect(atSticks.world.stdout.text.contains("There is no stick 77."))
  }

  @Test("R1: the word is asked for by burin write, with what will be lost; another word cancels")
  func declined() async throws {
    let person = try Person(answers: ["~/downloads/image", "y", "file:HERE/stick", "yes"])
    #expect(await person.world.run() == 5)
    #expect(person.isUntouched)
    let asked = person.world.prompter.text
    #expect(asked.contains("Step 1 of 4") && asked.contains("Step 2 of 4") && asked.contains("Step 3 of 4"))
    #expect(asked.contains("This disk will be written, and everything on it destroyed:"))
    #expect(person.world.stdout.text.contains("Nothing is tried again by itself"))
  }

  @Test("goes back from an image that is refused, and from one that is not taken")
  func back() async throws {
    let person = try Person(answers: ["/nonexistent", "1", "b", "1", "q"])
    #expect(await person.world.run() == 5)
    #expect(person.world.stdout.text.contains("[image-not-found]"))
  }

  @Test("a terminal that is none prints the help, as ever")
  func help() async throws {
    let world = FakeWorld()
    #expect(await world.run() == 0)
    #expect(world.stdout.text.contains("SUBCOMMANDS:") && world.stdout.text.contains("Alone in a terminal"))
    #expect(await FakeWorld().run("--plain") == 0)
  }
}

@Suite("The sticks that are offered")
struct OfferedStickTests {
  @Test("are what may be written, and what is plugged in and may not, with the reason")
  func offered() throws {
    let snapshot = Machines.workstation
    let disks = snapshot.devices.filter(\.isWholeDisk)
    let sticks = zip(disks, SafetyPolicy.assess(disks, in: SnapshotIndex(snapshot))).compactMap {
      OfferedStick(DeviceEntry($0, in: snapshot, assessment: $1))
    }
    let states = Dictionary(uniqueKeysWithValues: sticks.map { ($0.path, $0.state) })
    #expect(states["/dev/nvme0n1"] == nil, "the system's disk")
    #expect(states["/dev/mmcblk0"] == .free)
    guard case .needs(let options, _)? = states["/dev/sdf"] else {
      Issue.record("the external disk: \(states)")
      return
    }
    #expect(options.contains("--allow-large") && Set(options).count == options.count)
    guard case .never? = states["/dev/sde"] else {
      Issue.record("the locked stick: \(states)")
      return
    }
  }

  @Test("one whose mounts alone are in the way says where it is mounted")
  func mounted() throws {
    var snapshot = DeviceSnapshot(devices: [Machines.stick("sdb", 16, port: "1-2", diskseq: 21)])
    snapshot.mounts = [
      Mount(
        device: snapshot.devices[0].number, mountPoint: "/media/anna/DATA", root: "/", fileSystem: "vfat",
        source: "/dev/sdb", options: "rw")
    ]
    let disk = snapshot.devices[0]
    let assessment = SafetyPolicy.assess(disk, in: snapshot)
    let stick = try #require(OfferedStick(DeviceEntry(disk, in: snapshot, assessment: assessment)))
    #expect(stick.isMounted && stick.hindrance?.string == "mounted at /media/anna/DATA")
  }
}
