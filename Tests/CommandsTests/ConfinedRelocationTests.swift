import DiskFormats
import Sandbox
import Terminal
import Testing

@testable import Commands

@Suite("R47: a partition table is read by a process that can do nothing else")
struct ConfinedRelocationTests {
  private static let byteCount = 2 << 20

  // As the program does: a process that is gone is no signal.
  init() { StandardStreams.ignoreBrokenPipes() }

  /// What is asked about an image of 80 blocks with a whole GPT on a larger disk.
  private func question(_ change: (inout [UInt8]) -> Void = { _ in }) throws -> TableQuestion {
    let entry = GPTEntry(
      index: 1, typeGUID: .efiSystem, uniqueGUID: .basicData, firstLBA: 40, lastLBA: 45, name: "EFI")
    let layout = try #require(
      GPTLayout(blockSize: 512, blockCount: 80, diskGUID: .linuxData, entries: [entry]))
    var head = layout.head + [UInt8](repeating: 0, count: (1 << 20) - layout.head.count)
    change(&head)
    return TableQuestion(
      head: head, byteCount: UInt64(Self.byteCount), blockSize: 512, imageByteCount: 80 * 512)
  }

  @Test("its answer is the one that is found here, and it answers once")
  func answers() throws {
    let relocation = try ConfinedRelocation(program: FakeWorld.program)
    let question = try question()
    let answer = try relocation.answer(question)
    guard case .changes = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(answer == question.answered())
    #expect(throws: ConfinementError.cancelled) { try relocation.answer(question) }
  }

  @Test("what it refuses is refused for the same reason")
  func refusals() throws {
    let questions = [
      try question { $0[512] = 0 }, try question { $0[600] ^= 1 }, try question { $0[446 + 4] = 0 },
    ]
    for question in questions {
      let answer = try ConfinedRelocation(program: FakeWorld.program).answer(question)
      guard case .refused(let error) = answer, case .refused(let expected) = question.answered() else {
        Issue.record("\(answer)")
        continue
      }
      if case .damaged = expected { #expect(error == .damaged([])) } else { #expect(error == expected) }
    }
  }

  @Test("one that ends, or says something else, changes nothing", arguments: ["/bin/true", "/bin/echo"])
  func silence(program: String) throws {
    let question = try question()
    #expect(throws: ConfinementError.self) { try ConfinedRelocation(program: program).answer(question) }
    #expect(throws: ConfinementError.self) { try ConfinedRelocation(program: "/nonexistent") }
  }
}
