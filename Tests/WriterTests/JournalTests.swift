import BlockIO
import ImageSource
import ImageSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

/// Notes what it is told beside what the medium sees, and fails on demand.
private final class RecordingJournal: WriteJournal {
  private struct State {
    var begun = false
    var completed: UInt64?
    var upTo: UInt64 = 0
  }

  private let state = Mutex(State())
  private let failsAt: UInt64?

  init(failsAt: UInt64? = nil) { self.failsAt = failsAt }

  var upTo: UInt64 { state.withLock(\.upTo) }
  var hasBegun: Bool { state.withLock(\.begun) }
  /// How many bytes it was told at the end.
  var completed: UInt64? { state.withLock(\.completed) }

  func willBegin() throws(SystemCallError) {
    if failsAt == 0 { throw SystemCallError(call: "fsync", errno: .ioError) }
    state.withLock { $0.begun = true }
  }

  func willWrite(upTo end: UInt64) throws(SystemCallError) {
    if let failsAt, end > failsAt { throw SystemCallError(call: "fsync", errno: .ioError) }
    state.withLock { $0.upTo = max($0.upTo, end) }
  }

  func didComplete(upTo end: UInt64) throws(SystemCallError) { state.withLock { $0.completed = end } }
}

@Suite("The journal beside a write")
struct JournalTests {
  private static let imageBytes = 13 << 20
  private static let mediumBytes = 16 << 20

  private func run(
    _ journal: RecordingJournal, length: ImageLength = .exact(UInt64(imageBytes)),
    faults: MemoryMedium.Faults = MemoryMedium.Faults()
  ) async throws -> (MemoryMedium, WriteError?) {
    let geometry = BlockGeometry(
      byteCount: UInt64(Self.mediumBytes), logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: nil)
    let plan = try WritePlan(imageLength: length, geometry: geometry, digest: .none)
    let medium = MemoryMedium(content: [UInt8](repeating: 0xEE, count: Self.mediumBytes), faults: faults)
    let image = try MemoryImage([UInt8](repeating: 0xA5, count: Self.imageBytes), length: length)
    do throws(WriteFailure) {
      _ = try await WriteRun(
        image: image, plan: plan, medium: medium, progress: ProgressMeter(), journal: journal
      ).execute()
      return (medium, nil)
    } catch { return (medium, error.error) }
  }

  @Test(
    "is told of every byte before it is written, and of the end",
    arguments: [.exact(UInt64(imageBytes)), .unknown] as [ImageLength])
  func before(length: ImageLength) async throws {
    let journal = RecordingJournal()
    var faults = MemoryMedium.Faults()
    let isLate = Atomic<Bool>(false)
    let tail = UInt64(Self.mediumBytes - (1 << 20))
    faults.write = { range in
      // What the plan erases is announced by the beginning.
      let isErasure = range.upperBound <= 1 << 20 || range.lowerBound >= tail
      if !journal.hasBegun || (!isErasure && range.upperBound > journal.upTo) {
        isLate.store(true, ordering: .relaxed)
      }
      return nil
    }
    let (_, error) = try await run(journal, length: length, faults: faults)
    #expect(error == nil)
    let wasLate = isLate.load(ordering: .relaxed)
    #expect(!wasLate, "a byte was written before it was announced")
    #expect(journal.completed == UInt64(Self.imageBytes))
    #expect(journal.upTo == UInt64(Self.imageBytes))
  }

  @Test("that cannot note the beginning keeps the medium as it was")
  func noBeginning() async throws {
    let (medium, error) = try await run(RecordingJournal(failsAt: 0))
    #expect(error == .journal(SystemCallError(call: "fsync", errno: .ioError)))
    #expect(medium.content.holdsOnly(0xEE))
  }

  @Test("that fails in the middle stops the run before the bytes it could not note")
  func middle() async throws {
    let journal = RecordingJournal(failsAt: 8 << 20)
    let (medium, error) = try await run(journal)
    #expect(error == .journal(SystemCallError(call: "fsync", errno: .ioError)))
    let rest = (8 << 20)..<(Self.mediumBytes - (1 << 20))
    #expect(medium.content[rest].holdsOnly(0xEE))
    #expect(medium.content[..<(1 << 20)].holdsOnly(0), "R40: it cannot boot")
    #expect(journal.completed == nil)
  }
}
