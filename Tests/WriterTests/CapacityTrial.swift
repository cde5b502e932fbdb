import BlockIO
import ImageSource
import ImageSupport
import TestSupport

@testable import Writer

/// A write, with its capacity probed, onto a medium that may lie.
struct CapacityTrial {
  var imageByteCount = 100_000
  var capacity: UInt64
  var lie: LyingMedium.Lie = .none
  var blockSize = 512
  var physical = 512
  var seed: UInt64 = 1
  var toleratesFake = false
  var content: [UInt8]?
  var faults = MemoryMedium.Faults()

  /// Repeats itself, because random bytes take long, but nowhere at a multiple of a block.
  var image: [UInt8] {
    if let content { return content }
    let period = [UInt8].random(min(imageByteCount, 65_537), seed: seed)
    var bytes: [UInt8] = []
    while bytes.count < imageByteCount { bytes += period }
    bytes.removeLast(bytes.count - imageByteCount)
    return bytes
  }

  func plan() throws -> WritePlan {
    let geometry = BlockGeometry(
      byteCount: capacity, logicalBlockSize: blockSize, physicalBlockSize: physical, isReadOnly: false,
      diskSequence: 1)
    return try WritePlan(
      imageLength: .exact(UInt64(content?.count ?? imageByteCount)), geometry: geometry, digest: .none,
      probing: CapacityProbing(seed: seed, toleratesFake: toleratesFake))
  }

  func run() async throws -> (Result<WriteReport, WriteFailure>, LyingMedium) {
    let plan = try plan()
    let medium = LyingMedium(byteCount: plan.capacity, blockSize: blockSize, lie: lie, faults: faults)
    let run = WriteRun(
      image: try MemoryImage(image), plan: plan, medium: medium, progress: ProgressMeter())
    do throws(WriteFailure) { return (.success(try await run.execute()), medium) } catch {
      return (.failure(error), medium)
    }
  }

  /// Why the run failed; nil where it succeeded.
  func error() async throws -> WriteError? {
    if case .failure(let failure) = try await run().0 { failure.error } else { nil }
  }

  /// What the run says of the capacity, whether it failed for it or for what it did to the image.
  func shortfall() async throws -> CapacityShortfall? {
    switch try await error() {
    case .fakeCapacity(let shortfall), .overrun(_, let shortfall): shortfall
    default: nil
    }
  }
}
