import BlockIO
import DeviceSafety

/// What the pipeline needs of a target; tests put faulty ones in its place.
protocol Medium: Sendable {
  func write(_ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int
  func flush() throws(SystemCallError) -> CacheFlush
  func recheck() throws(RecheckError)
}

/// The approved target, shared by the two lanes that write to it.
final class HeldTarget: Medium {
  private let target: ApprovedTarget

  init(_ target: consuming ApprovedTarget) { self.target = target }

  func write(_ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  {
    try target.write(memory, range: range, at: offset)
  }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int { try target.read(at: offset, into: &memory, range: range) }

  func flush() throws(SystemCallError) -> CacheFlush { try target.flush() }

  func recheck() throws(RecheckError) { try target.recheck() }

  func finish() throws(SystemCallError) { try target.publishPartitions() }
}
