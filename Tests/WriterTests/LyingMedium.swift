import BlockIO
import DeviceSafety
import Synchronization
import SystemPackage

@testable import Writer

/// A sparse medium of any size that has less memory than it claims, or as much.
final class LyingMedium: Medium {
  /// What it does with what it has no memory for.
  enum Lie: Hashable, Sendable {
    /// It has it all.
    case none
    /// Addresses count modulo the true size.
    case wraps(at: UInt64)
    /// It loses it.
    case drops(beyond: UInt64, reading: Remains)
    /// It keeps the blocks that were written last, wherever they belong, and loses the rest.
    case caches(blocks: Int, beyond: UInt64)
    /// The same, but nothing else gets into the cache than what it loses, as f3 models such media.
    case hides(blocks: Int, beyond: UInt64)
  }

  /// What is read where nothing is kept.
  enum Remains: Hashable, Sendable, CaseIterable {
    case zeros, ones, old
  }

  private struct State {
    var chunks: [UInt64: [UInt8]] = [:]
    /// The cache: blocks by address, the oldest first.
    var cached: [UInt64: [UInt8]] = [:]
    var order: [UInt64] = []
    var requests = 0
    var misaligned = 0
  }

  private static let chunkSize: UInt64 = 1 << 16
  private static let cacheBlock: UInt64 = 4096

  let byteCount: UInt64
  private let blockSize: UInt64
  private let lie: Lie
  private let faults: MemoryMedium.Faults
  private let state = Mutex(State())

  init(
    byteCount: UInt64, blockSize: Int = 512, lie: Lie, faults: MemoryMedium.Faults = MemoryMedium.Faults()
  ) {
    self.byteCount = byteCount
    self.blockSize = UInt64(blockSize)
    self.lie = lie
    self.faults = faults
  }

  var requests: Int { state.withLock(\.requests) }
  var misaligned: Int { state.withLock(\.misaligned) }

  /// What a reader sees.
  func contents(_ range: Range<UInt64>) -> [UInt8] { state.withLock { load(range, &$0) } }

  /// What its memory holds, whatever it gives out.
  func stored(_ range: Range<UInt64>) -> [UInt8] { state.withLock { fetch(range, $0) } }

  func write(
    _ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) {
    let place = offset..<(offset + UInt64(range.count))
    let bytes = memory.array(of: range)
    try count(place, faults.write(place), "pwrite")
    state.withLock { store(bytes, at: offset, &$0) }
  }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    let place = offset..<min(offset + UInt64(range.count), byteCount)
    try count(place, faults.read(place), "pread")
    let bytes = contents(place)
    memory.copy(from: bytes.span, at: range.lowerBound)
    return bytes.count
  }

  func flush() throws(SystemCallError) -> CacheFlush { .confirmed }

  func recheck() throws(RecheckError) {}

  func compareIdentity() throws(RecheckError) {
    if let error = faults.identity() { throw error }
  }

  private func count(_ place: Range<UInt64>, _ error: Errno?, _ call: String) throws(SystemCallError) {
    let isAligned = place.lowerBound % blockSize == 0 && place.upperBound % blockSize == 0
    state.withLock { state in
      state.requests += 1
      if !isAligned || place.upperBound > byteCount { state.misaligned += 1 }
    }
    if let error { throw SystemCallError(call: call, errno: error) }
  }

  private func store(_ bytes: [UInt8], at offset: UInt64, _ state: inout State) {
    let end = offset + UInt64(bytes.count)
    switch lie {
    case .none: put(bytes[...], at: offset, &state)
    case .wraps(let size):
      var position = offset
      while position < end {
        let part = min(end - position, size - position % size)
        let start = Int(position - offset)
        put(bytes[start..<(start + Int(part))], at: position % size, &state)
        position += part
      }
    case .drops(let size, _):
      if offset < size { put(bytes.prefix(Int(min(end, size) - offset)), at: offset, &state) }
    case .caches(let count, let size), .hides(let count, let size):
      if offset < size { put(bytes.prefix(Int(min(end, size) - offset)), at: offset, &state) }
      if case .hides = lie, end <= size { return }
      for block in stride(from: offset - offset % Self.cacheBlock, to: end, by: Int(Self.cacheBlock)) {
        let start = Int(max(block, offset) - offset)
        if state.cached[block] == nil { state.order.append(block) }
        state.cached[block] = Array(bytes[start..<min(start + Int(Self.cacheBlock), bytes.count)])
      }
      while state.order.count > count { state.cached[state.order.removeFirst()] = nil }
    }
  }

  private func load(_ range: Range<UInt64>, _ state: inout State) -> [UInt8] {
    switch lie {
    case .none: return fetch(range, state)
    case .wraps(let size):
      var bytes: [UInt8] = []
      var position = range.lowerBound
      while position < range.upperBound {
        let part = min(range.upperBound - position, size - position % size)
        bytes += fetch((position % size)..<(position % size + part), state)
        position += part
      }
      return bytes
    case .drops(let size, let remains):
      let kept = range.clamped(to: 0..<max(size, range.lowerBound))
      let lost = range.upperBound - kept.upperBound
      let filler: UInt8 = remains == .ones ? 0xFF : 0
      let rest =
        remains == .old
        ? fetch(kept.upperBound..<range.upperBound, State())
        : [UInt8](repeating: filler, count: Int(lost))
      return fetch(kept, state) + rest
    case .caches(_, let size), .hides(_, let size):
      let kept = range.clamped(to: 0..<max(size, range.lowerBound))
      var bytes = fetch(kept, state)
      var position = kept.upperBound
      while position < range.upperBound {
        let part = min(range.upperBound - position, Self.cacheBlock - position % Self.cacheBlock)
        let block = state.cached[position]
        bytes += (block ?? [UInt8](repeating: 0, count: Int(part))).prefix(Int(part))
        position += part
      }
      return bytes
    }
  }

  private func put(_ bytes: ArraySlice<UInt8>, at offset: UInt64, _ state: inout State) {
    var position = offset
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let chunk = position / Self.chunkSize
      let inside = Int(position % Self.chunkSize)
      let count = min(bytes.endIndex - start, Int(Self.chunkSize) - inside)
      state.chunks[chunk, default: Self.oldContent(chunk)].replaceSubrange(
        inside..<(inside + count), with: bytes[start..<(start + count)])
      start += count
      position += UInt64(count)
    }
  }

  private func fetch(_ range: Range<UInt64>, _ state: State) -> [UInt8] {
    var bytes: [UInt8] = []
    var position = range.lowerBound
    while position < range.upperBound {
      let chunk = position / Self.chunkSize
      let inside = Int(position % Self.chunkSize)
      let count = Int(min(range.upperBound - position, Self.chunkSize - UInt64(inside)))
      bytes += (state.chunks[chunk] ?? Self.oldContent(chunk))[inside..<(inside + count)]
      position += UInt64(count)
    }
    return bytes
  }

  /// What was on it before: never zero, and another byte in each chunk.
  private static func oldContent(_ chunk: UInt64) -> [UInt8] {
    [UInt8](repeating: UInt8(1 + chunk % 250), count: Int(chunkSize))
  }
}
