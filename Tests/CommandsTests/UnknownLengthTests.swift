import BlockIO
import Documents
import ImageSource
import TestSupport
import Testing
import UndoStore

@testable import Commands
@testable import Terminal
@testable import Writer

@Suite("What is told of an image whose length is not known")
struct UnknownLengthTests {
  private func plan(_ length: ImageLength) throws -> WritePlan {
    let geometry = BlockGeometry(
      byteCount: 64 << 20, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
      diskSequence: nil)
    return try WritePlan(imageLength: length, geometry: geometry, digest: .sha256)
  }

  @Test("a plan has null for what depends on it, and says what an image says of itself")
  func plans() throws {
    let unknown = try plan(.unknown).json
    for key in ["imageBytes", "statedBytes", "writtenBytes", "headBytes", "pieces"] {
      #expect(unknown[key] == .null, "\(key)")
    }
    #expect(unknown["capacity"] == .unsigned(64 << 20))
    let stated = try plan(.stated(5000)).json
    #expect(stated["statedBytes"] == .unsigned(5000) && stated["imageBytes"] == .null)
    let exact = try plan(.exact(5000)).json
    #expect(exact["imageBytes"] == .unsigned(5000) && exact["statedBytes"] == .null)
    #expect(exact["writtenBytes"] == .unsigned(8192) && exact["headBytes"] == .unsigned(8192))
  }

  @Test("the steps name the byte behind which it is too large")
  func steps() throws {
    let steps = try plan(.unknown).steps.map(\.string)
    #expect(
      steps.contains(
        "write what follows the first 1048576 bytes to where the image ends, in requests "
          + "aligned to 4096 bytes; stop where it goes on after byte 67108863"))
    #expect(
      steps.contains(
        "write the head, the bytes that were left out, flush, read it back: from here on it boots"))
    #expect(try plan(.stated(9)).steps.map(\.string) == steps)
  }

  @Test(
    "undo saves the structure as if all of the disk were overwritten, and does not look for data everywhere")
  func undo() throws {
    let partition = UndoRecord.Partition(number: 1, range: 40 << 20..<60 << 20, fileSystem: nil, name: nil)
    func wish(_ length: ImageLength, inUse byteCount: UInt64 = 3 << 20) throws -> UndoWish {
      try UndoWish(plan(length), [partition], UndoLimit(inUse: byteCount))
    }
    let (unknown, whole) = (try wish(.unknown), try wish(.exact(64 << 20)))
    #expect(unknown.structure == whole.structure)
    #expect(whole.structure.overlaps(40 << 20..<41 << 20) && whole.structure.overlaps(59 << 20..<60 << 20))
    #expect(
      unknown.data.ranges.last?.upperBound == 25 << 20 && whole.data.ranges.last?.upperBound == 63 << 20)
    #expect(
      try wish(.unknown, inUse: 16 << 30) == wish(.exact(64 << 20), inUse: 16 << 30), "as far as it reaches")
    #expect(try wish(.stated(30 << 20 - 1)).data.ranges.last?.upperBound == 30 << 20)
    #expect(try wish(.stated(5)).data.ranges.isEmpty)
  }

  @Test("progress in JSON has the share of the file that is consumed")
  func progress() async throws {
    let world = FakeWorld()
    let meter = ProgressMeter()
    meter.begin(.writing, fileByteCount: 1000)
    meter.advance(by: 5000, consumed: 300)
    await ProgressReporter.showing(meter, in: world.context, as: .json) {
      // The reporter has a thread of its own, which prints the first line at once.
      while world.stdout.text.isEmpty { await Task.yield() }
    }
    let line = try #require(world.stdout.text.split(separator: "\n").first.map(String.init))
    #expect(
      line.hasSuffix(
        #""phase":"writing","bytesDone":5000,"bytesTotal":null,"fileBytesDone":300,"fileBytesTotal":1000}"#))
  }
}
