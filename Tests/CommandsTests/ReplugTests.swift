import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import FuzzTargets
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import Writer

@Suite("burin write --verify=replug")
struct ReplugTests {
  private let back = ReplugBench.disk("sdc", 22)

  @Test("R31, R41: unplugged and plugged in again under another name and ID, all of it is read once more")
  func success() async throws {
    let bench = try ReplugBench()
    try bench.put(bench.image, on: "sdc")
    let outcome = try await bench.wait([[bench.stick], [], [back]])
    #expect(outcome.isEqual && outcome.disk == back)
    let count = SanitizedText(exactBytes: 1_300_480).string
    #expect(outcome.text?.string.contains("plugged in again as /dev/sdc, and \(count)") == true)
    let told = bench.text.split(separator: "\n")
    #expect(told.count == 3, "\(bench.text)")
    #expect(told.first?.contains("now unplug Ultra Fit (usb-") == true)
    #expect(told.dropFirst().first?.contains("which was /dev/sdb, is gone: plug it in again") == true)
    #expect(told.last == "burin: /dev/sdc is the stick that was /dev/sdb: all of it is read once more")
  }

  @Test("R31: what was plugged in before the write is never taken for it, whatever it looks like")
  func knownBefore() async throws {
    let bench = try ReplugBench()
    let twin = ReplugBench.disk("sdd", 20)
    try bench.put(bench.image, on: "sdd")
    let outcome = try #require(
      try await bench.wait(
        for: [bench.stick], beside: [twin], [[bench.stick, twin], [twin]], stopping: true)[0])
    #expect(outcome.isStopped && outcome.disk == nil && outcome.refused.isEmpty)
  }

  @Test("R45: a stick of another size is refused with the reason, and waiting goes on")
  func otherSize() async throws {
    let bench = try ReplugBench()
    var other = ReplugBench.disk("sdd", 22)
    other.byteCount = 8 << 30
    let size = SanitizedText(exactBytes: 8 << 30).string
    let mine = ReplugBench.disk("sdc", 23)
    try bench.put(bench.image, on: "sdc")
    let outcome = try await bench.wait([[], [other], [other, mine]])
    #expect(outcome.isEqual && outcome.disk == mine)
    #expect(bench.text.contains("/dev/sdd is none of the sticks that are awaited: it has \(size), and"))
    #expect(outcome.refused.count == 1, "it is told of once")
  }

  @Test("a stick with another serial number is refused without being read")
  func otherSerial() async throws {
    let bench = try ReplugBench()
    let other = ReplugBench.disk("sdd", 22, serial: "4C53000124")
    try bench.put(bench.image, on: "sdc")
    let outcome = try await bench.wait([[], [other], [ReplugBench.disk("sdc", 23)]])
    #expect(outcome.isEqual)
    #expect(bench.text.contains("it has another serial number than the one that was written"))
  }

  @Test("R9: a stick with the same serial number and something else on it is refused, and waiting goes on")
  func otherContent() async throws {
    let bench = try ReplugBench()
    try bench.put([UInt8].random(1_300_480, seed: 1), on: "sdc")
    try bench.put(bench.image, on: "sdd")
    let outcome = try await bench.wait([[], [back], [back, ReplugBench.disk("sdd", 23)]])
    #expect(outcome.isEqual && outcome.disk?.path == "/dev/sdd")
    #expect(bench.text.contains("/dev/sdc is none of the sticks that are awaited: nothing on it is what was"))
  }

  @Test("a twin that is plugged in beside the stick is not taken for it")
  func twinBeside() async throws {
    let bench = try ReplugBench()
    try bench.put(bench.image, on: "sdc")
    try bench.put(bench.image, on: "sdd")
    let outcome = try await bench.wait([
      [bench.stick, back], [back], [ReplugBench.disk("sdd", 23)],
    ])
    #expect(outcome.isEqual)
    #expect(
      bench.text.contains("/dev/sdc is none of the sticks that are awaited: the one that looks like it"))
  }

  @Test("R42: what was lost with the power is found, to the byte where the image can be read")
  func lost() async throws {
    var bench = try ReplugBench()
    var bytes = bench.image
    bytes.replaceSubrange(1_060_864..<1_061_376, with: repeatElement(0, count: 512))
    try bench.put(bytes, on: "sdc")
    let outcome = try await bench.wait([[], [back]])
    guard case .differs(let found, _, let mounted) = outcome.ending else {
      Issue.record("\(outcome.ending)")
      return
    }
    #expect(found.ranges == [1_060_864..<1_061_376] && found.damage.zeroBlockCount == 1 && mounted.isEmpty)
    let told = try #require(
      Diagnostic(outcome, AllDiagnostics.names, signal: nil, image: nil))
    #expect(told.exit == .different && told.id == .mediumDiffers)
    #expect(outcome.isRefuted && outcome.text == nil)
    bench.written = nil
    guard case .differs(let coarse, _, _) = try await bench.wait([[], [back]]).ending else {
      Issue.record("nothing differs")
      return
    }
    #expect(coarse.isCoarse && coarse.ranges == [(1 << 20)..<1_300_480])
  }

  @Test("R46: what a system has changed by mounting it is named, and the stick is not blamed")
  func mounted() async throws {
    var builder = FATImageBuilder()
    builder.add("README.TXT", [UInt8](repeating: 0x41, count: 5000))
    let image = builder.build()
    let padding = [UInt8](repeating: 0, count: max(0, (1 << 20) - image.count))
    let bench = try ReplugBench(image + padding + [UInt8].random(4096, seed: 7))
    var bytes = bench.image
    bytes[37] ^= 1
    try bench.put(bytes, on: "sdc")
    let outcome = try await bench.wait([[], [back]])
    guard case .differs(let found, _, let mounted) = outcome.ending else {
      Issue.record("\(outcome.ending)")
      return
    }
    #expect(found.firstOffset == 37 && mounted.count == 1)
    let told = try #require(Diagnostic(outcome, AllDiagnostics.names, signal: nil, image: nil))
    #expect(told.exit == .different && told.toFix?.string.contains("not to blame") == true)
  }

  @Test("R31: unplugged again while it is read, it is waited for once more")
  func unpluggedAgain() async throws {
    var bench = try ReplugBench()
    try bench.put(bench.image, on: "sdc")
    let tries = Mutex(0)
    let open = bench.world.context.openReturned
    bench.world.context.openReturned = { (disk, isExclusive) throws(VerifyError) in
      let count = tries.withLock { tries in
        tries += 1
        return tries
      }
      guard count > 1 else {
        throw .device(SystemCallError(call: "pread", errno: .noSuchAddressOrDevice), offset: 4096)
      }
      return try open(disk, isExclusive)
    }
    let outcome = try await bench.wait([[], [back], [], [ReplugBench.disk("sdc", 23)]])
    #expect(outcome.isEqual && outcome.disk?.diskSequence == 23)
  }

  @Test("R46: it is claimed once, from the first look to the last byte, so that nobody mounts it in between")
  func claimedOnce() async throws {
    var bench = try ReplugBench()
    try bench.put(bench.image, on: "sdc")
    let claims = Mutex<[Bool]>([])
    let open = bench.world.context.openReturned
    bench.world.context.openReturned = { (disk, isExclusive) throws(VerifyError) in
      claims.withLock { $0.append(isExclusive) }
      return try open(disk, isExclusive)
    }
    #expect(try await bench.wait([[], [back]]).isEqual)
    #expect(claims.withLock(\.self) == [true])
  }

  @Test("where somebody has mounted it already, it is read all the same")
  func busy() async throws {
    var bench = try ReplugBench()
    try bench.put(bench.image, on: "sdc")
    let open = bench.world.context.openReturned
    bench.world.context.openReturned = { (disk, isExclusive) throws(VerifyError) in
      guard !isExclusive else {
        throw .device(SystemCallError(call: "open", errno: .resourceBusy), offset: nil)
      }
      return try open(disk, isExclusive)
    }
    #expect(try await bench.wait([[], [back]]).isEqual)
  }

  @Test("a stick that is there and cannot be read ends the wait")
  func unreadable() async throws {
    var bench = try ReplugBench()
    bench.world.context.openReturned = { (_, _) throws(VerifyError) in
      throw .device(SystemCallError(call: "pread", errno: .ioError), offset: 4096)
    }
    let outcome = try await bench.wait([[], [back]])
    let told = try #require(Diagnostic(outcome, AllDiagnostics.names, signal: nil, image: nil))
    #expect(told.exit == .deviceFailed && outcome.isRefuted)
    #expect(told.because.contains { $0.string.contains("what was proven before stays true of that time") })
  }

  @Test("R45: stopped while it waits, what was proven stays proven, and no more is claimed")
  func stopped() async throws {
    let bench = try ReplugBench()
    let outcome = try await bench.wait([[bench.stick], []], stopping: true)
    #expect(outcome.isStopped && !outcome.isRefuted)
    #expect(outcome.text?.string.hasPrefix("NOT REACHED") == true)
    let told = try #require(Diagnostic(outcome, AllDiagnostics.names, signal: 2, image: nil))
    #expect(told.exit == .signal(2) && told.id == .replugNotReached)
  }

  @Test("R9, R45: without a serial number what is on it tells, and that another one might is not hidden")
  func noSerial() async throws {
    var bench = try ReplugBench()
    bench.stick = ReplugBench.disk("sdb", 21, serial: nil)
    try bench.put(bench.image, on: "sdc")
    let outcome = try await bench.wait([[], [ReplugBench.disk("sdc", 22, serial: nil)]])
    #expect(outcome.isEqual)
    #expect(outcome.doubts.contains { $0.string.contains("no serial number of its own") })
  }

  @Test("without a serial number and with nothing but zeros on it, nothing can be told from it")
  func uniform() async throws {
    var bench = try ReplugBench([UInt8](repeating: 0, count: 1_300_480))
    bench.stick = ReplugBench.disk("sdb", 21, serial: nil)
    try bench.put(bench.image, on: "sdc")
    let outcome = try await bench.wait(
      [[], [ReplugBench.disk("sdc", 22, serial: nil)]], stopping: true)
    #expect(outcome.isStopped && outcome.refused.count == 1)
    #expect(bench.text.contains("too uniform to know it again by"))
  }

  @Test("several are read as they come, in any order, and each has its own result")
  func several() async throws {
    let bench = try ReplugBench()
    let sticks = [bench.stick, ReplugBench.disk("sde", 20, serial: "4C53000999")]
    let (first, second) = (ReplugBench.disk("sdc", 23), ReplugBench.disk("sdd", 22, serial: "4C53000999"))
    var bytes = bench.image
    bytes[7] ^= 1
    try bench.put(bench.image, on: "sdc")
    try bench.put(bytes, on: "sdd")
    let outcomes = try await bench.wait(for: sticks, [sticks, [], [second], [second, first]])
    #expect(outcomes[0]?.isEqual == true && outcomes[0]?.disk == first)
    #expect(outcomes[1]?.isRefuted == true && outcomes[1]?.disk == second)
  }

  @Test("as JSON each state is a line, as the schema says")
  func json() async throws {
    let bench = try ReplugBench()
    var other = ReplugBench.disk("sdd", 22)
    other.byteCount = 8 << 30
    try bench.put(bench.image, on: "sdc")
    let looks = [[bench.stick], [], [other], [other, ReplugBench.disk("sdc", 23)]]
    _ = try await bench.wait(for: [bench.stick], looks, isJSON: true)
    let text = bench.world.stdout.text
    #expect(try JSONSchema("write.json").violations(ofText: text) == [])
    let lines = try text.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
    let states = lines.filter { $0["event"]?.text == "replug" }.map { $0["state"]?.text }
    #expect(states == ["unplug", "plug-in", "refused", "reading"])
    #expect(bench.text.isEmpty)
  }

  @Test("the report names the disk that it is now, its new ID, and the level")
  func report() async throws {
    let bench = try ReplugBench()
    try bench.put(bench.image, on: "sdc")
    var outcome = try WriteOutcome.sample()
    outcome.replug = try await bench.wait([[], [back]])
    let text = outcome.lines(for: Capabilities()).map(\.string).joined(separator: "\n")
    #expect(text.hasPrefix("/dev/sdc now holds a.iso, byte for byte"))
    #expect(text.contains("  replugged   unplugged, plugged in again as /dev/sdc"))
    #expect(text.contains("that it was without power in between"))
    #expect(outcome.json["proven"]?["level"]?.text == "replug")
    #expect(outcome.json["replug"]?["found"]?["id"]?.text == TargetID(of: back).description)
    outcome.replug = try await bench.wait([[]], stopping: true)
    #expect(outcome.json["proven"]?["level"]?.text == "read")
    #expect(outcome.json["replug"]?["state"]?.text == "not-reached")
  }

  @Test("what nobody can unplug is no target for it", arguments: ["write", "plan"])
  func file(command: String) async throws {
    let world = FakeWorld()
    #expect(await world.run(command, "a.iso", "file:/tmp/stick", "--verify=replug") == 64)
    #expect(world.stderr.text.contains("needs a stick that can be unplugged"))
  }
}
