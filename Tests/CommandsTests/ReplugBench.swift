import BlockIO
import DeviceProbe
import DeviceSafety
import ImageInspector
import ImageSource
import Synchronization
import SystemPackage
import TestSupport
import Testing
import UndoStore

@testable import Commands
@testable import Terminal
@testable import Writer

/// Tells all the time that something has happened, so that every look follows at once.
final class EndlessNews: HotPlugSource {
  private let file: OwnedDescriptor
  var descriptor: CInt { file.rawValue }

  init() throws { file = try OwnedDescriptor(opening: "/dev/zero") }

  func disturbance(of disk: WatchedDisk) -> Disturbance? { nil }
}

/// A stick that was written and is waited for, and what is plugged in at each look.
struct ReplugBench {
  let directory: ScratchDirectory
  var world: FakeWorld
  let image: [UInt8]
  /// The stick as it was written.
  var stick = Self.disk("sdb", 21)
  /// What it is compared with, where that is another thing than the image.
  var written: AwaitedStick.Written?

  init(_ image: [UInt8] = [UInt8].random(1_300_480, seed: 0x4E9)) throws {
    directory = try ScratchDirectory()
    self.image = image
    world = FakeWorld()
    try directory.write(image, to: "image")
    written = .init(
      source: try RawImage(opening: directory.path + "/image", acceptsDevice: false),
      byteCount: UInt64(image.count))
    world.context.openReturned = { [directory] (disk, _) throws(VerifyError) in
      try MediumReader(opening: "\(directory.path)/\(disk.name)", expecting: nil, diskSequence: nil)
    }
  }

  /// A stick under a name of the kernel's, as the medium of a number.
  static func disk(_ name: String, _ diskseq: UInt64, serial: String? = "4C53000123") -> BlockDevice {
    var disk = Machines.stick(name, UInt32(diskseq), port: "1-2", diskseq: diskseq)
    disk.identity.serial = serial
    return disk
  }

  /// What is on a stick, whatever it says of itself.
  func put(_ bytes: [UInt8], on name: String) throws { try directory.write(bytes, to: name) }

  /// The digests of what was written.
  static func chunks(_ bytes: [UInt8]) throws -> MediumChunks {
    let ends = [0, 1 << 20, bytes.count]
    let digests = zip(ends, ends.dropFirst()).map { ChunkDigest(of: Array(bytes[$0..<$1]).span) }
    return try #require(
      MediumChunks(extents: [0..<(1 << 20), (1 << 20)..<UInt64(bytes.count)], digests: digests))
  }

  /// What is waited for.
  func awaited(_ disk: BlockDevice) throws -> AwaitedStick {
    let geometry = BlockGeometry(
      byteCount: try #require(disk.byteCount), logicalBlockSize: 512, physicalBlockSize: 512,
      isReadOnly: false, diskSequence: disk.diskSequence)
    let identity = TargetIdentity(
      kind: .disk(disk.number), path: disk.path, name: "Ultra Fit", id: TargetID(of: disk).description,
      geometry: geometry)
    return AwaitedStick(
      identity, try #require(DiskFingerprint(of: disk, bootID: "this-start")), try Self.chunks(image),
      written,
      try ImageInspector.inspect(image))
  }

  /// Waits for some sticks, which are there before anything is written.
  /// - Parameters:
  ///   - others: what is there by then too.
  ///   - looks: what is plugged in at each look; the last one is all that comes.
  ///   - isStopped: whether somebody stops the run after the last of them.
  func wait(
    for sticks: [BlockDevice], beside others: [BlockDevice] = [], _ looks: [[BlockDevice]],
    isJSON: Bool = false, stopping isStopped: Bool = false
  ) async throws -> [Int: ReplugOutcome] {
    let script = Mutex([sticks + others] + looks)
    let stop = Mutex<(@Sendable () -> Void)?>(nil)
    var context = world.context
    context.hotPlug = { try? EndlessNews() }
    context.snapshot = { _, _ in
      script.withLock { script in
        guard script.count > 1 else {
          if isStopped { stop.withLock { $0?() } }
          return DeviceSnapshot(devices: script[0])
        }
        return DeviceSnapshot(devices: script.removeFirst())
      }
    }
    let order = WriteOrder(
      image: "a.iso", target: "usb-00000000", request: .init(), isYes: true, digest: .none,
      allowsDamaged: false, allowsPacked: false, probing: .init(seed: 1, toleratesFake: false),
      isQuiet: !isJSON, isJSON: isJSON)
    let session = ReplugSession(order, in: context)
    let awaited = try sticks.map(awaited)
    let began = Channel<Void>()
    let run = Task {
      _ = await began.next()
      var outcomes: [Int: ReplugOutcome] = [:]
      await session.run(awaited) { outcomes[$0] = $1 }
      return outcomes
    }
    stop.withLock { $0 = { run.cancel() } }
    began.send(())
    return await run.value
  }

  /// Waits for the one stick.
  func wait(_ looks: [[BlockDevice]], stopping isStopped: Bool = false) async throws -> ReplugOutcome {
    try #require(try await wait(for: [stick], looks, stopping: isStopped)[0])
  }

  /// What was told.
  var text: String { world.stderr.text }
}

extension ReplugOutcome {
  /// Whether all of it was read and is equal.
  var isEqual: Bool { if case .equal = ending { true } else { false } }
}
