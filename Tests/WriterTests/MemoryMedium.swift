import BlockIO
import DeviceSafety
import Synchronization
import SystemPackage

@testable import Writer

/// A medium in memory that insists on alignment, keeps a log and fails on demand.
final class MemoryMedium: Medium {
  /// A request, in the order in which the medium saw it.
  enum Request: Hashable, Sendable {
    case write(Range<UInt64>)
    case read(Range<UInt64>)
    case flush
  }

  /// What goes wrong, by request.
  struct Faults: Sendable {
    var write: @Sendable (Range<UInt64>) -> Errno? = { _ in nil }
    var read: @Sendable (Range<UInt64>) -> Errno? = { _ in nil }
    var flush: @Sendable (_ number: Int) -> Errno? = { _ in nil }
    /// Changes what is stored after a write: drops, flips, wraps.
    var corrupt: @Sendable (_ content: inout [UInt8], Range<UInt64>) -> Void = { _, _ in }
    var recheck: @Sendable (_ number: Int) -> RecheckError? = { _ in nil }
    /// What the kernel says of the medium between requests.
    var identity: @Sendable () -> RecheckError? = { nil }
  }

  private struct State {
    var content: [UInt8]
    var log: [Request] = []
    var flushes = 0
    var rechecks = 0
    var misaligned: [Request] = []
  }

  private let state: Mutex<State>
  private let blockSize: Int
  private let faults: Faults

  init(content: [UInt8], blockSize: Int = 512, faults: Faults = Faults()) {
    state = Mutex(State(content: content))
    self.blockSize = blockSize
    self.faults = faults
  }

  var content: [UInt8] { state.withLock(\.content) }
  var log: [Request] { state.withLock(\.log) }
  var misaligned: [Request] { state.withLock(\.misaligned) }

  func write(
    _ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) {
    let place = offset..<(offset + UInt64(range.count))
    let bytes = memory.array(of: range)
    let error = state.withLock { state -> Errno? in
      state.log.append(.write(place))
      if !isAligned(place) { state.misaligned.append(.write(place)) }
      if let error = faults.write(place) { return error }
      guard place.upperBound <= UInt64(state.content.count) else { return .noSpace }
      state.content.replaceSubrange(Int(place.lowerBound)..<Int(place.upperBound), with: bytes)
      faults.corrupt(&state.content, place)
      return nil
    }
    if let error { throw SystemCallError(call: "pwrite", errno: error) }
  }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    let place = offset..<(offset + UInt64(range.count))
    let (bytes, error) = state.withLock { state -> ([UInt8], Errno?) in
      state.log.append(.read(place))
      if !isAligned(place) { state.misaligned.append(.read(place)) }
      if let error = faults.read(place) { return ([], error) }
      let end = min(Int(place.upperBound), state.content.count)
      return (Array(state.content[min(Int(offset), end)..<end]), nil)
    }
    if let error { throw SystemCallError(call: "pread", errno: error) }
    memory.copy(from: bytes.span, at: range.lowerBound)
    return bytes.count
  }

  func flush() throws(SystemCallError) -> CacheFlush {
    let error = state.withLock { state -> Errno? in
      state.log.append(.flush)
      state.flushes += 1
      return faults.flush(state.flushes)
    }
    if let error { throw SystemCallError(call: "fsync", errno: error) }
    return .confirmed
  }

  func recheck() throws(RecheckError) {
    let error = state.withLock { state -> RecheckError? in
      state.rechecks += 1
      return faults.recheck(state.rechecks)
    }
    if let error { throw error }
  }

  func compareIdentity() throws(RecheckError) {
    if let error = faults.identity() { throw error }
  }

  private func isAligned(_ place: Range<UInt64>) -> Bool {
    place.lowerBound % UInt64(blockSize) == 0 && place.upperBound % UInt64(blockSize) == 0
  }
}
