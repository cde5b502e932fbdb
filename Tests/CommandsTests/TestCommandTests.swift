import BlockIO
import DeviceSafety
import Documents
import ImageSource
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import UndoStore
@testable import Writer

@Suite("burin test")
struct TestCommandTests {
  private let scratch: ScratchDirectory

  init() throws {
    scratch = try ScratchDirectory()
    try scratch.run("yes old content | head -c \(5 << 20) >stick && cp stick before")
  }

  private var stick: String { "file:\(scratch.path)/stick" }
  private var isAsBefore: Bool { (try? scratch.run("cmp stick before")) != nil }

  private func test(
    _ options: String..., in world: FakeWorld = FakeWorld()
  ) async -> (status: Int32, out: String, error: String) {
    let status = await Burin.run(["test", stick] + options, in: world.context).rawValue
    return (status, world.stdout.text, world.stderr.text)
  }

  /// What a test of a stick of 64 GB is said to have found.
  private func outcome(
    _ mode: TestMode = .full, state: TestedState = .blank, signal: Int32? = nil, canUndo: Bool = false,
    _ change: (inout TestReport) -> Void
  ) -> TestOutcome {
    var report = TestReport(mode, claimed: 64_000_000_000)
    report.writtenByteCount = 63_998_951_424
    report.state = state
    change(&report)
    let order = TestOrder(
      target: "usb-00000000", mode: mode, request: SafetyRequest(), isYes: true, saves: true, seed: 1,
      isQuiet: false, isJSON: false)
    return TestOutcome(
      order: order, path: "/dev/sdb", id: "usb-00000000", name: "Stick", report: report, signal: signal,
      unproven: [], canUndo: canUndo)
  }

  private func text(_ outcome: TestOutcome) -> String {
    outcome.lines(for: Capabilities()).map(\.string).joined(separator: "\n")
  }

  @Test("a good one: 0, what is proven and what is not, how fast it was, and blank afterwards")
  func good() async throws {
    let result = await test("--yes")
    #expect(result.status == 0, "\(result.error)")
    for words in [
      "holds all of the 5.2 MB that it claims", "5 242 880 bytes read past every cache, all equal",
      "average", "written  |", "read     |", "blank: what was on it is gone", "not unplugged",
    ] {
      #expect(result.out.contains(words), "\(words)")
    }
    #expect(try scratch.run("head -c 1048576 stick | tr -d '\\0'; tail -c 1048576 stick | tr -d '\\0'") == "")
    #expect(try scratch.run("grep -c 'old content' stick || true") == "0\n")
  }

  @Test("R1, R33: it asks as a write does, and any other answer changes nothing", arguments: ["", "yes"])
  func declined(answer: String) async throws {
    let asking = FakeWorld(answers: [.line(answer)])
    #expect(await test(in: asking).status == 5)
    #expect(asking.prompter.text.contains("everything on it destroyed"))
    #expect(await test(in: FakeWorld(answers: nil)).status == 2)
    #expect(isAsBefore)
  }

  @Test("R10: an empty virtual stick is told how to be made, for nobody can put a card into it")
  func empty() async throws {
    try scratch.write([], to: "stick")
    for options in [["--yes"], ["--read-only"]] {
      let world = FakeWorld()
      let status = await Burin.run(["test", stick] + options, in: world.context).rawValue
      let error = world.stderr.text
      #expect(status == 2 && error.contains("[target-ragged-size]"), "\(error)")
      #expect(error.contains("truncate --size=8G FILE") && !error.contains("card"), "\(error)")
    }
  }

  @Test("a quick one leaves every byte as it was, saves them first, and does not offer them afterwards")
  func quick() async throws {
    let world = FakeWorld()
    let result = await test("--quick", "--yes", in: world)
    #expect(result.status == 0, "\(result.error)")
    #expect(isAsBefore)
    for words in [
      "keeps what was written to it at", "as it was: what was there is back", "some places were probed",
    ] {
      #expect(result.out.contains(words), "\(words)")
    }
    let state = try #require(world.state)
    #expect(try state.run("ls burin | wc -l").contains("1"))
    #expect(await world.run("undo", stick, "--yes") == 7, "it was put back already")
    let without = FakeWorld()
    #expect(await test("--quick", "--no-undo", "--yes", in: without).status == 0)
    #expect(try #require(without.state).run("ls -A") == "output.text\n")
  }

  @Test("what a quick one could not put back, burin undo brings back")
  func undone() async throws {
    let world = FakeWorld()
    let context = world.context
    // Stopped with the marks in place, as by SIGKILL: nothing after the first write is done.
    let order = TestOrder(
      target: stick, mode: .quick, request: SafetyRequest(), isYes: true, saves: true, seed: 1, isQuiet: true,
      isJSON: false)
    let gate = TargetGate(snapshot: { order.snapshot(in: context) }, contents: context.contents)
    let pending = try gate.open(TargetArgument(parsing: stick), order.request)
    let plan = try WritePlan(imageLength: .unknown, geometry: pending.identity.geometry, digest: .none)
    let places = TestPlaces(of: plan, seed: 1)
    // Let go of at once, as its process is.
    try await TestSession(order: order, context: context).save(places, of: pending, plan).willBegin()
    let id = pending.consent.id
    let target = try pending.approve(confirming: .typed(id: id))
    var memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    for place in places.written {
      TestPattern().fill(&memory, range: 0..<place.count, at: place.lowerBound)
      try target.write(memory, range: 0..<place.count, at: place.lowerBound)
    }
    _ = consume target
    #expect(!isAsBefore)
    #expect(await Burin.run(["undo", stick, "--yes"], in: context).rawValue == 0, "\(world.stderr.text)")
    #expect(isAsBefore)
  }

  @Test("R44: one that is too small for a quick test is refused before anybody is asked")
  func tooSmall() async throws {
    try scratch.run("head -c 1048576 before >stick")
    let world = FakeWorld(answers: [])
    let result = await test("--quick", in: world)
    #expect(result.status == 2 && result.error.contains("[test-too-small]"), "\(result.error)")
    #expect(world.prompter.text.isEmpty)
    #expect(try scratch.run("head -c 1048576 before | cmp - stick && echo same") == "same\n")
  }

  @Test("a quick one that was stopped before it changed anything leaves nothing for burin undo")
  func stoppedEarly() async throws {
    let world = FakeWorld()
    let context = world.context
    let order = TestOrder(
      target: stick, mode: .quick, request: SafetyRequest(), isYes: true, saves: true, seed: 1, isQuiet: true,
      isJSON: false)
    let gate = TargetGate(snapshot: { order.snapshot(in: context) }, contents: context.contents)
    let pending = try gate.open(TargetArgument(parsing: stick), order.request)
    let plan = try WritePlan(imageLength: .unknown, geometry: pending.identity.geometry, digest: .none)
    let session = TestSession(order: order, context: context)
    let undo = try await session.save(TestPlaces(of: plan, seed: 1), of: pending, plan)
    try undo.willBegin()
    _ = consume pending
    TestSession.settle(undo, .untouched)
    #expect(await Burin.run(["undo", stick, "--yes"], in: context).rawValue == 7, "\(world.stderr.text)")
    #expect(isAsBefore)
  }

  @Test("one that only reads writes nothing and asks nothing")
  func readOnly() async throws {
    let result = await test("--read-only")
    #expect(result.status == 0, "\(result.error)")
    #expect(isAsBefore && result.out.contains("all 5.2 MB of") && result.out.contains("nothing was written"))
    #expect(await test("--read-only", "--quick").status == 64)
  }

  @Test(
    "JSON Lines: start, progress, result", arguments: [["--yes"], ["--quick", "--yes"], ["--read-only"]])
  func json(options: [String]) async throws {
    let world = FakeWorld()
    #expect(await Burin.run(["test", stick, "--json"] + options, in: world.context).rawValue == 0)
    let lines = world.stdout.text.split(separator: "\n").map(String.init)
    #expect(try JSONOracle.accepts(lines: lines))
    #expect(lines.first?.contains("\"event\":\"start\"") == (options != ["--read-only"]))
    let last = try #require(lines.last)
    for words in [#""exitCode":0"#, #""complete":true"#, #""kind":"as-claimed""#, #""badPlaces":0"#] {
      #expect(last.contains(words), "\(words)")
    }
  }

  @Test("R43: a fake is 10, with its size in words and numbers")
  func fake() {
    let wraps = outcome {
      $0.surface.append(0..<32_000_000_000, .stray(distance: 32_000_000_000))
      $0.surface.append(32_000_000_000..<64_000_000_000, nil)
      $0.size = .wraps(at: 32_000_000_000)
    }
    #expect(wraps.diagnostic?.id == .fakeCapacity && wraps.diagnostic?.exit.rawValue == 10)
    #expect(text(wraps).contains("claims 64.0 GB and has 32.0 GB in truth (32 000 000 000 bytes)"))
    #expect(text(wraps).contains("holds what was written 32 000 000 000 bytes further on"))
    #expect(wraps.json["tested"]?["size"]?["kind"] == .string("wraps"))
    #expect(text(wraps).contains("its first MiB is zero") && !text(wraps).contains("both its ends"))
    #expect(!text(wraps).contains("pretended to be memory"), "nobody asks that of a fake")
    let probed = outcome(.quick, state: .restored) {
      $0.surface.append(0..<4096, nil)
      $0.size = .between(0, 1 << 30)
    }
    #expect(
      text(probed).contains("a test without `--quick` finds that") && !text(probed).contains("all of the"))
    let sizes: [TrueSize] = [.ends(at: 1), .keeps(2), .between(0, 3), .between(1, 3), .asClaimed]
    #expect(sizes.map { $0.texts(claimed: 9, isExact: true).count } == [1, 1, 1, 1, 0])
  }

  @Test("a bad place is 10, and is named; so is data that could not be put back")
  func bad() {
    let bad = outcome {
      $0.surface.append(0..<4096, nil)
      $0.surface.append(4096..<8192, .unreadable)
      $0.surface.append(8192..<64_000_000_000, nil)
    }
    #expect(bad.diagnostic?.id == .mediumBad && bad.diagnostic?.exit.rawValue == 10)
    #expect(text(bad).contains("bytes 4096 to 8191, 4 096 bytes: cannot be read"))
    let lost = outcome(.quick, state: .notRestored([4096..<8192]), canUndo: true) {
      $0.surface.append(0..<4096, nil)
    }
    #expect(lost.diagnostic?.id == .dataNotRestored)
    #expect(text(lost).contains("the first at byte 4096; `burin undo usb-00000000` can try again"))
  }

  @Test("R44: ends that are not zero, and requests that had to be made again, are no success")
  func notQuiteGood() {
    let dirty = outcome(state: .unknown) { $0.surface.append(0..<64_000_000_000, nil) }
    #expect(dirty.diagnostic?.exit == .mediumBad && text(dirty).contains("failed the test"))
    let flaky = outcome {
      $0.surface.append(0..<64_000_000_000, nil)
      $0.repeatedCount = 2
    }
    #expect(flaky.diagnostic?.exit == .mediumBad)
    #expect(text(flaky).contains("2 requests failed and succeeded when they were made again"))
    #expect(flaky.json["tested"]?["repeatedRequests"] == .unsigned(2))
  }

  @Test("R45: stopped, it says what was known, and never ends with 0")
  func stopped() {
    let writing = outcome(signal: 2) { $0.stop = .cancelled }
    #expect(writing.diagnostic?.exit.rawValue == 130)
    #expect(text(writing).contains("nothing was read back yet") && text(writing).contains("so far"))
    #expect(writing.json["tested"]?["size"]?["kind"] == .string("unknown"))
    let reading = outcome(signal: 15) {
      $0.surface.append(0..<8192, nil)
      $0.stop = .cancelled
    }
    #expect(reading.diagnostic?.exit.rawValue == 143)
    #expect(text(reading).contains("8 192 bytes read past every cache, all equal"))
    #expect(reading.json["tested"]?["size"]?["kind"] == .string("as-claimed"))
    let marking = outcome(.quick, state: .restored, signal: 2) { $0.stop = .cancelled }
    #expect(marking.json["tested"]?["size"]?["kind"] == .string("unknown"))
    #expect(text(marking).contains("claims: nothing was read back") && !text(marking).contains("were probed"))
    let unplugged = outcome(state: .unknown) {
      $0.stop = .device(
        SystemCallError(call: "pread", errno: .operationNotSupportedByDevice), during: .readBack, offset: 4096
      )
    }
    #expect(unplugged.diagnostic?.exit == .deviceFailed && unplugged.diagnostic?.leaves != nil)
  }

  @Test("stopped where nothing is lost it is interrupted, else incomplete")
  func interrupted() {
    let states: [(TestMode, TestedState, DiagnosticID)] = [
      (.readOnly, .untouched, .interrupted), (.quick, .untouched, .interrupted),
      (.quick, .restored, .interrupted), (.quick, .notRestored([4096..<8192]), .incomplete),
      (.full, .untouched, .interrupted), (.full, .blank, .incomplete), (.full, .unknown, .incomplete),
    ]
    for (mode, state, id) in states {
      let stopped = outcome(mode, state: state, signal: 15) { $0.stop = .cancelled }
      #expect(stopped.diagnostic?.id == id && stopped.diagnostic?.exit.rawValue == 143, "\(mode) \(state)")
    }
  }

  @Test("only what could be read is counted as read")
  func readBytes() {
    let bad = outcome(.readOnly, state: .untouched) {
      $0.surface.append(0..<8192, nil)
      $0.surface.append(8192..<12288, .unreadable)
    }
    #expect(text(bad).contains("8 192 bytes read past every cache"))
    #expect(bad.json["tested"]?["bytesRead"] == .unsigned(8192))
  }

  @Test("the graph has a digit for each part, and marks the bad ones")
  func graph() {
    let outcome = outcome {
      $0.surface.append(0..<4096, nil)
      $0.surface.append(4096..<8192, .zeros)
      $0.reading = .seconds(3)
      $0.readRates = [
        RateSample(range: 0..<4096, bytesPerSecond: 90e6),
        RateSample(range: 4096..<8192, bytesPerSecond: 40e6),
        RateSample(range: 8192..<12288, bytesPerSecond: 20e6),
        RateSample(range: 12288..<16384, bytesPerSecond: nil),
      ]
    }
    #expect(text(outcome).contains("read     |9!2 | 9 is 90.0 MB/s"))
    #expect(text(outcome).contains("slowest") && text(outcome).contains("20.0 MB/s"))
  }
}
