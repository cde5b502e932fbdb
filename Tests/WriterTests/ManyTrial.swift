import BlockIO
import BlockMap
import DeviceSafety
import ImageSource
import ImageSupport
import ImageTrust
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Writer

/// One image written to several media in memory, with what became of each.
struct ManyTrial {
  var content: [UInt8]
  var length: ImageLength?
  var fault: MemoryImage.Fault?
  var map: BlockMap?
  var digest = DigestChoice.sha256
  var patience = ImagePass.usualPatience
  /// Told how many bytes of the image were read, after each read.
  var didRead: @Sendable (UInt64) -> Void = { _ in }

  /// What a medium is like.
  struct Stick {
    var capacity = 12 * mebibyte
    var blockSize = 512
    var physical = 512
    var faults = MemoryMedium.Faults()
  }

  typealias Ending = (result: Result<WriteReport, WriteFailure>, medium: MemoryMedium)

  func run(_ sticks: [Stick]) async throws -> [Ending] {
    let image = CountedImage(try MemoryImage(content, length: length, fault: fault), didRead)
    let runs = try sticks.map { stick in
      let geometry = BlockGeometry(
        byteCount: UInt64(stick.capacity), logicalBlockSize: stick.blockSize,
        physicalBlockSize: stick.physical, isReadOnly: false, diskSequence: 1)
      let plan = try WritePlan(imageLength: image.length, geometry: geometry, digest: digest, map: map)
      let medium = MemoryMedium(
        content: [UInt8](repeating: 0xEE, count: stick.capacity), blockSize: stick.blockSize,
        faults: stick.faults)
      return (WriteRun(image: image, plan: plan, medium: medium, progress: ProgressMeter()), medium)
    }
    let pass = ImagePass(image, for: runs.map { ($0.0.plan, $0.0.progress) }, patience: patience)
    let results = Mutex<[Int: Result<WriteReport, WriteFailure>]>([:])
    await pass.run { index, intake in
      let found: Result<WriteReport, WriteFailure>
      do throws(WriteFailure) { found = .success(try await runs[index].0.execute(from: intake)) } catch {
        found = .failure(error)
      }
      results.withLock { $0[index] = found }
    }
    // Only what is lost is looked at once more.
    #expect(image.passes <= 1 || fault != nil || sticks.contains { $0.faults.isLossy })
    return try runs.indices.map { index in
      (try #require(results.withLock { $0[index] }), runs[index].1)
    }
  }
}

/// An image that counts how often it is read, and tells how far.
final class CountedImage: ImageSource {
  private let image: MemoryImage
  private let count = Atomic<Int>(0)
  private let didRead: @Sendable (UInt64) -> Void

  init(_ image: MemoryImage, _ didRead: @escaping @Sendable (UInt64) -> Void) {
    self.image = image
    self.didRead = didRead
  }

  var passes: Int { count.load(ordering: .relaxed) }
  var path: String { image.path }
  var state: FileState? { nil }
  var length: ImageLength { image.length }
  var fileByteCount: UInt64? { image.fileByteCount }

  func start() throws(ImageSourceError) -> any ImageStream {
    count.add(1, ordering: .relaxed)
    return CountedStream(try image.start(), didRead)
  }

  func requireUnchanged() throws(ImageSourceError) { try image.requireUnchanged() }
}

private final class CountedStream: ImageStream {
  private let stream: any ImageStream
  private let place = Atomic<UInt64>(0)
  private let didRead: @Sendable (UInt64) -> Void

  init(_ stream: any ImageStream, _ didRead: @escaping @Sendable (UInt64) -> Void) {
    self.stream = stream
    self.didRead = didRead
  }

  var consumedByteCount: UInt64 { stream.consumedByteCount }

  func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int {
    let count = try stream.read(into: &buffer, range: range)
    didRead(place.add(UInt64(count), ordering: .relaxed).newValue)
    return count
  }

  func skip(_ count: UInt64) throws(ImageSourceError) { try stream.skip(count) }
}

extension MemoryMedium.Faults {
  /// Whether what is written is not what is kept.
  fileprivate var isLossy: Bool {
    var probe: [UInt8] = [1, 2]
    corrupt(&probe, 5 << 20..<6 << 20)
    return probe != [1, 2]
  }
}
