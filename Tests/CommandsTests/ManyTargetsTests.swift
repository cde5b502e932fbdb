import BlockIO
import DeviceSafety
import Documents
import Sandbox
import Synchronization
import TestSupport
import Testing
import Writer

@testable import Commands
@testable import Terminal
@testable import UndoStore

/// An image and some virtual sticks in a directory of their own.
private struct Bench {
  let directory: ScratchDirectory
  let image: String
  let sticks: [String]

  init(_ count: Int = 3) throws {
    directory = try ScratchDirectory()
    image = "\(directory.path)/image"
    sticks = (1...count).map { [directory] in "\(directory.path)/stick\($0)" }
    try directory.run(
      """
      head -c 1300001 /dev/zero | tr '\\0' '\\245' >image
      yes old content | head -c \(4 << 20) >before
      for number in $(seq \(count)); do cp before stick$number; done
      """)
  }

  var targets: [String] { sticks.map { "file:\($0)" } }

  func write(_ world: FakeWorld, _ targets: [String], _ options: [String] = ["--yes"]) async -> Int32 {
    await Burin.run(["write", image] + targets + options, in: world.context).rawValue
  }

  func isUntouched(_ stick: String) -> Bool { (try? directory.run("cmp '\(stick)' before")) != nil }

  /// Takes a part of the image away from each stick, and has every note say that its run was killed there.
  func interrupt(_ world: FakeWorld) throws {
    let slot = ProgressSlot(sequence: 90, progress: UndoProgress(stage: .begun, upTo: 64 << 20))
    try directory.write(slot.bytes, to: "slot")
    let state = world.context.undo.directory ?? ""
    try directory.run(
      """
      for stick in stick*; do
        head -c 1048576 /dev/zero | dd of=$stick conv=notrunc
        dd if=before of=$stick bs=65536 skip=18 seek=18 count=1 conv=notrunc
      done
      for note in '\(state)'/*.run '\(state)'/*.undo; do
        dd if=slot of="$note" bs=4096 seek=\(slot.offset / 4096) conv=notrunc
      done
      """)
  }

  var areUntouched: Bool { sticks.allSatisfy(isUntouched) }

  func holdsImage(_ stick: String) -> Bool {
    (try? directory.run("cmp -n $(stat -c %s image) image '\(stick)'")) != nil
  }
}

/// Gives the word for each target; before the last one a stick loses all but its first MiB.
private struct CuttingPrompter: Prompter {
  let scripted: ScriptedPrompter
  let last: String
  let stick: String
  let directory: ScratchDirectory
  var capabilities: Capabilities? { scripted.capabilities }

  init(_ targets: [String], cutting stick: String, of directory: ScratchDirectory) {
    scripted = ScriptedPrompter(targets.map { .line($0) })
    last = targets.last ?? ""
    (self.stick, self.directory) = (stick, directory)
  }

  func ask(
    _ text: SanitizedText, question: SanitizedText, unless interruption: PromptInterruption?
  ) -> PromptAnswer {
    if question.string.contains(last) { _ = try? directory.run("truncate -s 1048576 '\(stick)'") }
    return scripted.ask(text, question: question, unless: interruption)
  }
}

@Suite("burin write onto several targets")
struct ManyTargetsTests {
  @Test("all of them hold the image, each with its own report, record and receipt")
  func success() async throws {
    let bench = try Bench()
    let world = FakeWorld()
    let receipts = bench.sticks.map { $0 + ".json" }
    #expect(
      await bench.write(world, bench.targets, ["--yes"] + receipts.flatMap { ["--receipt", $0] }) == 0,
      "\(world.stderr.text)")
    for (stick, receipt) in zip(bench.sticks, receipts) {
      #expect(bench.holdsImage(stick))
      #expect(world.stdout.text.contains("\(stick) now holds"))
      #expect(world.stdout.text.contains("burin undo file:\(stick)"))
      #expect(await FakeWorld().run("verify", "--receipt", receipt, "file:\(stick)") == 0)
    }
    #expect(world.stdout.text.contains("3 of 3 targets hold the image, and were read back\n"))
    // One by one they come back as they were.
    for target in bench.targets { #expect(await world.run("undo", target, "--yes") == 0) }
    #expect(bench.areUntouched)
  }

  @Test("a signal at the first question is told of every target, and none is said to have been refused")
  func interrupted() async throws {
    let bench = try Bench()
    let world = FakeWorld(answers: [.interrupted], signal: 15)
    #expect(await bench.write(world, bench.targets, ["--json"]) == 128 + 15, "\(world.stderr.text)")
    let lines = world.stdout.text.split(separator: "\n")
    #expect(lines.count { $0.contains(#""exitCode":143,"diagnostic":{"id":"interrupted""#) } == 3, "\(lines)")
    #expect(!world.stdout.text.contains("not-begun") && bench.areUntouched)
  }

  @Test("as JSON each has its start and its result, under its ID")
  func json() async throws {
    let bench = try Bench()
    let world = FakeWorld()
    #expect(await bench.write(world, bench.targets, ["--yes", "--json"]) == 0)
    let lines = try world.stdout.text.split(separator: "\n").map { line in
      try JSONParser.parse(Array(line.utf8))
    }
    #expect(try JSONOracle.accepts(lines: world.stdout.text.split(separator: "\n").map(String.init)))
    for event in ["start", "result"] {
      let ids = lines.filter { $0["event"]?.text == event }.compactMap { $0["target"]?["id"]?.text }
      #expect(ids.sorted() == bench.targets.sorted(), "\(event)")
    }
    #expect(try JSONSchema("write.json").violations(ofText: world.stdout.text) == [])
    let progress = lines.filter { $0["event"]?.text == "progress" }
    #expect(progress.allSatisfy { $0["id"]?.text.map(bench.targets.contains) == true })
  }

  @Test("R7: each is confirmed by its own ID, one after the other")
  func typed() async throws {
    let bench = try Bench(2)
    let world = FakeWorld(answers: bench.targets.map { .line($0) })
    #expect(await bench.write(world, bench.targets, []) == 0, "\(world.stderr.text)")
    for target in bench.targets { #expect(world.prompter.text.contains("Type \(target) to")) }
    #expect(world.prompter.text.split(separator: "  image ").count == 2, "the image is told of once")
    #expect(bench.sticks.allSatisfy(bench.holdsImage))
  }

  @Test("R1: one wrong answer, and nothing is written to any of them", arguments: [0, 1, 2])
  func declined(index: Int) async throws {
    let bench = try Bench()
    var answers = bench.targets.map { PromptAnswer.line($0) }
    answers[index] = .line("yes")
    let world = FakeWorld(answers: answers)
    #expect(await bench.write(world, bench.targets, []) == 5)
    #expect(bench.areUntouched)
    #expect(world.stderr.text.contains("nothing was written to any of the 3 targets"))
  }

  @Test("one that is refused ends the run for all, and each is told so")
  func refused() async throws {
    let bench = try Bench(2)
    try bench.directory.run("head -c 1048576 /dev/zero >small")
    let small = "file:\(bench.directory.path)/small"
    let world = FakeWorld()
    #expect(await bench.write(world, [bench.targets[0], small, bench.targets[1]], ["--yes", "--json"]) == 3)
    #expect(bench.areUntouched)
    let results = try world.stdout.text.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
    let told = results.map { [$0["target"]?["argument"]?.text, $0["diagnostic"]?["id"]?.text] }
    #expect(
      told == [
        [bench.targets[0], "not-begun"], [small, "image-too-large"], [bench.targets[1], "not-begun"],
      ])
    #expect(try JSONSchema("write.json").violations(ofText: world.stdout.text) == [])
  }

  @Test("one whose disk fails while it is saved drops out, and the others are whole")
  func failsWhileSaved() async throws {
    let bench = try Bench()
    var world = FakeWorld()
    world.context.prompter = CuttingPrompter(bench.targets, cutting: bench.sticks[1], of: bench.directory)
    #expect(await bench.write(world, bench.targets, ["--json"]) == 4, "\(world.stderr.text)")
    #expect(bench.holdsImage(bench.sticks[0]) && bench.holdsImage(bench.sticks[2]))
    #expect((try? bench.directory.run("cmp -n 1048576 stick2 before")) != nil, "nothing was written to it")
    let lines = try world.stdout.text.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
    let results = lines.filter { $0["event"]?.text == "result" }.compactMap { $0["target"]?["id"]?.text }
    #expect(results.sorted() == bench.targets.sorted(), "each is told of once")
    #expect(try JSONSchema("write.json").violations(ofText: world.stdout.text) == [])
  }

  @Test("the same disk by another spelling is refused before anything is opened")
  func twice() async throws {
    let bench = try Bench(2)
    try bench.directory.run("ln stick1 other; mkdir folder")
    let path = bench.directory.path
    for second in ["\(path)/stick1", "\(path)/folder/../stick1", "\(path)/other"] {
      let world = FakeWorld()
      #expect(await bench.write(world, bench.targets + ["file:\(second)"]) == 2)
      #expect(world.stderr.text.contains("[target-twice]"), "\(second)")
      #expect(bench.areUntouched)
      let rehearsed = FakeWorld()
      #expect(await bench.write(rehearsed, bench.targets + ["file:\(second)"], ["--dry-run"]) == 2)
    }
  }

  @Test("an ID that is confirmed and belongs to none of them is refused")
  func strayConfirmation() async throws {
    let bench = try Bench(2)
    let world = FakeWorld()
    let options = ["--yes", "--confirm", bench.targets[0], "--confirm", "usb-00000000"]
    #expect(await bench.write(world, bench.targets, options) == 2)
    #expect(world.stderr.text.contains("usb-00000000 was confirmed, and is none of the targets"))
    #expect(bench.areUntouched)
    let meant = FakeWorld()
    let all = ["--yes"] + bench.targets.reversed().flatMap { ["--confirm", $0] }
    #expect(await bench.write(meant, bench.targets, all) == 0, "\(meant.stderr.text)")
  }

  @Test("each has a receipt of its own, or none has", arguments: [["a"], ["a", "a"], ["a", "b", "c"]])
  func receipts(names: [String]) async throws {
    let bench = try Bench(2)
    let world = FakeWorld()
    let options = names.flatMap { ["--receipt", "\(bench.directory.path)/\($0)"] }
    #expect(await bench.write(world, bench.targets, ["--yes"] + options) == 64)
    #expect(bench.areUntouched)
  }

  @Test("one receipt that is refused leaves none of the others, as a file or in history")
  func receiptRefused() async throws {
    let bench = try Bench(2)
    try bench.directory.run("echo old >b")
    let world = FakeWorld()
    let options = ["a", "b"].flatMap { ["--receipt", "\(bench.directory.path)/\($0)"] }
    #expect(await bench.write(world, bench.targets, ["--yes"] + options) == 8, "\(world.stderr.text)")
    #expect(bench.areUntouched)
    #expect(try bench.directory.run("ls -d a b 2>/dev/null || :") == "b\n")
    let listing = FakeWorld()
    var context = listing.context
    context.undo.directory = world.context.undo.directory
    #expect(await Burin.run(["history"], in: context) == .done)
    #expect(listing.stdout.text.contains("Nothing was written yet"), "\(listing.stdout.text)")
  }

  @Test("--dry-run tells of each what would be done, and the worst of it")
  func dryRun() async throws {
    let bench = try Bench(2)
    let world = FakeWorld()
    #expect(await bench.write(world, bench.targets, ["--dry-run"]) == 0)
    for stick in bench.sticks { #expect(world.stdout.text.contains("target  \(stick), ID")) }
    let missing = FakeWorld()
    let targets = [bench.targets[0], "file:\(bench.directory.path)/missing"]
    #expect(await bench.write(missing, targets, ["--dry-run"]) == 7)
    #expect(bench.areUntouched)
  }

  @Test("with --delta each is read first, and only what differs of it is written")
  func delta() async throws {
    let bench = try Bench()
    try bench.directory.run(
      """
      cp image yesterday; truncate -s 4M yesterday; cp yesterday stick1; cp yesterday stick3
      printf changed | dd of=image bs=1 seek=1200000 conv=notrunc
      """)
    let world = FakeWorld()
    #expect(await bench.write(world, bench.targets, ["--yes", "--json", "--delta"]) == 0)
    #expect(bench.sticks.allSatisfy(bench.holdsImage))
    var written: [String: UInt64] = [:]
    for line in world.stdout.text.split(separator: "\n") {
      let line = try JSONParser.parse(Array(line.utf8))
      guard case .unsigned(let count)? = line["delta"]?["writtenBytes"] else { continue }
      written[line["target"]?["id"]?.text ?? ""] = count
    }
    // The body, padded to whole pages, or two of its blocks: the one that differs, and one that was marked.
    #expect(bench.targets.map { written[$0] } == [131_072, 253_952, 131_072])
    #expect(try JSONSchema("write.json").violations(ofText: world.stdout.text) == [])
  }

  @Test("R8: of several that were interrupted, each is gone on with by itself")
  func resumed() async throws {
    let bench = try Bench()
    let world = FakeWorld()
    #expect(await bench.write(world, bench.targets) == 0, "\(world.stderr.text)")
    try bench.interrupt(world)
    #expect(await world.run("resume") == 0)
    #expect(world.stdout.text.split(separator: "\n").count { $0.hasSuffix("/image") } == 3)
    #expect(await world.run("resume", bench.targets[1], "--yes") == 0, "\(world.stderr.text)")
    #expect(bench.sticks.map(bench.holdsImage) == [false, true, false])
    #expect(await world.run("resume", bench.targets[1], "--yes") == 7, "nothing is left to go on with")
    // What was saved before the first run comes back after the last one.
    #expect(await world.run("undo", bench.targets[1], "--yes") == 0)
    #expect(bench.isUntouched(bench.sticks[1]))
    #expect(await world.run("resume", bench.targets[0], "--yes") == 0, "\(world.stderr.text)")
  }

  @Test("R40: one that is stopped has a result for each target all the same", arguments: [1, 3])
  func stopped(count: Int) async throws {
    let bench = try Bench(count)
    var world = FakeWorld(signal: 2)
    let task = Mutex<Task<Int32, Never>?>(nil)
    world.context.confineWriter = { _ in
      task.withLock { $0?.cancel() }
      return WriterConfinement()
    }
    let started = Channel<Void>()
    let run = Task { [world] in
      _ = await started.next()
      return await bench.write(world, bench.targets, ["--yes", "--json"])
    }
    task.withLock { $0 = run }
    started.send(())
    #expect(await run.value == 130, "\(world.stderr.text)")
    let lines = try world.stdout.text.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
    let results = lines.filter { $0["event"]?.text == "result" }
    #expect(results.compactMap { $0["diagnostic"]?["id"]?.text }.count == count)
    #expect(!bench.sticks.contains(where: bench.holdsImage))
  }

  @Test("history knows each of them")
  func history() async throws {
    let bench = try Bench()
    let world = FakeWorld()
    #expect(await bench.write(world, bench.targets, ["--yes", "--quiet"]) == 0)
    #expect(await world.run("history") == 0)
    for target in bench.targets { #expect(world.stdout.text.contains(target), "\(world.stdout.text)") }
  }

  @Test("of several, a failure as JSON says which disk it is about")
  func failure() throws {
    let order = WriteOrder(
      image: "a.iso", target: "/dev/sdb", request: SafetyRequest(), isYes: true, digest: .none,
      allowsDamaged: false, allowsPacked: false, probing: CapacityProbing(seed: 1, toleratesFake: false),
      isQuiet: false, isJSON: true)
    let geometry = BlockGeometry(
      byteCount: 4096, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false, diskSequence: 7)
    let identity = TargetIdentity(
      kind: .virtualStick(fileSystem: DeviceNumber(major: 8, minor: 1), inode: 2), path: "/dev/sdb",
      name: "Stick", id: "usb-k7f2m9qd", geometry: geometry)
    let target = WriteEvent.failed(order, .notBegun("/dev/sdb"), of: identity)["target"]
    #expect(target?["id"]?.text == "usb-k7f2m9qd" && target?["argument"]?.text == "/dev/sdb")
    #expect(WriteEvent.failed(order, .notBegun("/dev/sdb"))["target"]?["id"] == .null)
  }

  @Test("the worst result counts, and no result is no success")
  func worst() {
    #expect(ExitStatus.worst(of: []) == .internalError)
    #expect(ExitStatus.worst(of: [.done, .done]) == .done)
    #expect(ExitStatus.worst(of: [.done, .deviceFailed, .cancelled]) == .deviceFailed)
    #expect(ExitStatus.worst(of: [.deviceFailed, .different]) == .different)
    #expect(ExitStatus.worst(of: [.different, .signal(2), .done]) == .signal(2))
    #expect(ExitStatus.worst(of: [.notFound, .targetRefused]) == .targetRefused)
  }

  @Test("progress as JSON says whose it is, and ends before the result")
  func progress() async throws {
    let world = FakeWorld()
    let tracks = ["usb-a", "usb-b"].map { ProgressTrack(ProgressMeter(), name: "\($0)", id: $0) }
    tracks[1].end("failed")
    for track in tracks { track.meter.begin(.writing, total: 100) }
    await ProgressReporter.showing(tracks, in: world.context, as: .json) {
      while world.stdout.text.isEmpty { await Task.yield() }
    }
    #expect(world.stdout.text.contains(#""event":"progress","id":"usb-a","phase":"writing""#))
    #expect(!world.stdout.text.contains("usb-b"))
  }
}
