import BlockIO
import DiskFormats
import Documents
import Sandbox
import SystemPackage
import Testing

@testable import Commands
@testable import Terminal

/// A medium in memory that fails at some of its writes, or forgets them.
private final class FaultyMedium: TableMedium {
  private(set) var bytes: [UInt8]
  /// The numbers of the writes that leave half of what they were to write, and then fail.
  private let torn: Set<Int>
  private let isUnreadable: Bool
  private(set) var writeCount = 0

  init(_ bytes: [UInt8], torn: Set<Int> = [], isUnreadable: Bool = false) {
    (self.bytes, self.torn, self.isUnreadable) = (bytes, torn, isUnreadable)
  }

  func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    guard !isUnreadable else { throw SystemCallError(call: "pread", errno: .ioError) }
    let count = min(range.count, bytes.count - Int(offset))
    buffer.copy(from: bytes[Int(offset)..<(Int(offset) + count)].span, at: range.lowerBound)
    return count
  }

  func write(
    _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) {
    writeCount += 1
    let isTorn = torn.contains(writeCount)
    let part = isTorn ? range.lowerBound..<(range.lowerBound + range.count / 2) : range
    bytes.replaceSubrange(Int(offset)..<(Int(offset) + part.count), with: buffer.copied(part))
    if isTorn { throw SystemCallError(call: "pwrite", errno: .ioError) }
  }

  func flush() throws(SystemCallError) -> CacheFlush { .confirmed }
}

@Suite("The move of the backup of a GPT")
struct TableMoveTests {
  private static let imageByteCount = 80 * 512
  private static let mediumByteCount = 2 << 20

  /// An image with a whole GPT at the beginning of a larger medium.
  private func medium() throws -> [UInt8] {
    let entry = GPTEntry(
      index: 1, typeGUID: .efiSystem, uniqueGUID: .basicData, firstLBA: 40, lastLBA: 45, name: "EFI")
    let layout = try #require(
      GPTLayout(blockSize: 512, blockCount: 80, diskGUID: .linuxData, entries: [entry]))
    var bytes = layout.head
    bytes += [UInt8](repeating: 0x5A, count: Int(layout.tailOffset) - bytes.count) + layout.tail
    return bytes + [UInt8](repeating: 0, count: Self.mediumByteCount - bytes.count)
  }

  private func move(
    _ medium: FaultyMedium, imageByteCount: Int = imageByteCount, isFake: Bool = false,
    expert: @escaping TableExpert = { question throws(ConfinementError) in question.answered() }
  ) -> TableRelocation.Outcome {
    let geometry = BlockGeometry(
      byteCount: UInt64(Self.mediumByteCount), logicalBlockSize: 512, physicalBlockSize: 512,
      isReadOnly: false, diskSequence: 1)
    let move = TableMove(
      geometry: geometry, imageByteCount: UInt64(imageByteCount), isFake: isFake, expert: expert)
    return move.carryOut(on: medium)
  }

  @Test("changes the first two blocks and the end of the medium, and nothing else")
  func moved() throws {
    let before = try medium()
    let medium = FaultyMedium(before)
    #expect(move(medium) == .moved([0..<512, 512..<1024]))
    let end = Self.mediumByteCount - 33 * 512
    #expect(medium.bytes[1024..<end] == before[1024..<end])
    #expect(medium.bytes[end...] != before[end...])
  }

  @Test("an image that ends near the end of the medium keeps its last blocks")
  func fullMedium() throws {
    let before = try medium()
    for rest in [0, 1, 33 * 512 - 1] {
      let medium = FaultyMedium(before)
      #expect(move(medium, imageByteCount: Self.mediumByteCount - rest) == .refused(.noRoom))
      #expect(medium.writeCount == 0)
    }
    #expect(
      move(FaultyMedium(before), imageByteCount: Self.mediumByteCount - 33 * 512)
        == .moved([0..<512, 512..<1024]))
  }

  @Test("R43: nothing is written to the end of a medium that is smaller than it claims")
  func fake() throws {
    let medium = FaultyMedium(try medium())
    #expect(move(medium, isFake: true) == .untrusted)
    #expect(medium.writeCount == 0)
    #expect(TableRelocation.Outcome.untrusted.text.string.hasPrefix("as it was"))
    #expect(TableRelocation.Outcome.untrusted.json["result"]?.text == "refused")
  }

  @Test(
    "a write that fails, half done, leaves all as it was; what could not be taken away is told with its place",
    arguments: [([1], false), ([2], false), ([1, 2], true), ([2, 4], true)] as [(Set<Int>, Bool)])
  func failures(torn: Set<Int>, isLeft: Bool) throws {
    let before = try medium()
    let medium = FaultyMedium(before, torn: torn)
    let error = SystemCallError(call: "pwrite", errno: .ioError)
    let backup = UInt64(Self.mediumByteCount - 33 * 512)..<UInt64(Self.mediumByteCount)
    let outcome = move(medium)
    #expect(outcome == .failed(error, left: isLeft ? backup : nil))
    #expect(outcome.text.string.hasPrefix("as it was"))
    #expect(outcome.text.string.contains("may have stayed") == isLeft)
    #expect((outcome.json["left"] != .null) == isLeft)
    #expect(isLeft || medium.bytes == before)
    #expect(medium.bytes[..<Int(backup.lowerBound)] == before[..<Int(backup.lowerBound)])
  }

  @Test("R44: first blocks that could not be brought back are called broken")
  func broken() throws {
    let outcome = move(FaultyMedium(try medium(), torn: [2, 3]))
    #expect(outcome == .torn(SystemCallError(call: "pwrite", errno: .ioError)))
    #expect(outcome.json["result"]?.text == "broken")
  }

  @Test("R47: where the process that reads the table gives no answer, nothing is written")
  func unread() throws {
    let medium = FaultyMedium(try medium())
    let outcome = move(medium) { _ throws(ConfinementError) in throw .killed(signal: 9) }
    #expect(outcome == .unread(.killed(signal: 9)) && medium.writeCount == 0)
    #expect(outcome.text.string.hasPrefix("as it was") && outcome.json["result"]?.text == "refused")
  }

  @Test("a medium that cannot be read any more is left alone")
  func unreadable() throws {
    let medium = FaultyMedium(try medium(), isUnreadable: true)
    #expect(move(medium) == .failed(SystemCallError(call: "pread", errno: .ioError), left: nil))
    #expect(medium.writeCount == 0)
  }
}
