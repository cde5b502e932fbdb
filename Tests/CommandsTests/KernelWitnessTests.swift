import ImageSource
import ImageTrust
import Synchronization
import SystemPackage
import Testing

@testable import BlockIO
@testable import Commands
@testable import Terminal
@testable import Writer

/// A kernel that has said something already, and says something more.
private final class TalkativeKernel: KernelRecordSource {
  private let said: Mutex<[String]>
  private let later: [String]

  init(before: [String], later: [String]) {
    said = Mutex(before)
    self.later = later
  }

  func skip() { said.withLock { $0 = later } }

  func records() -> [KernelRecord] {
    said.withLock { said in
      defer { said = [] }
      return said.compactMap { KernelRecord(parsing: Array("3,1,1,-;\($0)".utf8)) }
    }
  }
}

@Suite("What the kernel said, in the report of a write that failed")
struct KernelWitnessTests {
  private let disk = "sdb"

  private func names() throws -> KernelNames {
    try #require(KernelNames(of: DeviceNumber(major: 8, minor: 16), link: "../../devices/virtual/block/sdb"))
  }

  @Test("only what was said since, only of this disk, at most ten lines, and nothing that a terminal obeys")
  func quoted() throws {
    let names = try names()
    let line = "I/O error, dev \(disk), sector"
    let kernel = TalkativeKernel(
      before: ["\(line) 1"],
      later: ["something else", "\(disk): \u{1B}[2J"] + (2...13).map { "\(line) \($0)" })
    let texts = KernelWitness(kernel, names).texts().map(\.string)
    #expect(texts.count == 11)
    #expect(texts.first?.hasPrefix("the kernel: \(disk): ") == true && !texts.joined().contains("\u{1B}"))
    #expect(texts[1] == "the kernel: \(line) 2" && texts.last == "the kernel said 3 more lines about it")
  }

  @Test("of several disks each hears its own lines, whoever asks first")
  func shared() throws {
    let other = try #require(
      KernelNames(of: DeviceNumber(major: 8, minor: 32), link: "../../devices/virtual/block/sdc"))
    let log = SharedKernelLog(
      TalkativeKernel(before: ["dev sdb 1"], later: ["dev sdb 2", "dev sdc 3", "dev sdb 4"]))
    let witnesses = [KernelWitness(log, try names()), KernelWitness(log, other)]
    #expect(witnesses[1].texts().map(\.string) == ["the kernel: dev sdc 3"])
    #expect(witnesses[0].texts().map(\.string) == ["the kernel: dev sdb 2", "the kernel: dev sdb 4"])
  }

  @Test("R38: answers that the C library has words of something else for are told in words of disks")
  func words() {
    for code in [61, 67, 52, 84, 121] {
      let errno = Errno(rawValue: CInt(code))
      let diagnostic = Diagnostic(
        device: "it", SystemCallError(call: "pwrite", errno: errno), doing: "writing", 4096)
      let text = diagnostic.because.map(\.string).joined()
      #expect(text.hasPrefix("writing at byte 4096 (sector 8): pwrite: "))
      #expect(text.hasSuffix(" (errno \(code))"))
      #expect(!text.contains(errno.description), "\(text)")
    }
  }

  @Test("it is quoted where the disk is why a write failed, and nowhere else")
  func onlyThen() throws {
    let names = try names()
    let failures: [(WriteError, Bool)] = [
      (.device(SystemCallError(call: "pwrite", errno: .ioError), during: .write, offset: 7), true),
      (.mismatch(Differences()), true), (.cancelled, false), (.image(.abandoned), false),
    ]
    for (error, isQuoted) in failures {
      let kernel = TalkativeKernel(before: [], later: ["dev \(disk) failed"])
      let witnesses = WriteSession.Witnesses(nil, .init(), nil, KernelWitness(kernel, names))
      #expect(witnesses.texts(error, Standstill()).isEmpty != isQuoted)
    }
    let diagnostic = Diagnostic(.deviceFailed, .deviceFailed, "it failed", because: ["a"], toFix: "c")
    #expect(diagnostic.adding(because: ["b"]).because.map(\.string) == ["a", "b"])
    #expect(diagnostic.adding(because: []) == diagnostic)
  }
}

@Suite("A run that is to be stopped")
struct StopNoticeTests {
  @Test("says that it waits for the disk, once, where that takes more than a second", arguments: [1, 2])
  func told(runs: Int) async {
    let calls = Atomic<Int>(0)
    var world = FakeWorld(signal: 2)
    world.context.now = { .seconds(calls.add(1, ordering: .relaxed).newValue) }
    let (stderr, tracks) = (world.stderr, (0..<runs).map { ProgressTrack(ProgressMeter(), name: "\($0)") })
    for track in tracks { track.meter.begin(.writing, total: 1 << 30) }
    await ProgressReporter.showing(tracks, in: world.context, as: .text) {
      while !stderr.text.contains("a second Ctrl-C") { await Task.yield() }
    }
    #expect(stderr.text.split(separator: "\n").count { $0.contains("stopping") } == 1)
  }
}
