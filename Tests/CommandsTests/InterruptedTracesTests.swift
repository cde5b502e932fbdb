import BlockIO
import ImageSource
import ImageSupport
import TestSupport
import Testing
import UndoStore

@testable import Commands

/// A disk in memory.
private struct Disk: UndoSource {
  var bytes: [UInt8]

  func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    let part = bytes[min(Int(offset), bytes.count)..<min(Int(offset) + range.count, bytes.count)]
    buffer.copy(from: Array(part).span, at: range.lowerBound)
    return part.count
  }
}

@Suite("R8, R31: what an interrupted write leaves on a disk")
struct InterruptedTracesTests {
  private let image = [UInt8].random(4 << 20, seed: 0x7ACE)

  /// A disk on which a write has come to a byte.
  private func disk(upTo end: Int, head: UInt8 = 0) -> Disk {
    let body = image[(1 << 20)..<max(end, 1 << 20)]
    let rest = [UInt8](repeating: 0xA5, count: (8 << 20) - max(end, 1 << 20))
    return Disk(bytes: [UInt8](repeating: head, count: 1 << 20) + body + rest)
  }

  private func areFound(on disk: Disk, of image: [UInt8]? = nil, upTo: UInt64 = 64 << 20) throws -> Bool {
    try InterruptedTraces(image: MemoryImage(image ?? self.image), upTo: upTo).areFound(on: disk)
  }

  @Test("one piece of the image behind a head of zeros is enough, none is not", arguments: [0, 2, 3, 4])
  func progress(mebibytes: Int) throws {
    #expect(try areFound(on: disk(upTo: mebibytes << 20)) == (mebibytes >= 2))
  }

  @Test("a stick with anything in its head holds no interrupted write")
  func head() throws {
    #expect(try !areFound(on: disk(upTo: 4 << 20, head: 1)))
    var late = disk(upTo: 4 << 20)
    late.bytes[65_535] = 1
    #expect(try !areFound(on: late))
    // From there on the head is written before its beginning is.
    late.bytes[65_535] = 0
    late.bytes[65_536] = 1
    #expect(try areFound(on: late))
  }

  @Test("another image is not taken for it, nor one byte over and over")
  func others() throws {
    #expect(try !areFound(on: disk(upTo: 4 << 20), of: [UInt8].random(4 << 20, seed: 1)))
    for byte: UInt8 in [0, 0xFF, 0xA5] {
      let blank = [UInt8](repeating: byte, count: 4 << 20)
      let disk = Disk(bytes: [UInt8](repeating: 0, count: 1 << 20) + blank)
      #expect(try !areFound(on: disk, of: blank), "\(byte)")
    }
  }

  @Test("what lies behind the last byte that the journal has allowed proves nothing")
  func bound() throws {
    #expect(try !areFound(on: disk(upTo: 4 << 20), upTo: (2 << 20) - 1))
    #expect(try areFound(on: disk(upTo: 4 << 20), upTo: 2 << 20))
  }
}
