import BlockIO
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Reader

private let mebibyte = 1 << 20

@Suite("A disk into a file")
struct DiskBackupTests {
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  /// Random bytes with runs of zeros of any length and place.
  private static func content(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var bytes = [UInt8].random(count, seed: seed)
    for _ in 0..<6 {
      let start = Int.random(in: 0..<count, using: &generator)
      let end = Int.random(in: start...count, using: &generator)
      bytes.replaceSubrange(start..<end, with: [UInt8](repeating: 0, count: end - start))
    }
    return bytes
  }

  private func run(
    _ disk: FaultyDisk, _ form: BackupForm = .raw, tolerant: Bool = false, patience: Patience = .standard
  ) throws -> (BackupReport, [UInt8]) {
    let file = try GrowingFile(for: FilePath("\(scratch.path)/backup"))
    var done = 0
    let report = try DiskBackup.run(
      disk, into: file,
      BackupPlan(
        byteCount: disk.byteCount, form: form, toleratesUnreadable: tolerant, patience: patience),
      now: disk.now, advance: { done += $0 })
    #expect(done == disk.content.count)
    try file.publish(replacing: true)
    if form == .zstd { try scratch.run("zstd -dcq backup >content") }
    return (report, try scratch.contents(form == .zstd ? "content" : "backup"))
  }

  private func error(
    _ disk: FaultyDisk, tolerant: Bool = false, patience: Patience = .standard
  ) throws -> BackupError? {
    do {
      _ = try run(disk, tolerant: tolerant, patience: patience)
      return nil
    } catch let error as BackupError { return error }
  }

  private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = SHA256()
    digest.update(bytes.span)
    return digest.finish()
  }

  @Test(
    "holds its bytes, in both forms and for any length",
    arguments: [512, 4096, mebibyte + 512, 4 * mebibyte, 9 * mebibyte + 4608, 4 * mebibyte + 77])
  func whole(count: Int) throws {
    let disk = FaultyDisk(Self.content(count, seed: UInt64(count)))
    for form in [BackupForm.raw, .zstd] {
      let (report, bytes) = try run(disk, form)
      #expect(Self.sha256(bytes) == Self.sha256(disk.content))
      #expect(report.sha256 == Self.sha256(disk.content))
      #expect(report.byteCount == disk.byteCount && report.unreadable.isEmpty && !report.hasGivenUp)
    }
  }

  @Test("zeros become holes, and nothing is written for them")
  func sparse() throws {
    var bytes = [UInt8](repeating: 0, count: 16 * mebibyte)
    bytes[5 * mebibyte] = 1
    let (_, content) = try run(FaultyDisk(bytes))
    #expect(Self.sha256(content) == Self.sha256(bytes))
    let blocks = try #require(Int(try scratch.run("stat -c %b backup").filter(\.isNumber)))
    #expect(blocks * 512 <= 65_536)
  }

  @Test("a frame of zstd states its length and has a checksum")
  func frame() throws {
    _ = try run(FaultyDisk(Self.content(3 * mebibyte, seed: 4)), .zstd)
    let list = try scratch.run("zstd -lv backup")
    #expect(list.contains("Check: XXH64"))
    #expect(list.contains("3145728 B"))
  }

  @Test("what cannot be read is told to the block, and ends the run", arguments: [512, 2048, 4096])
  func unreadable(blockSize: Int) throws {
    let start = UInt64(5 * mebibyte + 3 * blockSize)
    let bad = start..<(start + UInt64(blockSize))
    let disk = FaultyDisk(.random(12 * mebibyte, seed: 5), blockSize: blockSize, bad: [bad])
    #expect(try error(disk) == .unreadable([bad], reached: UInt64(8 * mebibyte)))
    #expect(try scratch.run("ls -A -I output.text") == "")
    #expect(disk.smallestRequest == blockSize)
  }

  @Test(
    "or is left out where that is asked for, and nothing else is lost",
    arguments: 1...4 as ClosedRange<UInt64>)
  func tolerated(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let count = 6 * mebibyte
    var bad: [Range<UInt64>] = []
    var position = 0
    while position < count - 8192 {
      let start = Int.random(in: (position / 512 + 1)..<(count / 512), using: &generator) * 512
      let end = min(start + 512 * Int.random(in: 1...300, using: &generator), count)
      bad.append(UInt64(start)..<UInt64(end))
      position = end
    }
    let disk = FaultyDisk(.random(count, seed: seed), bad: bad)
    for form in [BackupForm.raw, .zstd] {
      let (report, bytes) = try run(disk, form, tolerant: true)
      #expect(report.unreadable == bad)
      #expect(Self.sha256(bytes) == report.sha256)
      #expect(report.sha256 == Self.sha256(disk.readable))
      #expect(!report.hasGivenUp)
    }
  }

  @Test("few requests fail for one bad block, because each may take half a minute")
  func fewFailures() throws {
    let disk = FaultyDisk(.random(4 * mebibyte, seed: 6), bad: [1_049_088..<1_049_600])
    _ = try run(disk, tolerant: true)
    #expect(disk.failedRequests == 4)
    #expect(disk.goodRequests == 63 + 15 + 7)
  }

  @Test("a disk that is dead takes bounded time, and what was not tried counts as lost")
  func dying() throws {
    let count = UInt64(16 * mebibyte)
    let dead: Range<UInt64> = 4_194_304..<count
    let disk = FaultyDisk(
      [UInt8](repeating: 7, count: Int(count)), bad: [dead], delay: .seconds(30))
    let patience = Patience(narrowing: .seconds(300), total: .seconds(600))
    let (report, bytes) = try run(disk, tolerant: true, patience: patience)
    #expect(report.hasGivenUp)
    #expect(report.unreadable == [dead])
    #expect(disk.failedRequests == 20)
    #expect(Self.sha256(bytes) == Self.sha256(disk.readable))
  }

  @Test("once it has taken long, bad places are no longer looked at closely")
  func hasty() throws {
    let piece = UInt64(4 * mebibyte)
    let disk = FaultyDisk(
      .random(12 * mebibyte, seed: 7), bad: [512..<1024, (2 * piece + 512)..<(2 * piece + 1024)],
      delay: .seconds(30))
    let (report, _) = try run(
      disk, tolerant: true, patience: Patience(narrowing: .seconds(120), total: .seconds(1200)))
    #expect(report.unreadable == [512..<1024, (2 * piece)..<(3 * piece)])
    #expect(!report.hasGivenUp)
  }

  @Test("what is no bad place is not asked again", arguments: [ENODEV, ENOMEDIUM, EINVAL, ENXIO])
  func wholeDevice(errno: CInt) throws {
    let disk = FaultyDisk(.random(mebibyte, seed: 8), bad: [0..<512], errno: errno)
    let failure = SystemCallError(call: "pread", errno: Errno(rawValue: errno))
    #expect(try error(disk, tolerant: true) == .device(failure, offset: 0))
    #expect(disk.failedRequests == 1)
  }

  @Test("R31: a disk that was pulled is not taken for one with bad places")
  func pulled() throws {
    let disk = FaultyDisk(.random(mebibyte, seed: 9), bad: [0..<512], isPresent: false)
    let failure = SystemCallError(call: "pread", errno: Errno(rawValue: ENODEV))
    #expect(try error(disk, tolerant: true) == .device(failure, offset: 0))
    #expect(disk.failedRequests == 1)
  }

  @Test("a disk that ends early is not filled up")
  func tooShort() throws {
    let disk = FaultyDisk(.random(2 * mebibyte, seed: 10), end: 1_000_448)
    #expect(try error(disk, tolerant: true) == .tooShort(expected: disk.byteCount, found: 1_000_448))
  }

  @Test("a run that is cancelled ends at once, and leaves nothing")
  func cancelled() async throws {
    let disk = FaultyDisk(.random(mebibyte, seed: 11))
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try error(disk)
    }
    task.cancel()
    #expect(try await task.value == .cancelled)
    #expect(disk.goodRequests == 0)
    #expect(try scratch.run("ls -A -I output.text") == "")
  }
}

@Suite("An open disk")
struct SourceDiskTests {
  @Test("R29: a virtual stick that is changed or replaced is noticed")
  func changes() throws {
    let scratch = try ScratchDirectory()
    try scratch.write(.random(10_000, seed: 1), to: "stick")
    let path = scratch.path + "/stick"
    let disk = try SourceDisk(opening: path, expecting: nil, diskSequence: nil, exclusively: true)
    #expect(disk.byteCount == 10_000)
    #expect(try disk.changedByteCount() == 0)
    try scratch.run("printf x >>stick")
    #expect(try disk.changedByteCount() == nil)
  }

  @Test("what was looked up as something else is not read")
  func wrongKind() throws {
    let scratch = try ScratchDirectory()
    try scratch.write([1, 2, 3], to: "stick")
    try scratch.run("ln -s stick link")
    func error(_ name: String, _ number: DeviceNumber?, _ sequence: UInt64? = nil) -> BackupError? {
      do throws(BackupError) {
        _ = try SourceDisk(
          opening: "\(scratch.path)/\(name)", expecting: number, diskSequence: sequence, exclusively: false)
        return nil
      } catch { return error }
    }
    #expect(error("stick", nil) == nil)
    #expect(error("stick", DeviceNumber(major: 8, minor: 0)) == .replaced)
    #expect(error("stick", nil, 7) == .replaced)
    guard case .device(let failure, nil)? = error("link", nil) else {
      Issue.record("a link is followed")
      return
    }
    #expect(failure.errno == .tooManySymbolicLinkLevels)
  }
}
