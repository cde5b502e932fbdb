import BlockIO
import DeviceSafety
import DiskFormats
import Sandbox
import SystemPackage

/// What a medium answers while the backup of its partition table is moved; tests put faulty ones in its place.
protocol TableMedium: ~Copyable {
  func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int
  func write(
    _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError)
  func flush() throws(SystemCallError) -> CacheFlush
}

extension ApprovedTarget: TableMedium {}

/// The move of the backup of a partition table on a medium that holds an image, in an order that can be left at any
/// point.
struct TableMove {
  /// The medium.
  let geometry: BlockGeometry
  /// How much of it is the image, which was proven, in bytes.
  let imageByteCount: UInt64
  /// Whether it has shown that it is smaller than it claims.
  let isFake: Bool
  /// Who reads the table.
  let expert: TableExpert

  /// Carries it out, or says why not.
  func carryOut(on medium: borrowing some TableMedium & ~Copyable) -> TableRelocation.Outcome {
    // What is written near the end of such a medium may come to lie anywhere on the image.
    guard !isFake else { return .untrusted }
    let head: [UInt8]
    do throws(SystemCallError) { head = try Self.head(of: medium) } catch {
      return .failed(error, left: nil)
    }
    let question = TableQuestion(
      head: head, byteCount: geometry.byteCount, blockSize: geometry.logicalBlockSize,
      imageByteCount: imageByteCount)
    do throws(ConfinementError) {
      switch try expert(question) {
      case .changes(let relocation): return Self.carryOut(relocation, over: head, on: medium)
      case .refused(let error): return .refused(error)
      }
    } catch { return .unread(error) }
  }

  private static func carryOut(
    _ relocation: GPTRelocation, over head: [UInt8], on medium: borrowing some TableMedium & ~Copyable
  ) -> TableRelocation.Outcome {
    do throws(SystemCallError) {
      // The copy first: as long as the first blocks do not name it, nothing has changed for anybody.
      try put(relocation.backupBytes, at: relocation.backup.lowerBound, on: medium)
    } catch { return .failed(error, left: clear(relocation.backup, on: medium)) }
    do throws(SystemCallError) {
      try put(relocation.front, at: 0, on: medium)
      return .moved(relocation.changed)
    } catch {
      let old = Array(head[..<relocation.front.count])
      do throws(SystemCallError) { try put(old, at: 0, on: medium) } catch { return .torn(error) }
      return .failed(error, left: clear(relocation.backup, on: medium))
    }
  }

  private static func head(
    of medium: borrowing some TableMedium & ~Copyable
  ) throws(SystemCallError) -> [UInt8] {
    var memory = AlignedBuffer(byteCount: GPTRelocation.headByteCount)
    let count = try medium.read(at: 0, into: &memory, range: 0..<memory.byteCount)
    return memory.copied(0..<count)
  }

  /// Takes a copy away that nothing names; the end of a medium is zero after every write.
  /// - Returns: where some of it may have stayed; nil where it is gone.
  private static func clear(
    _ backup: Range<UInt64>, on medium: borrowing some TableMedium & ~Copyable
  ) -> Range<UInt64>? {
    let zeros = [UInt8](repeating: 0, count: backup.count)
    do throws(SystemCallError) { try put(zeros, at: backup.lowerBound, on: medium) } catch { return backup }
    return nil
  }

  /// Writes whole blocks, makes the medium keep them, and reads them back past every cache.
  private static func put(
    _ bytes: [UInt8], at offset: UInt64, on medium: borrowing some TableMedium & ~Copyable
  ) throws(SystemCallError) {
    let room = (bytes.count + AlignedBuffer.alignment - 1) / AlignedBuffer.alignment * AlignedBuffer.alignment
    var memory = AlignedBuffer(byteCount: room)
    memory.copy(from: bytes.span, at: 0)
    try medium.write(memory, range: 0..<bytes.count, at: offset)
    _ = try medium.flush()
    var back = AlignedBuffer(byteCount: room)
    let count = try medium.read(at: offset, into: &back, range: 0..<bytes.count)
    guard count == bytes.count, memory.firstDifference(from: back, in: 0..<count) == nil else {
      throw SystemCallError(call: "read-back of the partition table", errno: .ioError)
    }
  }
}
