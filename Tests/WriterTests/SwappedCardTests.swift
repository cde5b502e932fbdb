import BlockIO
import DeviceSafety
import ImageSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

@Suite("A card that is changed, and a machine that sleeps, while something is written")
struct SwappedCardTests {
  private let content = [UInt8].random(9 * mebibyte, seed: 0x5A)

  private func plan() throws -> (WritePlan, MemoryImage) {
    let geometry = BlockGeometry(
      byteCount: UInt64(16 * mebibyte), logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: 1)
    let image = try MemoryImage(content)
    return (try WritePlan(imageLength: image.length, geometry: geometry, digest: .none), image)
  }

  @Test(
    "R29, R31: no request reaches the new card, neither again in smaller pieces nor to erase the head",
    arguments: [(true, 2), (true, 6), (false, 2), (false, 4), (false, 6)])
  func notWritten(isCounted: Bool, atWrite: Int) async throws {
    let (plan, image) = try plan()
    let memory = MemoryMedium(content: [UInt8](repeating: 0xEE, count: 16 * mebibyte))
    let medium = SwappedMedium(memory, atWrite: atWrite, isCounted: isCounted)
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    let failure = await #expect(throws: WriteFailure.self) { try await run.execute() }
    #expect(failure?.medium == .unknown && medium.writesAfterwards == 0)
  }

  @Test("R29: a card that is changed before the first request is left alone, and called changed")
  func changedBefore() async throws {
    let (plan, image) = try plan()
    let hasBegun = Mutex(false)
    let change = RecheckError.changed(.medium(expected: 1, found: 2))
    let before = [UInt8](repeating: 0xEE, count: 16 * mebibyte)
    let medium = MemoryMedium(
      content: before,
      faults: .init(
        write: { _ in
          hasBegun.withLock { $0 = true }
          return Errno(rawValue: 124)
        },
        identity: { hasBegun.withLock { $0 ? change : nil } }))
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    let failure = await #expect(throws: WriteFailure.self) { try await run.execute() }
    #expect(failure?.error == .identity(change) && failure?.medium == .untouched && medium.content == before)
  }

  @Test("R29: what is read of another card is not taken for damage, and nothing of it is written once more")
  func readBackFromAnother() async throws {
    let (plan, image) = try plan()
    let lost = UInt64(4 * mebibyte)..<UInt64(8 * mebibyte)
    let change = RecheckError.changed(.medium(expected: 1, found: 2))
    let medium = MemoryMedium(
      content: [UInt8](repeating: 0xEE, count: 16 * mebibyte),
      faults: .init(
        corrupt: { content, place in if place == lost { content[Int(place.lowerBound)] ^= 1 } },
        identity: { change }))
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    let failure = await #expect(throws: WriteFailure.self) { try await run.execute() }
    #expect(failure?.error == .identity(change) && failure?.medium == .unknown)
    #expect(medium.log.count { $0 == .write(lost) } == 1)
  }

  @Test("R29, R43: another card is not called a fake of the first one")
  func markedAnother() async throws {
    let (plan, image) = try plan()
    let change = RecheckError.changed(.medium(expected: 1, found: 2))
    let end = 12 * mebibyte
    let medium = MemoryMedium(
      content: [UInt8](repeating: 0xEE, count: 16 * mebibyte),
      faults: .init(
        corrupt: { content, place in
          if place.lowerBound >= UInt64(end) {
            content.replaceSubrange(end..., with: repeatElement(0xEE, count: 4 * mebibyte))
          }
        },
        identity: { change }))
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    let failure = await #expect(throws: WriteFailure.self) { try await run.execute() }
    #expect(failure?.error == .identity(change) && failure?.medium == .unknown)
  }

  @Test(
    "R31: a card that was pulled is called gone, and that is asked when nothing is written any more",
    arguments: 1...8)
  func pulled(atWrite: Int) async throws {
    let (plan, image) = try plan()
    let memory = MemoryMedium(content: [UInt8](repeating: 0xEE, count: 16 * mebibyte))
    let medium = PulledMedium(memory, atWrite: atWrite)
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    let failure = await #expect(throws: WriteFailure.self) { try await run.execute() }
    guard case .device(let error, _, _) = failure?.error else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(error.errno.rawValue == 123 && medium.laterRequests == 0)
  }

  @Test("R31: a drive that is gone counts as another medium, and is not said to hold another card")
  func gone() async throws {
    let (plan, image) = try plan()
    let isGone = Mutex(false)
    let medium = MemoryMedium(
      content: [UInt8](repeating: 0xEE, count: 16 * mebibyte),
      faults: .init(
        write: { place in
          if place.lowerBound == UInt64(4 * mebibyte) { isGone.withLock { $0 = true } }
          return isGone.withLock { $0 ? Errno(rawValue: 124) : nil }
        },
        read: { _ in isGone.withLock { $0 ? Errno(rawValue: 19) : nil } },
        identity: { isGone.withLock { $0 ? .changed(.medium(expected: 1, found: 2)) : nil } }))
    let run = WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter())
    let failure = await #expect(throws: WriteFailure.self) { try await run.execute() }
    guard case .device(let error, _, _) = failure?.error else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(error.errno.rawValue == 19 && failure?.medium == .unknown)
  }

  @Test("what was read back before the machine slept is read back again")
  func slept() async throws {
    for naps in [0, 1, 2] {
      let (plan, image) = try plan()
      let memory = MemoryMedium(content: [UInt8](repeating: 0xEE, count: 16 * mebibyte))
      let asked = Mutex(0)
      var run = WriteRun(image: image, plan: plan, medium: memory, progress: ProgressMeter())
      run.slept = {
        asked.withLock { asked in
          asked += 1
          // Asked before and after each proof: the clock moves during the first ones.
          return .seconds(600 * min(asked / 2, naps))
        }
      }
      _ = try await run.execute()
      let piece = UInt64(4 * mebibyte)..<UInt64(8 * mebibyte)
      #expect(memory.log.count { $0 == .read(piece) } == naps + 1)
    }
  }

  @Test("R29: what is compared with an image must be the same medium at the end")
  func compared() async throws {
    for grows in [false, true] {
      let scratch = try ScratchDirectory()
      try scratch.write(content, to: "stick")
      let path = "\(scratch.path)/stick"
      let reader = try MediumReader(opening: path, expecting: nil, diskSequence: nil)
      if grows { try scratch.run("truncate -s +4096 stick") }
      let image = try MemoryImage(content)
      do throws(VerifyError) {
        let report = try await MediumVerifier.verify(image, against: reader, progress: ProgressMeter())
        #expect(!grows && report.differences.isEmpty)
      } catch { #expect(grows && error == .changed(path: path)) }
    }
  }
}
