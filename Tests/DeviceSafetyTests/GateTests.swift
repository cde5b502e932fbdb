import BlockIO
import DeviceProbe
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import DeviceSafety

/// The gate on paths and virtual sticks, which needs neither root nor devices.
@Suite("The gate")
struct GateTests {
  private let scratch: ScratchDirectory
  private let content = [UInt8].random(1 << 20, seed: 1)

  init() throws {
    scratch = try ScratchDirectory()
    try scratch.write(content, to: "stick")
  }

  private var path: String { scratch.path + "/stick" }
  private var argument: TargetArgument { .virtualStick(path: path) }

  private func gate(_ snapshot: DeviceSnapshot = DeviceSnapshot()) -> TargetGate {
    // A tool that another test starts holds our lock between its fork and its exec.
    TargetGate(lockAttempts: 10) { snapshot }
  }

  private func refusal(
    of argument: TargetArgument, in snapshot: DeviceSnapshot = DeviceSnapshot(),
    _ request: SafetyRequest = SafetyRequest()
  ) -> GateError? {
    do throws(GateError) {
      _ = try gate(snapshot).open(argument, request)
      return nil
    } catch { return error }
  }

  private func objections(of argument: TargetArgument, in snapshot: DeviceSnapshot) -> [Objection] {
    guard case .refused(let assessment) = refusal(of: argument, in: snapshot) else { return [] }
    return assessment.objections
  }

  @Test(
    "R1: no argument means no target, even where a single stick is plugged in", arguments: ["", " ", "-"])
  func noDefault(text: String) {
    let error = refusal(of: TargetArgument(parsing: text), in: Machine.idle())
    #expect(error == .notFound(path: text))
  }

  @Test("R3: what is no block device is refused by its kind, and nothing is created")
  func kinds() throws {
    try scratch.run("mkdir dir; mkfifo fifo; ln -s nowhere dangling; ln -s stick link; ln -s loop loop")
    let here = scratch.path
    #expect(refusal(of: .path(path)) == .regularFile(path: path))
    #expect(refusal(of: .path(here + "/link")) == .regularFile(path: here + "/link"))
    #expect(refusal(of: .path(here + "/dir")) == .directory(path: here + "/dir"))
    #expect(refusal(of: .path(here + "/fifo")) == .notBlockDevice(path: here + "/fifo", kind: .fifo))
    #expect(refusal(of: .path("/dev/null")) == .notBlockDevice(path: "/dev/null", kind: .characterDevice))
    #expect(refusal(of: .path(here + "/dangling")) == .danglingLink(path: here + "/dangling"))
    #expect(refusal(of: .path(here + "/missing")) == .notFound(path: here + "/missing"))
    #expect(refusal(of: .path(path + "/below")) == .notFound(path: path + "/below"))
    guard case .system = refusal(of: .path(here + "/loop")) else {
      Issue.record("a link to itself")
      return
    }
    try scratch.run("test ! -e missing && test ! -e nowhere")
  }

  @Test("R3: a virtual stick is a regular file that exists, never a link, device or FIFO")
  func virtualKinds() throws {
    try scratch.run("mkdir dir; mkfifo fifo; ln -s stick link")
    let here = scratch.path
    for (name, kind) in [("dir", FileState.Kind.directory), ("fifo", .fifo), ("link", .other)] {
      let expected = GateError.notRegularFile(path: "\(here)/\(name)", kind: kind)
      #expect(refusal(of: .virtualStick(path: "\(here)/\(name)")) == expected)
    }
    #expect(
      refusal(of: .virtualStick(path: "/dev/null"))
        == .notRegularFile(path: "/dev/null", kind: .characterDevice))
    #expect(refusal(of: .virtualStick(path: here + "/none")) == .notFound(path: here + "/none"))
    #expect(refusal(of: .virtualStick(path: "")) == .notFound(path: ""))
  }

  @Test("R10: an empty virtual stick has no medium, and one of broken size is refused")
  func sizes() throws {
    try scratch.write([], to: "empty")
    try scratch.write([0], to: "ragged")
    let empty = scratch.path + "/empty"
    let ragged = scratch.path + "/ragged"
    #expect(refusal(of: .virtualStick(path: empty)) == .noMedium(path: empty))
    #expect(
      refusal(of: .virtualStick(path: ragged)) == .raggedSize(path: ragged, byteCount: 1, blockSize: 512))
    try scratch.write([UInt8](repeating: 0, count: 512), to: "ragged")
    let large = SafetyRequest(virtualBlockSize: 4096)
    #expect(
      refusal(of: .virtualStick(path: ragged), large)
        == .raggedSize(path: ragged, byteCount: 512, blockSize: 4096))
  }

  private func refusal(of argument: TargetArgument, _ request: SafetyRequest) -> GateError? {
    refusal(of: argument, in: DeviceSnapshot(), request)
  }

  @Test("R14, R20: a virtual stick that is swap, the image or the program itself is refused by any name")
  func virtualUses() throws {
    try scratch.run("ln stick other-name")
    let other = scratch.path + "/other-name"
    let swap = DeviceSnapshot(swaps: [SwapArea(path: other, device: nil, isFile: true)])
    #expect(objections(of: argument, in: swap).map(\.id) == [.swap])
    for (purpose, id) in [(Anchor.Purpose.image, Objection.ID.holdsImage), (.executable, .systemDisk)] {
      let anchored = DeviceSnapshot(anchors: [Anchor(purpose: purpose, path: other, devices: [])])
      #expect(objections(of: argument, in: anchored).map(\.id) == [id])
    }
  }

  @Test("R6: without a list of swap areas no file is known to be idle")
  func unknownSwaps() {
    let snapshot = DeviceSnapshot(unreadable: [UnreadableSource(path: "/proc/swaps", reason: "EIO")])
    #expect(objections(of: argument, in: snapshot).map(\.id) == [.unknownAttribute])
  }

  @Test(
    "R14: what comes to use a virtual stick after the first look, or while the person reads", arguments: 2...3
  )
  func usedMeanwhile(look: Int) throws {
    let looks = Looks()
    let path = path
    let gate = TargetGate(lockAttempts: 1) {
      let isLate = looks.next() >= look
      return DeviceSnapshot(swaps: isLate ? [SwapArea(path: path, device: nil, isFile: true)] : [])
    }
    do throws(GateError) {
      _ = try gate.open(argument).approve(confirming: .assumed())
      Issue.record("look \(look) sees nothing")
    } catch {
      guard case .refused(let assessment) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(assessment.objections.map(\.id) == [.swap])
    }
  }

  @Test("R16: a lock of a virtual machine refuses the target")
  func machineLock() throws {
    let machine = try OwnedDescriptor(opening: FilePath(path), [.write])
    try machine.lockAgainstMachines()
    let found = objections(of: argument, in: DeviceSnapshot())
    #expect(found.map(\.id) == [.busy])
    #expect(found.map(\.rule) == ["R16"])
  }

  @Test("R16, R30: a lock of a partitioning program refuses the target, and ours keep others out")
  func probeLock() throws {
    let other = try OwnedDescriptor(opening: FilePath(path))
    try other.lockAgainstProbes()
    #expect(objections(of: argument, in: DeviceSnapshot()).map(\.rule) == ["R30"])
    try scratch.write(content, to: "free")
    let free = scratch.path + "/free"
    let pending = try gate().open(.virtualStick(path: free))
    let late = try OwnedDescriptor(opening: FilePath(free), [.write])
    #expect(throws: SystemCallError.self) { try late.lockAgainstProbes() }
    #expect(throws: SystemCallError.self) { try late.lockAgainstMachines() }
    #expect(pending.identity.isVirtual)
    _ = consume pending
    // A process that another test is about to start shares all descriptors until it becomes its program.
    var failure: SystemCallError?
    let deadline = ContinuousClock.now + .seconds(10)
    repeat {
      sched_yield()
      failure = nil
      do throws(SystemCallError) {
        try late.lockAgainstProbes()
        try late.lockAgainstMachines()
      } catch { failure = error }
    } while failure != nil && ContinuousClock.now < deadline
    #expect(failure == nil)
  }

  @Test("R28: what was opened is written, whatever its path leads to by then")
  func boundToTheDescriptor() throws {
    let pending = try gate().open(argument)
    try scratch.run("mv stick moved && cp moved stick")
    let approved = try pending.approve(confirming: .assumed())
    let zeros = AlignedBuffer(byteCount: 4096)
    try approved.write(zeros, range: 0..<4096, at: 0)
    #expect(try scratch.contents("stick") == content)
    #expect(try scratch.contents("moved").prefix(4096).holdsOnly(0))
  }

  @Test("R15: an approval or a look counts for a moment, but what is opened is compared all the same")
  func justApproved() throws {
    let looks = Mutex(0)
    let gate = TargetGate(lockAttempts: 10) {
      looks.withLock { $0 += 1 }
      return DeviceSnapshot()
    }
    let approved = try gate.open(argument).approve(confirming: .typed(id: "file:" + path))
    let before = looks.withLock(\.self)
    try approved.recheck(ifOlderThan: .seconds(3600))
    #expect(looks.withLock(\.self) == before)
    let later = ContinuousClock.now + .seconds(7200)
    try approved.recheck(ifOlderThan: .seconds(3600), at: later)
    #expect(looks.withLock(\.self) == before + 1)
    try approved.recheck(ifOlderThan: .seconds(3600), at: later + .seconds(1))
    #expect(looks.withLock(\.self) == before + 1, "the look itself counts")
    try scratch.run("truncate -s 512K stick")
    do throws(RecheckError) {
      try approved.recheck(ifOlderThan: .seconds(3600))
      Issue.record("the comparison sees nothing")
    } catch { #expect(error == .changed(.size(expected: 1 << 20, found: 1 << 19))) }
  }

  @Test("R29: a size that changes after opening or after approval is noticed")
  func sizeChange() throws {
    let change = IdentityChange.size(expected: 1 << 20, found: 1 << 19)
    let approved = try gate().open(argument).approve(confirming: .typed(id: "file:" + path))
    try approved.recheck()
    try scratch.run("truncate -s 512K stick")
    do throws(RecheckError) {
      try approved.recheck()
      Issue.record("the recheck sees nothing")
    } catch { #expect(error == .changed(change)) }
    _ = consume approved

    try scratch.write(content, to: "stick")
    let pending = try gate().open(argument)
    try scratch.run("truncate -s 512K stick")
    #expect(refusal(approving: pending, .assumed()) == .changed(change))
  }

  private func refusal(approving pending: consuming PendingTarget, _ confirmation: DeviceSafety.Confirmation)
    -> GateError?
  {
    do throws(GateError) {
      _ = try pending.approve(confirming: confirmation)
      return nil
    } catch { return error }
  }

  @Test("R33: until the person's word, and with a wrong one, every byte stays as it was")
  func nothingIsWritten() throws {
    let before = try scratch.run("stat -c '%Y %Z %b' stick")
    for confirmation in [DeviceSafety.Confirmation.typed(id: "yes"), .assumed(confirmed: "yes")] {
      let error = refusal(approving: try gate().open(argument), confirmation)
      #expect(error == .notConfirmed(.id(expected: "file:" + path, found: "yes")))
    }
    _ = try gate().open(argument)
    // Even approved, nothing is written before somebody does.
    _ = try gate().open(argument).approve(confirming: .assumed())
    #expect(try scratch.contents("stick") == content)
    #expect(try scratch.run("stat -c '%Y %Z %b' stick") == before)
  }

  @Test("R34: an image larger than the target is refused before anything is written")
  func room() throws {
    let pending = try gate().open(argument)
    try pending.requireRoom(for: 1 << 20)
    do throws(GateError) {
      try pending.requireRoom(for: 1 << 20 + 1)
      Issue.record("it does not fit")
    } catch { #expect(error == .tooSmall(needed: 1 << 20 + 1, capacity: 1 << 20)) }
  }

  @Test("R11: what is forbidden at first sight is not even opened")
  func notOpened() throws {
    // A path that nobody can open: only the rules can have answered.
    let snapshot = Machine.idle().with { $0.mounts = [Machine.mount(Machine.firstPartition, "/a")] }
      .withStick { $0.path = "/nonexistent/node" }
    let id = TargetID(of: try #require(snapshot[Machine.stick]))
    #expect(objections(of: .id(id), in: snapshot).map(\.id) == [.mounted])
  }

  @Test("R27: a node that cannot be opened exclusively for writing is not opened otherwise")
  func noFallback() throws {
    try scratch.run("ln -s /dev/null node")
    func error(_ path: String) throws -> GateError? {
      let snapshot = Machine.idle().withStick { $0.path = path }
      return refusal(of: .id(TargetID(of: try #require(snapshot[Machine.stick]))), in: snapshot)
    }
    #expect(try error("/nonexistent/node") == .notFound(path: "/nonexistent/node"))
    // The node has become a link, or another kind of file.
    #expect(try error(scratch.path + "/node") == .changed(.device))
    #expect(try error(path) == .changed(.device))
  }
}

/// Counts how often the gate looks at the machine.
private final class Looks: Sendable {
  private let count = Atomic<Int>(0)

  /// The number of this look, from 1.
  func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
