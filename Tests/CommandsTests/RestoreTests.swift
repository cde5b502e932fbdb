import BlockIO
import DeviceProbe
import DeviceSafety
import DiskFormats
import Documents
import Sandbox
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import Writer

/// A virtual stick with an old content.
private struct Bench {
  let world: FakeWorld
  let directory: ScratchDirectory
  let stick: String

  init(mebibytes: Int = 80, world: FakeWorld = FakeWorld()) throws {
    self.world = world
    directory = try ScratchDirectory()
    stick = "\(directory.path)/stick"
    try directory.run("yes old content | head -c \(mebibytes << 20) >stick && cp stick before")
  }

  func restore(_ options: String...) async -> Int32 {
    await Burin.run(["restore", "file:\(stick)"] + options, in: world.context).rawValue
  }

  var isUntouched: Bool { (try? directory.run("cmp stick before")) != nil }
}

@Suite("burin restore")
struct RestoreTests {
  @Test("R36: gives an ordinary empty stick, which other programs find to be whole and nothing else")
  func fat() async throws {
    let bench = try Bench()
    #expect(await bench.restore("--yes", "--label", "trip") == 0, "\(bench.world.stderr.text)")
    let report = bench.world.stdout.text
    for words in ["empty FAT32 file system, named TRIP", "all equal", "nothing but that is recognised"] {
      #expect(report.contains(words), "\(report)")
    }
    try bench.directory.run("dd if=stick of=part bs=4M skip=1 status=none && fsck.fat -n part")
    #expect(try bench.directory.run("blkid -p -o export part").contains("LABEL=TRIP"))
    let disk = try bench.directory.run("wipefs --parsable stick")
    #expect(disk.split(separator: "\n").count { !$0.hasPrefix("#") } == 1 && disk.contains("dos"), "\(disk)")
  }

  @Test("R45: what had to be written twice is in the report")
  func rewritten() throws {
    var differences = Differences()
    differences.addMissing(4096..<8192)
    let written = try WriteOutcome.sample(rewritten: differences)
    let disk = try EmptyDisk(
      byteCount: 64_000_000_000, blockSize: 512, identifiers: EmptyDisk.Identifiers(disk: 1, volume: 2))
    let outcome = RestoreOutcome(
      identity: written.identity, disk: disk, plan: written.plan, writer: .init(), impossible: [],
      proof: written.proof, undo: nil, search: .clean, parting: .init(),
      standstill: Standstill())
    let text = outcome.lines(for: Capabilities()).map(\.string).joined(separator: "\n")
    #expect(text.contains("rewritten") && text.contains("do not trust this stick for long"), "\(text)")
    #expect(outcome.json["rewritten"]?["first"] == .unsigned(4096))
    #expect(written.lines(for: Capabilities()).contains { $0.string.contains("rewritten") })
  }

  @Test("what came of --eject and --power-off is told in words that the schema knows")
  func partings() throws {
    let written = try WriteOutcome.sample()
    let disk = try EmptyDisk(
      byteCount: 64_000_000_000, blockSize: 512, identifiers: EmptyDisk.Identifiers(disk: 1, volume: 2))
    let schema = try JSONSchema("restore.json")
    for powerOff in Parting.Outcome.ofPowerOff {
      let outcome = RestoreOutcome(
        identity: written.identity, disk: disk, plan: written.plan, writer: .init(), impossible: [],
        proof: written.proof, undo: nil, search: .clean,
        parting: Parting.Outcomes(ejection: .withheld, powerOff: powerOff), standstill: Standstill())
      #expect(try schema.violations(of: outcome.json) == [], "\(powerOff.word)")
    }
  }

  @Test("R33: all that it overwrites is saved, and undo brings the stick back bit by bit")
  func undo() async throws {
    let bench = try Bench()
    #expect(await bench.restore("--yes", "--fs", "exfat") == 0, "\(bench.world.stderr.text)")
    #expect(bench.world.stdout.text.contains("brings back all that this write has changed, bit by bit"))
    #expect(!bench.isUntouched)
    #expect(await Burin.run(["undo", "file:\(bench.stick)", "--yes"], in: bench.world.context) == .done)
    #expect(bench.isUntouched)
  }

  @Test("R36: a second file system, array and table that were there before are gone, wherever they were")
  func stale() async throws {
    let bench = try Bench()
    try bench.directory.run(
      """
      truncate -s 0 stick; truncate -s 80M stick
      mkfs.btrfs -q -f stick
      dd if=stick of=super bs=4096 skip=16 count=1 status=none
      printf 'label: gpt\\n,,L\\n' | sfdisk -q stick
      dd if=super of=stick bs=4096 seek=16384 conv=notrunc status=none
      dd if=super of=stick bs=4096 seek=17408 conv=notrunc status=none
      """)
    #expect(await bench.restore("--yes") == 0, "\(bench.world.stderr.text)")
    for (place, name) in [(16, "super block"), (16384, "its copy"), (17408, "the copy of a partition's")] {
      let bytes = try bench.directory.run(
        "dd if=stick bs=4096 skip=\(place) count=1 status=none | tr -d '\\0' | wc -c")
      #expect(bytes.filter(\.isNumber) == "0", "\(name)")
    }
    #expect(try bench.directory.run("tail -c 1M stick | tr -d '\\0' | wc -c").filter(\.isNumber) == "0")
  }

  @Test("R1: asks for the ID, and any other answer changes nothing", arguments: ["", "yes"])
  func declined(answer: String) async throws {
    let bench = try Bench(world: FakeWorld(answers: [.line(answer)]))
    #expect(await bench.restore() == 5)
    #expect(bench.world.prompter.text.contains("everything on it destroyed"))
    #expect(bench.world.prompter.text.contains("becomes one partition"))
    #expect(bench.isUntouched)
  }

  @Test("--dry-run says what would be done, in text and JSON, and does nothing")
  func rehearsal() async throws {
    let bench = try Bench()
    #expect(await bench.restore("--dry-run") == 0)
    #expect(bench.world.stdout.text.contains("becomes one partition of "), "\(bench.world.stdout.text)")
    let other = FakeWorld()
    #expect(await other.run("restore", "file:\(bench.stick)", "--dry-run", "--json") == 0)
    #expect(try JSONOracle.accepts(other.stdout.text))
    #expect(other.stdout.text.contains(#""fileSystem":"fat32""#))
    #expect(bench.isUntouched)
  }

  @Test("as JSON gives a start and a result")
  func json() async throws {
    let bench = try Bench()
    #expect(await bench.restore("--yes", "--json", "--no-undo", "--eject") == 0)
    let lines = bench.world.stdout.text.split(separator: "\n").map(String.init)
    #expect(try JSONOracle.accepts(lines: lines))
    #expect(lines.first?.contains(#""event":"start""#) == true)
    let last = try #require(lines.last)
    for words in [#""signatures":true"#, #""exitCode":0"#, #""undo":null"#, #""ejected":"unsupported""#] {
      #expect(last.contains(words), "\(last)")
    }
  }

  @Test("what does not go with the stick is refused before anything is written")
  func refusals() async throws {
    let bench = try Bench(mebibytes: 16)
    #expect(await bench.restore("--yes", "--fs", "fat32") == 2)
    #expect(bench.world.stderr.text.contains("[restore-unfit]"))
    #expect(await bench.restore("--yes", "--label", "a/b") == 64)
    #expect(bench.world.stderr.text.contains("[restore-label]"))
    #expect(await bench.restore("--yes", "--fs", "ext4") == 64)
    #expect(bench.isUntouched)
    let small = try Bench(mebibytes: 4)
    #expect(await small.restore("--yes") == 2)
    #expect(small.isUntouched)
  }

  @Test(
    "R43: every mark behind the new file system is read, the last blocks of the medium among them",
    arguments: [64 << 20, 4_000_000_000, 64 << 30, 300 << 30, 3 << 40] as [UInt64])
  func marks(byteCount: UInt64) throws {
    let geometry = BlockGeometry(
      byteCount: byteCount / 512 * 512, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: 1)
    let order = RestoreOrder(
      write: WriteOrder(
        image: "", target: "usb-00000000", request: .init(), isYes: true, digest: .none,
        allowsDamaged: false, allowsPacked: false, probing: CapacityProbing(seed: 3, toleratesFake: false),
        isQuiet: true, isJSON: false),
      identifiers: EmptyDisk.Identifiers(disk: 1, volume: 2))
    let disk = try order.layOut(geometry)
    let plan = try order.plan(disk, onto: geometry, stale: [])
    let read = try #require(plan.layout).emptyRanges
    let beyond = plan.probedPlaces.filter { $0.lowerBound >= disk.written.upperBound }
    #expect(beyond.count > 8 && beyond.last?.upperBound == geometry.byteCount)
    for place in beyond {
      #expect(read.contains { $0.lowerBound <= place.lowerBound && place.upperBound <= $0.upperBound })
    }
    for range in disk.zeroed {
      #expect(read.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound })
    }
  }

  @Test("R45: what is recognised besides, or not at all, is no success")
  func judgement() throws {
    let disk = try EmptyDisk(
      byteCount: 64 << 20, blockSize: 512, identifiers: EmptyDisk.Identifiers(disk: 1, volume: 2))
    let table = FoundSignature(type: "dos", offset: 510)
    let volume = FoundSignature(type: "vfat", offset: (4 << 20) + 82)
    let stale = FoundSignature(type: "zfs_member", offset: 66_846_720)
    #expect(SignatureSearch.judge([table, volume], on: disk) == .clean)
    #expect(SignatureSearch.judge([table, volume, volume], on: disk) == .clean)
    #expect(SignatureSearch.judge([table, stale, volume], on: disk) == .others([stale]))
    #expect(SignatureSearch.judge([table], on: disk) == .others([]))
    #expect(SignatureSearch.judge([volume], on: disk) == .others([]))
    let moved = FoundSignature(type: "vfat", offset: 54)
    #expect(SignatureSearch.judge([table, moved], on: disk) == .others([moved]))
  }

  @Test("--eject and --power-off are steps of what would be done")
  func rehearsedParting() async throws {
    let bench = try Bench()
    #expect(await bench.restore("--dry-run", "--power-off") == 0)
    for step in ["have the drive give its medium out", "take its USB device off"] {
      #expect(bench.world.stdout.text.contains(step), "\(bench.world.stdout.text)")
    }
    #expect(bench.isUntouched)
  }

  @Test("--eject is told in the report, and never changes the result of a write")
  func ejection() async throws {
    let bench = try Bench(mebibytes: 8)
    try bench.directory.run("head -c 1M /dev/zero | tr '\\0' '\\245' >image")
    let arguments = ["write", "\(bench.directory.path)/image", "file:\(bench.stick)", "--yes", "--power-off"]
    #expect(await Burin.run(arguments, in: bench.world.context) == .done)
    #expect(bench.world.stdout.text.contains("the drive does not know the command"))
    #expect(bench.world.stdout.text.contains("powered off not: it is no USB device"))
    let error = SystemCallError(call: "START STOP UNIT", errno: .ioError)
    let failed = Parting.Outcomes(ejection: .failed(error))
    #expect(failed.ejectionText?.string.contains("everything is on it") == true)
    #expect(failed.ejection?.word == "failed" && Parting.Outcome.done.word == "yes")
  }
}
