import Synchronization
import Testing
import Writer

@testable import Commands
@testable import Terminal

@Suite("Progress, while it is shown")
struct ProgressReporterTests {
  static let forms: [ProgressReporter.Form] = [.text, .json]

  @Test("a run that ends is not kept until the next picture is due", arguments: Self.forms)
  func end(form: ProgressReporter.Form) async {
    let clock = ContinuousClock()
    let looks = Atomic<Int>(0)
    var world = FakeWorld()
    world.context.now = { .seconds(looks.add(1, ordering: .relaxed).newValue) }
    world.context.pictureInterval = .seconds(600)
    let meter = ProgressMeter()
    meter.begin(.writing, total: 1 << 30)
    var ended = clock.now
    await ProgressReporter.showing(meter, in: world.context, as: form) {
      // The first is the beginning, the second is in a picture.
      while looks.load(ordering: .relaxed) < 2 { await Task.yield() }
      ended = clock.now
    }
    #expect(clock.now - ended < .seconds(300))
  }

  @Test("R7: while a person is waited for a line lives on a terminal, and elsewhere nothing is said twice")
  func waiting() async {
    for redraws in [true, false] {
      var world = FakeWorld()
      let looks = Atomic<Int>(0)
      let said = RecordingSink(Capabilities(isTerminal: redraws, redraws: redraws))
      world.context.stderr = said
      world.context.now = { .seconds(looks.add(1, ordering: .relaxed).newValue) }
      let tracks = ["a", "b"].map { ProgressTrack(ProgressMeter(), name: "/dev/sd\($0)", id: $0) }
      for count in [1, 2] {
        let shown = Array(tracks.prefix(count))
        looks.store(0, ordering: .relaxed)
        for track in shown { track.meter.begin(.unplugging) }
        shown[0].say("now unplug it")
        await ProgressReporter.showing(shown, in: world.context, as: .text) {
          while looks.load(ordering: .relaxed) < (redraws ? 2 : 3) { await Task.yield() }
        }
      }
      #expect(said.text.contains("unplug it  ") == redraws, "\(said.text)")
      #expect(said.text.split(separator: "now unplug it\n", omittingEmptySubsequences: false).count == 3)
    }
  }

  @Test("programs are told by events that a person is waited for, not once a second")
  func waitingAsJSON() async {
    var world = FakeWorld()
    let looks = Atomic<Int>(0)
    world.context.now = { .seconds(looks.add(1, ordering: .relaxed).newValue) }
    let meter = ProgressMeter()
    meter.begin(.replugging)
    await ProgressReporter.showing(meter, in: world.context, as: .json) {
      while looks.load(ordering: .relaxed) < 2 { await Task.yield() }
    }
    #expect(world.stdout.text.isEmpty)
  }
}
