import BlockIO
import DeviceSafety
import Synchronization
import SystemPackage

@testable import Writer

/// A card in a reader that is changed for another one: requests fail until the kernel has looked at the new card.
final class SwappedMedium: Medium {
  private struct State {
    var writes = 0
    var failures = 0
    var writesAfterwards = 0
  }

  private let base: any Medium
  private let swappedAt: Int
  /// Whether the kernel looks at the new card at once, or only after some requests have failed.
  private let isCounted: Bool
  private let state = Mutex(State())

  init(_ base: any Medium, atWrite number: Int, isCounted: Bool) {
    (self.base, swappedAt, self.isCounted) = (base, number, isCounted)
  }

  /// How many writes the new card has taken.
  var writesAfterwards: Int { state.withLock(\.writesAfterwards) }

  /// Whether the old card is gone, and the requests that fail because of it are over.
  private func fails(_ state: inout State) -> Bool {
    guard state.writes >= swappedAt, state.failures < (isCounted ? 1 : 5) else { return false }
    state.failures += 1
    return true
  }

  func write(_ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  {
    let fails = state.withLock { state in
      state.writes += 1
      if self.fails(&state) { return true }
      if state.writes > swappedAt { state.writesAfterwards += 1 }
      return false
    }
    if fails { throw SystemCallError(call: "pwrite", errno: .ioError) }
    try base.write(memory, range: range, at: offset)
  }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    if state.withLock({ fails(&$0) }) { throw SystemCallError(call: "pread", errno: .ioError) }
    return try base.read(at: offset, into: &memory, range: range)
  }

  func flush() throws(SystemCallError) -> CacheFlush { try base.flush() }

  func recheck() throws(RecheckError) { try compareIdentity() }

  func compareIdentity() throws(RecheckError) {
    let isNew = state.withLock { $0.writes >= swappedAt && $0.failures >= (isCounted ? 1 : 5) }
    if isNew { throw .changed(.medium(expected: 1, found: 2)) }
  }
}

/// A card in a reader that is changed for another one in the first flush, and a kernel that takes no notice.
final class SilentlySwappedMedium: Medium {
  private let first: MemoryMedium
  let second: MemoryMedium
  private let isChanged = Mutex(false)

  init(_ first: MemoryMedium, _ second: MemoryMedium) { (self.first, self.second) = (first, second) }

  private var current: MemoryMedium { isChanged.withLock { $0 ? second : first } }

  func write(_ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  {
    try current.write(memory, range: range, at: offset)
  }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int { try current.read(at: offset, into: &memory, range: range) }

  func flush() throws(SystemCallError) -> CacheFlush {
    defer { isChanged.withLock { $0 = true } }
    return try current.flush()
  }

  func recheck() throws(RecheckError) { try current.recheck() }

  func compareIdentity() throws(RecheckError) { try current.compareIdentity() }
}

/// A card that is pulled out of its reader with none put in: requests fail, and the kernel knows why once it is asked.
final class PulledMedium: Medium {
  private let base: any Medium
  private let pulledAt: Int
  private let writes = Mutex(0)
  private let requestsAfterQuestion = Mutex(Int?.none)

  init(_ base: any Medium, atWrite number: Int) { (self.base, pulledAt) = (base, number) }

  /// How many requests were made after it had been asked for the cause; nil where it never was.
  var laterRequests: Int? { requestsAfterQuestion.withLock(\.self) }

  private func require(_ call: String) throws(SystemCallError) {
    requestsAfterQuestion.withLock { if let count = $0 { $0 = count + 1 } }
    if writes.withLock({ $0 >= pulledAt }) { throw SystemCallError(call: call, errno: .ioError) }
  }

  func write(_ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  {
    writes.withLock { $0 += 1 }
    try require("pwrite")
    try base.write(memory, range: range, at: offset)
  }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    try require("pread")
    return try base.read(at: offset, into: &memory, range: range)
  }

  func flush() throws(SystemCallError) -> CacheFlush {
    try require("fsync")
    return try base.flush()
  }

  func recheck() throws(RecheckError) {}

  func compareIdentity() throws(RecheckError) {}

  func cause(of failure: SystemCallError) -> SystemCallError {
    requestsAfterQuestion.withLock { $0 = $0 ?? 0 }
    return SystemCallError(call: failure.call, errno: Errno(rawValue: 123))
  }
}
