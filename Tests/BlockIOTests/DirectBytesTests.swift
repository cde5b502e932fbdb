import BlockIO
import SystemPackage
import TestSupport
import Testing

@Suite("Reading past the page cache")
struct DirectBytesTests {
  private let scratch: ScratchDirectory
  private let path: FilePath

  init() throws {
    scratch = try ScratchDirectory()
    path = FilePath("\(scratch.path)/disk")
  }

  private func random(_ count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: 28)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private func open() throws -> OwnedDescriptor { try OwnedDescriptor(opening: path, [.write, .direct]) }

  @Test("R28: every range comes as it lies there, however unaligned, more than is kept, and to the last byte")
  func ranges() throws {
    let content = random((4 << 20) + 12_288)
    try scratch.write(content, to: "disk")
    let bytes = try DirectBytes(sharing: try open(), byteCount: UInt64(content.count), blockSize: 512)
    var generator = SeededGenerator(seed: 41)
    for _ in 0..<400 {
      let start = Int.random(in: 0..<content.count, using: &generator)
      let longest = Bool.random(using: &generator) ? 600 : 300_000
      let count = Int.random(in: 0...min(longest, content.count - start), using: &generator)
      #expect(try bytes.bytes(at: UInt64(start), count: count) == Array(content[start..<(start + count)]))
    }
    let end = UInt64(content.count)
    #expect(try bytes.bytes(at: end - 1, count: 1) == [content[content.count - 1]])
    #expect(throws: ByteReadError.outOfBounds(offset: end - 1, count: 2, available: end)) {
      try bytes.bytes(at: end - 1, count: 2)
    }
  }

  @Test(
    "a part of a block at the end, which cannot be asked for, hides nothing before it",
    arguments: [4096, 65_536, 0, 3, 1 << 17])
  func oddEnd(blockSize: Int) throws {
    let content = random((3 * 65_536) + 2048)
    try scratch.write(content, to: "disk")
    let bytes = try DirectBytes(
      sharing: try open(), byteCount: UInt64(content.count), blockSize: blockSize)
    #expect(bytes.byteCount == 3 * 65_536)
    #expect(try bytes.bytes(at: 3 * 65_536 - 9, count: 9) == Array(content[(3 * 65_536 - 9)..<(3 * 65_536)]))
    #expect(throws: ByteReadError.outOfBounds(offset: 3 * 65_536, count: 1, available: 3 * 65_536)) {
      try bytes.bytes(at: 3 * 65_536, count: 1)
    }
  }

  @Test("what lies beside bytes that cannot be had is still read")
  func damage() throws {
    let content = random(256 << 10)
    try scratch.write(content, to: "disk")
    let bytes = try DirectBytes(sharing: try open(), byteCount: UInt64(content.count), blockSize: 512)
    try scratch.run("truncate -s 68K disk")
    #expect(try bytes.bytes(at: 65_600, count: 700) == Array(content[65_600..<66_300]))
    #expect(throws: ByteReadError.outOfBounds(offset: 69_632, count: 4096, available: 69_632)) {
      try bytes.bytes(at: 70_000, count: 100)
    }
    // It was not kept as if it were whole.
    try scratch.write(content, to: "disk")
    #expect(try bytes.bytes(at: 70_000, count: 100) == Array(content[70_000..<70_100]))
  }

  @Test("R41: who cannot read directly reads through the cache for a moment, and then nobody does")
  func moment() throws {
    try scratch.write([1, 2, 3, 4] + [UInt8](repeating: 0, count: 8188), to: "disk")
    let disk = try open()
    let isDirect = try disk.readingThroughCache(byteCount: 8192) { disk in
      // Three bytes at an odd place: no direct read gives them.
      #expect((try? disk.bytes(in: 1..<4)) == [2, 3, 4])
      return (try? disk.isDirectAndPrivate()) ?? true
    }
    #expect(!isDirect)
    #expect(try disk.isDirectAndPrivate())
  }

  @Test("R41: what cannot be switched back is an error, not a reading that proves nothing")
  func noWayBack() throws {
    let file = try OwnedDescriptor(opening: "/proc/self/status")
    #expect(throws: SystemCallError.self) { try file.readingThroughCache(byteCount: 1) { _ in } }
  }

  @Test("another descriptor of the same opening outlives the first")
  func duplicate() throws {
    try scratch.write([UInt8](repeating: 7, count: 4096), to: "disk")
    let bytes = try DirectBytes(sharing: try open(), byteCount: 4096, blockSize: 512)
    #expect(try bytes.bytes(at: 100, count: 3) == [7, 7, 7])
  }
}
