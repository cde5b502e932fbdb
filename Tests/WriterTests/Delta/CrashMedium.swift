import BlockIO
import DeviceSafety
import Synchronization
import SystemPackage
import TestSupport

@testable import Writer

/// A medium with a cache of its own that is unplugged, or loses its power, at some write.
final class CrashMedium: Medium {
  private struct State: ~Copyable {
    /// What is read.
    var content: AlignedBuffer
    /// What lasts.
    var flushed: AlignedBuffer
    /// What was written since, in order.
    var pending: [(start: Int, bytes: [UInt8])] = []
    var writes = 0
    /// Whether the anchor of the image was ever written while something else was not yet flushed.
    var bootsEarly = false

    /// Whether everything of the image behind its anchor lasts.
    func isWhole(_ image: [UInt8]) -> Bool {
      let rest = min(64 << 10, image.count)..<image.count
      return pending.isEmpty
        && ChunkDigest(of: flushed, range: rest) == ChunkDigest(of: image.span.extracting(rest))
    }
  }

  private let state: Mutex<State>
  private let byteCount: Int
  private let image: [UInt8]
  /// The number of the write that does not come through any more; nil for none.
  private let stop: Int?

  init(content: [UInt8], image: [UInt8], stop: Int?) {
    var first = AlignedBuffer(byteCount: content.count)
    var second = AlignedBuffer(byteCount: content.count)
    first.copy(from: content.span, at: 0)
    second.copy(from: content.span, at: 0)
    state = Mutex(State(content: first, flushed: second))
    byteCount = content.count
    self.image = image
    self.stop = stop
  }

  var content: [UInt8] { state.withLock { $0.content.copied(0..<byteCount) } }
  var bootsEarly: Bool { state.withLock { $0.bootsEarly } }

  /// What is left after it was unplugged: of what was not flushed some, each in part perhaps.
  func remains(using generator: inout SeededGenerator) -> [UInt8] {
    state.withLock { state in
      for (start, bytes) in state.pending {
        let kept =
          switch Int.random(in: 0..<3, using: &generator) {
          case 0: 0
          case 1: bytes.count
          default: Int.random(in: 0...bytes.count / 512, using: &generator) * 512
          }
        state.flushed.copy(from: bytes.span.extracting(0..<kept), at: start)
      }
      return state.flushed.copied(0..<byteCount)
    }
  }

  func write(
    _ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) {
    let (start, bytes, isZero) = (Int(offset), memory.copied(range), memory.isZero(range))
    let isGone = state.withLock { state -> Bool in
      state.writes += 1
      if let stop, state.writes >= stop { return true }
      if start == 0, !isZero, !state.isWhole(image) { state.bootsEarly = true }
      state.content.copy(from: bytes.span, at: start)
      state.pending.append((start, bytes))
      return false
    }
    if isGone { throw SystemCallError(call: "pwrite", errno: .noSuchAddressOrDevice) }
  }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    let bytes = state.withLock { state -> [UInt8]? in
      if let stop, state.writes >= stop { return nil }
      return state.content.copied(Int(offset)..<min(Int(offset) + range.count, byteCount))
    }
    guard let bytes else { throw SystemCallError(call: "pread", errno: .noSuchAddressOrDevice) }
    memory.copy(from: bytes.span, at: range.lowerBound)
    return bytes.count
  }

  func flush() throws(SystemCallError) -> CacheFlush {
    let isGone = state.withLock { state -> Bool in
      if let stop, state.writes >= stop { return true }
      for (start, bytes) in state.pending { state.flushed.copy(from: bytes.span, at: start) }
      state.pending = []
      return false
    }
    if isGone { throw SystemCallError(call: "fsync", errno: .noSuchAddressOrDevice) }
    return .confirmed
  }

  func recheck() throws(RecheckError) {}

  func compareIdentity() throws(RecheckError) {}
}
