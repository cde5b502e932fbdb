import BlockIO
import DeviceSafety
import Documents
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import UndoStore
@testable import Writer

/// A virtual stick whose write is made to look as if it had been killed in the middle.
private struct Bench {
  let world = FakeWorld()
  let directory: ScratchDirectory
  var stick: String { "file:\(directory.path)/stick" }
  var state: String { world.context.undo.directory ?? "" }

  init(mebibytes: Int = 9) throws {
    directory = try ScratchDirectory()
    try directory.write([UInt8].random(5 << 20, seed: 0x2E5), to: "image")
    try directory.run("yes old | head -c \(mebibytes << 20) >stick && cp stick before")
  }

  func write(_ options: String...) async -> Int32 {
    await Burin.run(["write", directory.path + "/image", stick, "--yes"] + options, in: world.context)
      .rawValue
  }

  func resume(_ options: String..., in world: FakeWorld? = nil) async -> Int32 {
    await Burin.run(["resume", stick, "--yes"] + options, in: (world ?? self.world).context).rawValue
  }

  /// What is listed as interrupted.
  func listing() async -> String {
    let fresh = FakeWorld()
    var context = fresh.context
    context.undo = world.context.undo
    _ = await Burin.run(["resume"], in: context)
    return fresh.stdout.text
  }

  /// Takes the end of the newest write back: the head is zero, and of the body the last part is what was there.
  func interrupt(_ suffixes: [String] = ["run", "undo"]) throws {
    try directory.run(
      """
      head -c 1048576 /dev/zero | dd of=stick conv=notrunc
      dd if=before of=stick bs=65536 skip=48 seek=48 count=32 conv=notrunc
      """)
    let slot = ProgressSlot(sequence: 90, progress: UndoProgress(stage: .begun, upTo: 64 << 20))
    for suffix in suffixes {
      // The newest of them, where there are several.
      try directory.write(slot.bytes, to: "slot")
      try directory.run(
        "f=$(ls -t '\(state)'/*.\(suffix) | head -1) && dd if=slot of=\"$f\" bs=4096 seek=\(slot.offset / 4096) conv=notrunc"
      )
    }
  }

  var isWritten: Bool { (try? directory.run("cmp -n 5242880 image stick")) != nil }
}

@Suite("burin resume")
struct ResumeTests {
  @Test("R8, R40: goes on over what is there, with the same proof, once")
  func goesOn() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0, "\(bench.world.stderr.text)")
    #expect(await bench.resume() == 7)
    #expect(bench.world.stderr.text.contains("[resume-nothing]"))
    try bench.interrupt()
    #expect(!bench.isWritten)
    #expect(await bench.resume() == 0, "\(bench.world.stderr.text)")
    #expect(bench.isWritten)
    #expect(bench.world.stdout.text.contains("were there already, as was read past every cache"))
    #expect(bench.world.stdout.text.contains("read from the medium past every cache, all equal"))
    #expect(await bench.resume() == 7, "nothing is left to go on with")
  }

  @Test("what was saved before the first run comes back after the last one")
  func undoes() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    try bench.interrupt()
    #expect(await bench.resume() == 0, "\(bench.world.stderr.text)")
    #expect(try bench.directory.run("ls '\(bench.state)' | grep -c undo") == "1\n", "nothing new was saved")
    #expect(await Burin.run(["undo", bench.stick, "--yes"], in: bench.world.context).rawValue == 0)
    #expect(try bench.directory.run("cmp stick before") == "")
  }

  @Test("R8: what was undone is not gone on with, nor what lay where a stick was made empty since")
  func settled() async throws {
    for command in ["undo", "restore"] {
      let bench = try Bench(mebibytes: 80)
      #expect(await bench.write() == 0, "\(bench.world.stderr.text)")
      try bench.interrupt()
      #expect(await bench.listing().contains("\(bench.directory.path)/image"))
      let status = await Burin.run([command, bench.stick, "--yes"], in: bench.world.context)
      #expect(status == .done, "\(command): \(bench.world.stderr.text)")
      try bench.directory.run("cp stick settled")
      #expect(await bench.listing() == "No write was interrupted, or none was noted.\n", "\(command)")
      #expect(await bench.resume() == 7, "\(command)")
      #expect(bench.world.stderr.text.contains("[resume-nothing]"), "\(command)")
      #expect(!bench.world.stderr.text.contains("went onto another disk"), "\(command)")
      #expect(try bench.directory.run("cmp stick settled") == "", "\(command)")
    }
  }

  @Test("R8: what saved nothing is not gone on with either where a stick was made empty since")
  func overwritten() async throws {
    let bench = try Bench(mebibytes: 80)
    #expect(await bench.write("--no-undo") == 0, "\(bench.world.stderr.text)")
    try bench.interrupt(["run"])
    #expect(await bench.listing().contains("\(bench.directory.path)/image"))
    #expect(await Burin.run(["restore", bench.stick, "--yes"], in: bench.world.context) == .done)
    #expect(await bench.listing() == "No write was interrupted, or none was noted.\n")
    #expect(await bench.resume() == 7)
  }

  @Test("R45: what another write onto the same stick has replaced is not said to be on another one")
  func replaced() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    try bench.interrupt()
    #expect(await bench.write() == 0, "\(bench.world.stderr.text)")
    #expect(await bench.listing() == "No write was interrupted, or none was noted.\n")
    #expect(await bench.resume() == 7)
    #expect(bench.world.stderr.text.contains("[resume-nothing]"))
    #expect(!bench.world.stderr.text.contains("went onto another disk"), "\(bench.world.stderr.text)")
  }

  @Test("what was completed without a note is not gone on with once more")
  func completedUnnoted() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    try bench.interrupt()
    #expect(await bench.resume("--no-history") == 0, "\(bench.world.stderr.text)")
    #expect(await bench.listing() == "No write was interrupted, or none was noted.\n")
    #expect(await bench.resume() == 7)
  }

  @Test("nor what saved nothing and was completed without a note")
  func completedUnsavedUnnoted() async throws {
    let bench = try Bench()
    #expect(await bench.write("--no-undo") == 0)
    try bench.interrupt(["run"])
    #expect(await bench.resume("--no-history") == 0, "\(bench.world.stderr.text)")
    #expect(bench.isWritten)
    #expect(await bench.listing() == "No write was interrupted, or none was noted.\n")
    #expect(await bench.resume() == 7)
  }

  @Test("R8: what lay where a stick was made empty since is not gone on with when no record is left")
  func overwrittenAndDeleted() async throws {
    let bench = try Bench(mebibytes: 80)
    #expect(await bench.write() == 0, "\(bench.world.stderr.text)")
    try bench.interrupt()
    #expect(await Burin.run(["restore", bench.stick, "--yes"], in: bench.world.context) == .done)
    try bench.directory.run("rm '\(bench.state)'/*.undo && cp stick settled")
    #expect(await bench.listing() == "No write was interrupted, or none was noted.\n")
    #expect(await bench.resume() == 7)
    #expect(try bench.directory.run("cmp stick settled") == "")
  }

  @Test("R8: says that only the interrupted write's leavings come back where the record is gone")
  func recordGone() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    try bench.interrupt()
    try bench.directory.run("rm '\(bench.state)'/*.undo")
    #expect(await bench.resume() == 0, "\(bench.world.stderr.text)")
    #expect(bench.isWritten)
    let words = bench.world.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(words.contains("before the interrupted write is not saved any more"), "\(words)")
  }

  @Test("lists what was interrupted, and where it goes on, in text and JSON")
  func lists() async throws {
    let bench = try Bench()
    #expect(await bench.world.run("resume") == 0)
    #expect(bench.world.stdout.text == "No write was interrupted, or none was noted.\n")
    #expect(await bench.write() == 0)
    try bench.interrupt()
    let text = FakeWorld()
    var context = text.context
    context.undo = bench.world.context.undo
    #expect(await Burin.run(["resume"], in: context) == .done)
    #expect(text.stdout.text.contains("\(bench.directory.path)/image"))
    // The image's length; the journal's bound is 64 MiB.
    #expect(text.stdout.text.contains("came   to 5.2 MB at most"), "\(text.stdout.text)")
    let json = FakeWorld()
    context = json.context
    context.undo = bench.world.context.undo
    #expect(await Burin.run(["resume", "--json"], in: context) == .done)
    #expect(try JSONOracle.accepts(json.stdout.text))
    #expect(json.stdout.text.contains(#""upTo": 5242880"#), "\(json.stdout.text)")
  }

  @Test("an image that was changed is refused, and so is another stick; nothing is written")
  func refuses() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    try bench.interrupt()
    try bench.directory.run("cp stick left && cp stick other")
    let other = FakeWorld()
    var context = other.context
    context.undo = bench.world.context.undo
    #expect(
      await Burin.run(["resume", "file:\(bench.directory.path)/other", "--yes"], in: context).rawValue == 7)
    #expect(other.stderr.text.contains("`burin resume` lists it"))
    try bench.directory.run("touch -d 2001-01-01 image")
    #expect(await bench.resume() == 3)
    #expect(bench.world.stderr.text.contains("[resume-image-changed]"))
    try bench.directory.run("rm image")
    #expect(await bench.resume() == 7)
    #expect(bench.world.stderr.text.contains("[image-not-found]"))
    #expect(try bench.directory.run("cmp stick left && cmp other left") == "")
  }

  @Test("R1: asks anew, and never without a target")
  func asks() async throws {
    let bench = try Bench()
    #expect(await bench.write() == 0)
    try bench.interrupt()
    #expect(await Burin.run(["resume", bench.stick], in: bench.world.context) == .targetRefused)
    #expect(bench.world.stderr.text.contains("[confirmation-impossible]"))
    #expect(await bench.world.run("resume", "--yes") == 64)
    #expect(await Burin.run(["resume", bench.stick, "--dry-run"], in: bench.world.context) == .done)
    #expect(bench.world.stdout.text.contains("write only those blocks of 65536 bytes that differ"))
    #expect(!bench.isWritten)
  }

  @Test("nothing is noted where nothing is to be")
  func notNoted() async throws {
    let bench = try Bench()
    #expect(await bench.write("--no-history") == 0)
    #expect((try? bench.directory.run("ls '\(bench.state)' | grep run-")) == nil)
  }

  @Test("R43: what is done afterwards is taken from the note, and that a fake is tolerated is not")
  func taken() async throws {
    let bench = try Bench()
    #expect(await bench.write("--allow-fake", "--fix-gpt", "--power-off") == 0)
    try bench.interrupt()
    let resumed = ResumeOrder(
      target: bench.stick, request: SafetyRequest(), isYes: true, isQuiet: true, isJSON: false)
    let order = try resumed.writeOrder(in: bench.world.context)
    #expect(order.fixesTable && order.powersOff && !order.ejects)
    #expect(order.probing == CapacityProbing(seed: 43, toleratesFake: false))
  }

  @Test("a note is read as it was made, and anything else is none")
  func note() async throws {
    let bench = try Bench()
    #expect(await bench.write("--digest", "none", "--allow-fake") == 0)
    let store = try bench.world.context.undo.store()
    let run = try #require(try store.runs().first).run
    let noted = try #require(InterruptedOrder(parsing: run.order))
    #expect(noted.image == bench.directory.path + "/image" && noted.fileByteCount == 5 << 20)
    #expect(noted.options.digest == .none && noted.options.probing.toleratesFake)
    #expect(noted.options.probing.seed == 43 && !noted.options.ejects && !noted.options.fixesTable)
    #expect(InterruptedOrder(parsing: Array(noted.json.line.string.utf8)) == noted)
    guard case .object(let members) = noted.json else { return }
    for name in members.map(\.key) {
      let fewer = JSONValue.object(members.filter { $0.key != name })
      #expect(InterruptedOrder(parsing: Array(fewer.line.string.utf8)) == nil, "\(name)")
    }
  }
}
