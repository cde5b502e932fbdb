import BlockIO
import DeviceProbe
import DeviceSafety
import Foundation
import ImageInspector
import ImageSource
import Sandbox
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// Remembers what was printed.
final class RecordingSink: TextSink {
  private let content = Mutex("")
  let capabilities: Capabilities
  let failure: Errno?

  init(_ capabilities: Capabilities = Capabilities(), failure: Errno? = nil) {
    self.capabilities = capabilities
    self.failure = failure
  }

  var text: String { content.withLock(\.self) }

  func write(_ text: SanitizedText) {
    guard failure == nil else { return }
    content.withLock { $0 += text.string }
  }
}

/// Answers questions from a list; without one there is no terminal.
final class ScriptedPrompter: Prompter {
  private let answers: Mutex<[PromptAnswer]>
  private let asked = Mutex("")
  let capabilities: Capabilities?

  init(_ answers: [PromptAnswer]?) {
    capabilities = answers.map { _ in
      Capabilities(isTerminal: true, redraws: true, hasColor: false, width: 80)
    }
    self.answers = Mutex(answers ?? [])
  }

  var text: String { asked.withLock(\.self) }

  func ask(
    _ text: SanitizedText, question: SanitizedText, unless interruption: PromptInterruption?
  ) -> PromptAnswer {
    asked.withLock { $0 += text.string + question.string + "\n" }
    return answers.withLock { $0.isEmpty ? .endOfInput : $0.removeFirst() }
  }
}

/// A world in which commands are run in-process.
struct FakeWorld {
  let stdout: RecordingSink
  let stderr = RecordingSink()
  let prompter: ScriptedPrompter
  var context: Context
  /// The state directory, with a name of its own.
  let state: ScratchDirectory?

  /// - Parameters:
  ///   - snapshot: the devices; probing their contents changes nothing.
  ///   - answers: what is typed; nil where there is no terminal.
  init(
    _ snapshot: DeviceSnapshot = DeviceSnapshot(), answers: [PromptAnswer]? = nil, signal: Int32? = nil,
    outputFailure: Errno? = nil, output: Capabilities = Capabilities()
  ) {
    stdout = RecordingSink(output, failure: outputFailure)
    prompter = ScriptedPrompter(answers)
    let clock = ContinuousClock()
    let start = clock.now
    state = try? ScratchDirectory()
    var context = Context(
      stdout: stdout, stderr: stderr, prompter: prompter, now: { start.duration(to: clock.now) },
      snapshot: { _, _ in snapshot }, probeContents: { _, _ in },
      contents: ContentsReader(named: \.contents) { disk, _ in disk.contents }, signatures: { _ in [] },
      unmount: { _, _ in }, user: "anna",
      inspect: { (image, member) throws(Refusal) in try Self.inspect(image, member) },
      stopSignal: { signal },
      undo: UndoEnvironment(
        directory: state.map { $0.path + "/burin" }, bootID: "this-start", time: { 1_763_713_812 }))
    context.probeSeed = { 43 }
    context.unpack = { (file, member) throws(ImageSourceError) in
      try CompressedImage(in: file, member: member, program: Self.program)
    }
    context.fetch = { url throws(ImageSourceError) in
      try FetchStream(
        url, environment: [:], patience: FetchPatience(stall: 2000, pause: 1, attempts: 3),
        program: Self.program)
    }
    context.inspectUnpacked = { image throws(Refusal) in try Self.inspect(unpacked: image) }
    context.compareTree = { image throws(Refusal) in try Self.compareTree(image) }
    context.nameFiles = { ranges, image in
      (try? ImageInspector.files(holding: ranges, in: FileBytes(adopting: image.reopened()))) ?? []
    }
    context.fetchBeside = {
      SmallFetch(
        $0, beside: $1, environment: [:], patience: FetchPatience(stall: 2000, pause: 1, attempts: 2),
        program: Self.program)
    }
    self.context = context
  }

  /// The program that was built together with the tests, which decodes for them.
  static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "burin").path()

  /// Looks at an image in this process: there is no burin to start here.
  private static func inspect(_ image: any SuppliedFile, _ member: String?) throws(Refusal) -> Inspected {
    do {
      let bytes = try FileBytes(adopting: image.reopened())
      let report =
        try image.seenByteCount == nil
        ? ImageInspector.inspect(bytes, member: member)
        : ImageInspector.inspect(beginning: bytes, member: member)
      return Inspected(report: report.completed(by: image), confinement: Confinement())
    } catch {
      throw Refusal(diagnostic: .inspectionSenseless(image: image.path))
    }
  }

  /// Looks at what came out of a packed file in this process, for the same reason.
  private static func inspect(unpacked image: StreamedFile) throws(Refusal) -> Inspected {
    do {
      let report = try ImageInspector.inspect(
        unpacked: FileBytes(adopting: image.reopened()), isWhole: image.seenByteCount == nil)
      return Inspected(report: report, confinement: Confinement())
    } catch { throw Refusal(diagnostic: .inspectionSenseless(image: image.path)) }
  }

  /// Compares an image with a list in it in this process, for the same reason.
  private static func compareTree(_ image: any SuppliedFile) throws(Refusal) -> TreeSums? {
    do { return try ConfinedComparison.compare(ConfinedComparison.open(image.reopened())) } catch {
      throw Refusal(diagnostic: .inspectionSenseless(image: image.path))
    }
  }

  /// Has the system trust the keys of one file, and no others.
  mutating func trust(_ keyring: String) {
    context.judge = { keyrings throws(Refusal) in
      try SystemJudge(keyrings: keyrings.isEmpty ? [keyring] : keyrings)
    }
  }

  /// Runs a command line; what it prints in JSON has to be as its schema says, and what it tells has to be collected for
  /// catalogues.
  func run(_ arguments: String...) async -> Int32 {
    let before = stdout.text.utf8.count
    let texts = CollectedTexts()
    let status = await texts.listening { await Burin.run(arguments, in: context).rawValue }
    #expect(
      texts.lacking == [], "packaging/translations/extract has to find these, or `names` has to have them")
    let printed = String(stdout.text.utf8.dropFirst(before)) ?? ""
    if printed.hasPrefix("{"), let file = arguments.first.flatMap(JSONSchema.file(forCommand:)) {
      let violations = Result { try JSONSchema(file).violations(ofText: printed) }
      #expect((try? violations.get()) == [], "\(arguments): \(violations)")
    }
    return status
  }
}
