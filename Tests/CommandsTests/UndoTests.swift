import BlockIO
import DeviceProbe
import DeviceSafety
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import UndoStore
@testable import Writer

/// A world with an image, a virtual stick and its old content.
private struct Bench {
  let world: FakeWorld
  let directory: ScratchDirectory
  let image: String
  let stick: String

  init(imageBytes: Int = 5 << 20, stickBytes: Int = 8 << 20, world: FakeWorld = FakeWorld()) throws {
    self.world = world
    directory = try ScratchDirectory()
    image = "\(directory.path)/image"
    stick = "\(directory.path)/stick"
    try directory.run(
      """
      head -c \(imageBytes) /dev/zero | tr '\\0' '\\245' >image
      yes old content | head -c \(stickBytes) >stick && cp stick before
      """)
  }

  func write(_ options: String...) async -> Int32 { await write(in: world, options) }

  func write(in world: FakeWorld, _ options: [String]) async -> Int32 {
    await Burin.run(["write", image, "file:\(stick)", "--yes"] + options, in: world.context).rawValue
  }

  func undo(_ options: String...) async -> Int32 {
    await Burin.run(["undo", "file:\(stick)"] + options, in: world.context).rawValue
  }

  var isAsBefore: Bool { (try? directory.run("cmp stick before")) != nil }
  func run(_ script: String) throws -> String { try directory.run(script) }
}

@Suite("burin undo")
struct UndoTests {
  @Test("brings a stick back bit by bit, after the ID was typed or given")
  func roundTrip() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0, "\(bench.world.stderr.text)")
    #expect(!bench.isAsBefore)
    #expect(bench.world.stdout.text.contains("brings back all that this write has changed, bit by bit"))
    #expect(await bench.undo("--dry-run") == 0)
    #expect(!bench.isAsBefore)
    #expect(await bench.undo("--yes") == 0, "\(bench.world.stderr.text)")
    #expect(bench.isAsBefore)
    for words in ["brought back", "lost          nothing", "read back past every cache"] {
      #expect(bench.world.stdout.text.contains(words))
    }
    // It was brought back, and is not offered a second time.
    #expect(await bench.undo("--yes") == 7)
    #expect(bench.world.stderr.text.contains("[undo-nothing]"))
  }

  @Test("says what of a write beyond the limit is lost, in text and JSON, and brings back the rest")
  func partly() async throws {
    let bench = try Bench()
    #expect(await bench.write("--undo", "2M") == 0)
    #expect(bench.world.stdout.text.contains("are lost"))
    #expect(await bench.undo("--yes", "--json") == 0)
    let last = try #require(bench.world.stdout.text.split(separator: "\n").last.map(String.init))
    #expect(try JSONOracle.accepts(last))
    #expect(last.contains(#""complete":false"#) && last.contains(#""lost":[[3"#), "\(last)")
    // The block at 4 MiB is marked to probe the capacity, and so it is saved.
    #expect(last.contains(#",4194304],[4198400,"#) && last.contains(#",5242880]],"#), "\(last)")
    // The structure (1 MiB), 2 MiB of data and the tail are back, and nothing else has changed.
    #expect(try bench.run("cmp -n 3145728 stick before && cmp -i 5242880 stick before") == "")
    #expect(!bench.isAsBefore)
  }

  @Test("asks as a write does, and any other answer changes nothing", arguments: ["", "yes", "undo"])
  func declined(answer: String) async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    try bench.directory.run("cp stick written")
    let asking = FakeWorld(answers: [.line(answer)])
    var context = asking.context
    context.undo = bench.world.context.undo
    #expect(await Burin.run(["undo", "file:\(bench.stick)"], in: context).rawValue == 5)
    #expect(asking.prompter.text.contains("lost          nothing"))
    let silent = FakeWorld(answers: nil)
    context = silent.context
    context.undo = bench.world.context.undo
    #expect(await Burin.run(["undo", "file:\(bench.stick)"], in: context).rawValue == 2)
    #expect(try bench.run("cmp stick written") == "")
  }

  @Test(
    "R45: of an older write it names the newer ones that it leaves as they are, before the question and after"
  )
  func older() async throws {
    let bench = try Bench()
    let records = "\(try #require(bench.world.state).path)/burin/*.undo"
    #expect(await bench.write() == 0)
    let older = try bench.run("basename -s .undo \(records) | tr -d '\\n'")
    #expect(await bench.write() == 0)
    let newer = try bench.run("basename -s .undo \(records) | grep -v \(older) | tr -d '\\n'")
    func undo(_ answers: [PromptAnswer]? = nil, _ options: String...) async -> (Int32, FakeWorld) {
      let world = FakeWorld(answers: answers)
      var context = world.context
      context.undo = bench.world.context.undo
      return (await Burin.run(["undo", "file:\(bench.stick)"] + options, in: context).rawValue, world)
    }
    let warning = "\(newer) is newer and is not undone"
    let (rehearsed, rehearsal) = await undo(nil, "--record", older, "--dry-run")
    #expect(rehearsed == 0 && rehearsal.stdout.text.contains(warning), "\(rehearsal.stdout.text)")
    let (declined, asking) = await undo([.line("no")], "--record", older)
    #expect(declined == 5 && asking.prompter.text.contains(warning), "\(asking.prompter.text)")
    let (planned, plan) = await undo(nil, "--record", older, "--dry-run", "--json")
    #expect(planned == 0 && plan.stdout.text.contains(#""newer":["\#(newer)"]"#), "\(plan.stdout.text)")
    let (status, done) = await undo(nil, "--record", older, "--yes")
    #expect(status == 0 && done.stdout.text.contains(warning), "\(done.stdout.text)")
    let (again, newest) = await undo(nil, "--yes")
    #expect(again == 0 && !newest.stdout.text.contains("newer"), "\(newest.stdout.text)")
    let (last, both) = await undo(nil, "--record", older, "--yes", "--json")
    #expect(last == 0 && both.stdout.text.contains(#""newer":[]"#), "what was undone is not in between")
  }

  @Test("R45: names newer writes of which nothing is saved, before the question and after")
  func newerUnsaved() async throws {
    let bench = try Bench()
    #expect(await bench.write("--no-undo") == 0, "\(bench.world.stderr.text)")
    #expect(await bench.write() == 0)
    func undo(_ answers: [PromptAnswer]? = nil, _ options: String...) async -> (Int32, FakeWorld) {
      let world = FakeWorld(answers: answers)
      var context = world.context
      context.undo = bench.world.context.undo
      return (await Burin.run(["undo", "file:\(bench.stick)"] + options, in: context).rawValue, world)
    }
    let warning = "a newer write of which nothing is saved is not undone"
    let (_, none) = await undo(nil, "--dry-run")
    #expect(!none.stdout.text.contains("newer"), "what was before is as it was: \(none.stdout.text)")
    #expect(await bench.write("--no-undo") == 0)
    let (rehearsed, rehearsal) = await undo(nil, "--dry-run")
    #expect(rehearsed == 0 && rehearsal.stdout.text.contains(warning), "\(rehearsal.stdout.text)")
    #expect(!rehearsal.stdout.text.contains("undone one by one"), "\(rehearsal.stdout.text)")
    let (declined, asking) = await undo([.line("no")])
    #expect(declined == 5 && asking.prompter.text.contains(warning), "\(asking.prompter.text)")
    let (planned, plan) = await undo(nil, "--dry-run", "--json")
    #expect(planned == 0 && plan.stdout.text.contains(#""newerUnsaved":[{"time":"#), "\(plan.stdout.text)")
    let (status, done) = await undo(nil, "--yes")
    #expect(status == 0 && done.stdout.text.contains(warning), "\(done.stdout.text)")
    let name = try bench.run("basename -s .undo '\(try #require(bench.world.state).path)'/burin/*.undo")
    let (again, once) = await undo(nil, "--yes", "--record", String(name.prefix { $0 != "\n" }))
    #expect(again == 0 && once.stdout.text.contains(warning), "it is still not undone")
  }

  @Test("R45: what was brought back is listed so, and nothing of it as still to come")
  func listedAsRestored() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    #expect(await bench.undo("--yes") == 0, "\(bench.world.stderr.text)")
    let world = FakeWorld()
    var context = world.context
    context.undo = bench.world.context.undo
    #expect(await Burin.run(["undo"], in: context) == .done)
    #expect(world.stdout.text.contains("undo   done already; `burin undo"), "\(world.stdout.text)")
    #expect(!world.stdout.text.contains("brings back"), "\(world.stdout.text)")
  }

  @Test("does not bring back onto another file, nor onto a copy")
  func otherDisk() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    try bench.directory.run("cp stick copy")
    let name = try bench.run("ls \(try #require(bench.world.state).path)/burin").prefix { $0 != "." }
    for options in [[], ["--record", String(name)], ["--record", "undo-nothing0"]] {
      let arguments = ["undo", "file:\(bench.directory.path)/copy", "--yes"] + options
      #expect(await Burin.run(arguments, in: bench.world.context).rawValue == 7, "\(options)")
    }
    #expect(try bench.run("cmp stick copy") == "")
  }

  @Test("lists what is saved, in text and JSON; a name needs a target")
  func list() async throws {
    let bench = try Bench()
    #expect(await bench.world.run("undo") == 0)
    #expect(bench.world.stdout.text.contains("Nothing is saved"))
    #expect(await bench.write() == 0)
    #expect(await bench.world.run("undo") == 0)
    #expect(bench.world.stdout.text.contains("2025-11-21 08:30:12 UTC"))
    let world = FakeWorld()
    var context = world.context
    context.undo = bench.world.context.undo
    #expect(await Burin.run(["undo", "--json"], in: context) == .done)
    #expect(try JSONOracle.accepts(world.stdout.text))
    #expect(world.stdout.text.contains(#""stage": "completed""#))
    #expect(await bench.world.run("undo", "--yes") == 64)
  }

  @Test("finds damage before the stick is touched")
  func damaged() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    try bench.directory.run("cp stick written")
    let state = try #require(bench.world.state)
    try state.run("flip $(ls burin/*.undo) 100000")
    #expect(await bench.undo("--yes") == 8)
    #expect(bench.world.stderr.text.contains("[undo-damaged]"))
    #expect(bench.world.stderr.text.contains("nothing was written"))
    #expect(try bench.run("cmp stick written") == "")
  }

  @Test("names a record whose description is damaged, where nothing else of the disk is saved")
  func damagedDescription() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    let state = try #require(bench.world.state)
    // In the header, behind both slots with the progress.
    try state.run("flip $(ls burin/*.undo) 8220")
    let name = try state.run("ls burin | grep undo").prefix { $0 != "." }
    #expect(await bench.undo("--yes") == 8)
    #expect(bench.world.stderr.text.contains("[undo-damaged]"))
    #expect(bench.world.stderr.text.contains(String(name)))
    // Nothing says any more of which disk it is.
    try state.run("rm burin/*.run")
    #expect(await bench.undo("--dry-run") == 8)
  }

  @Test("does not take another disk's damaged record for one of this disk")
  func damagedElsewhere() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    try #require(bench.world.state).run("flip $(ls burin/*.undo) 8220")
    try bench.directory.run("cp stick copy")
    let arguments = ["undo", "file:\(bench.directory.path)/copy", "--yes"]
    #expect(await Burin.run(arguments, in: bench.world.context).rawValue == 7)
    #expect(bench.world.stderr.text.contains("[undo-nothing]"))
  }
}

@Suite("What is saved before a write")
struct SavingTests {
  @Test(
    "nothing is written where it cannot be saved",
    arguments: ["echo x >burin", "ln -s nowhere burin", "mkdir burin; chmod 777 burin"])
  func broken(script: String) async throws {
    let bench = try Bench()
    try #require(bench.world.state).run(script)
    #expect(await bench.write() == 8, "\(bench.world.stderr.text)")
    #expect(bench.world.stderr.text.contains("[undo-save-failed]"))
    #expect(bench.world.stderr.text.contains("nothing was written"))
    #expect(bench.isAsBefore)
    #expect(await bench.write("--no-undo") == 0, "it is the save alone that stops it")
  }

  @Test("advises nothing that cannot work where something is gone on with or brought back")
  func advice() throws {
    let error = UndoError.save(
      SystemCallError(call: "openat", errno: .readOnlyFileSystem), path: "/var/lib/burin")
    for saving in [error, .unreadable(ByteRanges([512..<1024]))] {
      let resumed = Diagnostic(saving: saving, target: "/dev/sdb", signal: nil, isResumed: true)
      let advice = try #require(resumed.toFix).string
      #expect(!advice.contains("--no-undo"))
      // `apply` has no such option: the plan says what is saved.
      let planned = Diagnostic(saving: saving, target: "/dev/sdb", signal: nil, isPlanned: true)
      #expect(try #require(planned.toFix).string.contains("`burin plan --no-undo`"))
    }
    let opening = try #require(Diagnostic(opening: error).toFix).string
    #expect(!opening.contains("BURIN_STATE_DIRECTORY") && opening.contains("writable"))
  }

  @Test("a record that another process is bringing back is left to it, and nothing is written")
  func inUse() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0, "\(bench.world.stderr.text)")
    let written = try bench.run("sha256sum stick")
    let store = try bench.world.context.undo.store()
    do {
      let held = try store.open(try #require(try store.records().records.first))
      #expect(await bench.undo("--yes") == 8)
      let text = bench.world.stderr.text
      #expect(text.contains("another process has") && text.contains("wait until it has ended"), "\(text)")
      #expect(try bench.run("sha256sum stick") == written)
      #expect(!held.id.isEmpty)
    }
    #expect(await bench.undo("--yes") == 0, "\(bench.world.stderr.text)")
    #expect(bench.isAsBefore)
  }

  @Test("nor where no place for it is known")
  func homeless() async throws {
    let bench = try Bench()
    var context = bench.world.context
    context.undo.directory = nil
    let arguments = ["write", bench.image, "file:\(bench.stick)", "--yes"]
    #expect(await Burin.run(arguments, in: context).rawValue == 8)
    #expect(bench.world.stderr.text.contains("[undo-unavailable]"))
    #expect(bench.isAsBefore)
  }

  @Test("nor where the place is named by a path that is not absolute, with nothing to save but a receipt too")
  func misnamed() async throws {
    let bench = try Bench()
    var context = bench.world.context
    context.undo.directory = nil
    context.undo.misnamed = "state"
    let arguments = ["write", bench.image, "file:\(bench.stick)", "--yes"]
    for options in [[], ["--no-undo"]] {
      #expect(await Burin.run(arguments + options, in: context).rawValue == 8)
    }
    #expect(bench.world.stderr.text.contains("BURIN_STATE_DIRECTORY is state, which is no absolute path"))
    #expect(bench.isAsBefore)
    for command in ["history", "undo", "resume"] {
      #expect(await Burin.run([command], in: context).rawValue == 8, "\(command)")
    }
    #expect(await Burin.run(arguments + ["--no-undo", "--no-history"], in: context).rawValue == 0)
  }

  @Test("a link in the place of the directory, or one above it that leads nowhere, is named as that")
  func linked() async throws {
    for script in ["mkdir real; ln -s real burin", "ln -s nowhere burin"] {
      let bench = try Bench()
      let state = try #require(bench.world.state)
      try state.run(script)
      #expect(await bench.write() == 8)
      #expect(bench.world.stderr.text.contains("\(state.path)/burin is a symbolic link"))
      #expect(bench.world.stderr.text.contains("name the directory itself"))
      #expect(!bench.world.stderr.text.contains("make room"))
      #expect(await bench.world.run("history") == 8)
    }
    let bench = try Bench()
    let state = try #require(bench.world.state)
    try state.run("mkdir real; ln -s real fine; ln -s nowhere wrong")
    var context = bench.world.context
    let arguments = ["write", bench.image, "file:\(bench.stick)", "--yes"]
    context.undo.directory = state.path + "/wrong/burin"
    #expect(await Burin.run(arguments, in: context).rawValue == 8)
    #expect(bench.world.stderr.text.contains("\(state.path)/wrong is a symbolic link"))
    context.undo.directory = state.path + "/fine/burin"
    #expect(await Burin.run(arguments, in: context).rawValue == 0, "\(bench.world.stderr.text)")
  }

  @Test(
    "nothing is saved where that is said, and the report says so",
    arguments: [["--no-undo"], ["--undo", "0"]])
  func none(options: [String]) async throws {
    let bench = try Bench()
    #expect(await bench.write(in: bench.world, options + ["--no-history"]) == 0)
    #expect(bench.world.stdout.text.contains("nothing was saved"))
    #expect(try #require(bench.world.state).run("ls -A") == "output.text\n")
  }

  @Test("sizes have letters, and senseless ones are refused")
  func sizes() {
    #expect(UndoSize(argument: "0")?.byteCount == 0)
    #expect(UndoSize(argument: "512")?.byteCount == 512)
    #expect(UndoSize(argument: "3k")?.byteCount == 3072)
    #expect(UndoSize(argument: "2M")?.byteCount == 2 << 20)
    #expect(UndoSize(argument: "16G")?.byteCount == 16 << 30)
    for text in ["", "M", "-1", "1T", "1.5G", "17G", "99999999999999999999", "18446744073709551615G", "+1"] {
      #expect(UndoSize(argument: text) == nil, "\(text)")
    }
  }

  @Test("the state directory is the one that was named, the system's for root, else the user's")
  func places() {
    func place(_ isRoot: Bool, _ variables: [String: String]) -> String? {
      UndoEnvironment.directory(isRoot: isRoot) { variables[$0] }
    }
    #expect(place(true, ["HOME": "/root", "XDG_STATE_HOME": "/x"]) == "/var/lib/burin")
    #expect(place(false, ["HOME": "/home/u"]) == "/home/u/.local/state/burin")
    #expect(place(false, ["HOME": "/home/u", "XDG_STATE_HOME": "/x"]) == "/x/burin")
    #expect(place(false, ["HOME": "/home/u", "XDG_STATE_HOME": "x"]) == "/home/u/.local/state/burin")
    #expect(place(true, ["STATE_DIRECTORY": "/a:/b"]) == "/a")
    #expect(place(true, ["STATE_DIRECTORY": "/a", "BURIN_STATE_DIRECTORY": "/b"]) == "/b")
    #expect(place(false, [:]) == nil)
    // What was named is replaced by no other place.
    #expect(place(true, ["BURIN_STATE_DIRECTORY": "state"]) == nil)
    #expect(place(true, ["BURIN_STATE_DIRECTORY": ""]) == "/var/lib/burin")
    #expect(UndoEnvironment.live { ["BURIN_STATE_DIRECTORY": "state"][$0] }.misnamed == "state")
    for path in ["", "/state"] {
      #expect(UndoEnvironment.live { ["BURIN_STATE_DIRECTORY": path][$0] }.misnamed == nil)
    }
  }

  @Test("the disk with the state directory is an anchor (R20), also before the directory is there")
  func anchor() throws {
    let directory = try ScratchDirectory()
    let environment = UndoEnvironment(directory: directory.path + "/a/b/c")
    #expect(environment.anchors == [AnchorRequest(.output, path: directory.path)])
    var order = WriteOrder(
      image: "i", target: "t", request: SafetyRequest(), isYes: false, digest: .none, allowsDamaged: false,
      allowsPacked: false, probing: CapacityProbing(seed: 1, toleratesFake: false), undo: .standard,
      isQuiet: false, isJSON: false)
    var context = FakeWorld().context
    context.undo = environment
    context.snapshot = { requests, _ in
      DeviceSnapshot(anchors: requests.map { Anchor(purpose: $0.purpose, path: $0.path, devices: []) })
    }
    #expect(order.snapshot(in: context).anchors.map(\.purpose) == [.image, .output])
    // What is noted there needs it as much as what is saved.
    order.undo = nil
    #expect(order.snapshot(in: context).anchors.map(\.purpose) == [.image, .output])
    order.keepsHistory = false
    #expect(order.snapshot(in: context).anchors.map(\.purpose) == [.image])
  }

  @Test("moments are told in UTC")
  func moments() {
    #expect(SanitizedText(utc: 0).string == "1970-01-01 00:00:00 UTC")
    #expect(SanitizedText(utc: -1).string == "1969-12-31 23:59:59 UTC")
    #expect(SanitizedText(utc: 951_782_400).string == "2000-02-29 00:00:00 UTC")
    #expect(SanitizedText(utc: 1_763_713_812).string == "2025-11-21 08:30:12 UTC")
  }
}
