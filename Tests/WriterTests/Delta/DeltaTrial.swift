import BlockIO
import BlockMap
import ImageSource
import ImageSupport
import Synchronization
import TestSupport

@testable import Writer

/// An image that comes onto a medium which holds an older one.
struct DeltaTrial {
  /// What the medium holds from its first byte on; the rest of it is 0xEE.
  var old: [UInt8]
  var new: [UInt8]
  var capacity: Int
  var blockSize = 512
  var length: ImageLength?
  var map: BlockMap?
  var seed: UInt64 = 1
  var faults = MemoryMedium.Faults()

  func plan(isDelta: Bool = true) throws -> WritePlan {
    let geometry = BlockGeometry(
      byteCount: UInt64(capacity), logicalBlockSize: blockSize, physicalBlockSize: blockSize,
      isReadOnly: false, diskSequence: 1)
    return try WritePlan(
      imageLength: length ?? .exact(UInt64(new.count)), geometry: geometry, digest: .none,
      probing: CapacityProbing(seed: seed, toleratesFake: false), map: map, isDelta: isDelta)
  }

  func run(
    isDelta: Bool = true
  ) async throws -> (Result<WriteReport, WriteFailure>, MemoryMedium) {
    let plan = try plan(isDelta: isDelta)
    let rest = [UInt8](repeating: 0xEE, count: capacity - old.count)
    let medium = MemoryMedium(content: old + rest, blockSize: blockSize, faults: faults)
    let run = WriteRun(
      image: try MemoryImage(new, length: length), plan: plan, medium: medium, progress: ProgressMeter())
    do throws(WriteFailure) { return (.success(try await run.execute()), medium) } catch {
      return (.failure(error), medium)
    }
  }
}

extension [UInt8] {
  /// An image that repeats itself, because random bytes take long, but nowhere at a multiple of a block.
  static func repeating(_ count: Int, seed: UInt64) -> [UInt8] {
    let period = [UInt8].random(Swift.min(count, 65_537), seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + period.count)
    while bytes.count < count { bytes += period }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// The image of another day: some runs of it hold other bytes.
  /// - Parameters:
  ///   - runs: how many.
  ///   - longest: how long one is at most, in bytes.
  func changed(_ runs: Int, longest: Int, using generator: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes = self
    for _ in 0..<runs {
      let start = Int.random(in: 0..<count, using: &generator)
      let end = Swift.min(count, start + Int.random(in: 1...longest, using: &generator))
      // A run of zeros now and then: that is what a medium gives that has lost something.
      let value = Bool.random(using: &generator) ? 0 : UInt8.random(in: 1...255, using: &generator)
      bytes.replaceSubrange(start..<end, with: [UInt8](repeating: value, count: end - start))
    }
    return bytes
  }
}

extension MemoryMedium {
  /// Whether it holds bytes from its first one on; by their digests, because comparing arrays takes long.
  func holds(_ bytes: [UInt8]) -> Bool {
    let content = content
    guard content.count >= bytes.count else { return false }
    return ChunkDigest(of: content.span.extracting(0..<bytes.count)) == ChunkDigest(of: bytes.span)
  }

  /// How many bytes went each way.
  var traffic: (read: UInt64, written: UInt64) {
    log.reduce((0, 0)) { sum, request in
      switch request {
      case .read(let range): (sum.0 + UInt64(range.count), sum.1)
      case .write(let range): (sum.0, sum.1 + UInt64(range.count))
      case .flush: sum
      }
    }
  }
}

/// Whether something has happened.
final class Flag: Sendable {
  private let value = Atomic<Bool>(false)

  var isSet: Bool { value.load(ordering: .relaxed) }

  func set() { value.store(true, ordering: .relaxed) }
}
