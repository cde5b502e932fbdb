import BlockIO
import Synchronization

/// Bytes read in pieces of 16 KiB that are kept, since parsers come back to the same few places.
///
/// Dozens of directories then cost one read, and a stick over USB 2 is not asked a thousand times.
final class CachedBytes: RandomAccessBytes {
  let byteCount: UInt64
  private let source: any RandomAccessBytes
  private let cache = Mutex(Cache())

  private struct Cache {
    var pieces: [UInt64: [UInt8]] = [:]
    /// The pieces in the order in which they were read.
    var order: [UInt64] = []
    var shrunkTo: UInt64?
    /// How much may still be asked for, in bytes.
    var budget = CachedBytes.budget
  }

  /// What a whole inspection may ask for, in bytes; cached ones count, because they cost time as well.
  ///
  /// The largest honest tree that is walked to its end takes half of it.
  private static let budget = 256 << 20
  /// What each request costs at least.
  private static let costOfRequest = 512

  private static let pieceSize: UInt64 = 16 << 10
  /// 8 MiB at most.
  private static let pieceLimit = 512
  /// Longer reads go past the cache.
  private static let longestRead = 128 << 10

  init(_ source: any RandomAccessBytes) {
    self.source = source
    byteCount = source.byteCount
  }

  /// Where the source turned out to end, if that is before the length it promised.
  var shrunkTo: UInt64? { cache.withLock { $0.shrunkTo } }

  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    guard count > 0 else { return [] }
    let isAffordable = cache.withLock { cache in
      cache.budget -= max(count, Self.costOfRequest)
      return cache.budget >= 0
    }
    guard isAffordable else { throw .budgetExhausted }
    guard count <= Self.longestRead else { return try read(at: offset, count: count) }
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var position = offset
    let end = offset + UInt64(count)
    while position < end {
      let piece = try piece(position / Self.pieceSize)
      let first = Int(position % Self.pieceSize)
      let last = min(piece.count, first + Int(end - position))
      result += piece[first..<last]
      position += UInt64(last - first)
    }
    return result
  }

  private func piece(_ number: UInt64) throws(ByteReadError) -> [UInt8] {
    if let known = cache.withLock({ $0.pieces[number] }) { return known }
    let start = number * Self.pieceSize
    let piece = try read(at: start, count: Int(min(Self.pieceSize, byteCount - start)))
    cache.withLock { cache in
      if cache.order.count == Self.pieceLimit { cache.pieces[cache.order.removeFirst()] = nil }
      if cache.pieces.updateValue(piece, forKey: number) == nil { cache.order.append(number) }
    }
    return piece
  }

  private func read(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    do throws(ByteReadError) {
      return try source.bytes(at: offset, count: count)
    } catch {
      if case .outOfBounds(_, _, let available) = error {
        cache.withLock { $0.shrunkTo = min($0.shrunkTo ?? .max, available) }
      }
      throw error
    }
  }
}
