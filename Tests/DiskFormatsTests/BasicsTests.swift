import BlockIO
import DiskFormats
import Synchronization
import TestSupport
import Testing

@Suite("the ground of the parsers")
struct BasicsTests {
  @Test("CRC-32 of the check string, in whatever pieces")
  func checkString() {
    let bytes = Array("123456789".utf8)
    #expect(CRC32.checksum(of: bytes) == 0xCBF4_3926)
    #expect(CRC32.checksum(of: []) == 0)
    for cut in 0...bytes.count {
      var crc = CRC32()
      crc.update(Array(bytes[..<cut]).span)
      crc.update(Array(bytes[cut...]).span)
      #expect(crc.value == 0xCBF4_3926)
    }
  }

  @Test("the fast CRC agrees with one bit at a time", arguments: [0, 1, 7, 8, 9, 63, 128, 1000])
  func bitByBit(_ count: Int) {
    let bytes = [UInt8].random(count, seed: UInt64(count))
    var crc: UInt32 = .max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }
    #expect(CRC32.checksum(of: bytes) == ~crc)
  }

  @Test("a GUID's mixed endianness, as in the UEFI specification")
  func guid() throws {
    let bytes: [UInt8] = [
      0x28, 0x73, 0x2A, 0xC1, 0x1F, 0xF8, 0xD2, 0x11, 0xBA, 0x4B, 0x00, 0xA0, 0xC9, 0x3E, 0xC9, 0x3B,
    ]
    let guid = try ByteReader(bytes).guid(at: 0)
    #expect(guid == .efiSystem)
    #expect(guid.description == "C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
    #expect(GUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b") == guid)
    var writer = ByteWriter(count: 16)
    writer.put(guid, at: 0)
    #expect(writer.bytes == bytes)
  }

  @Test(
    "text that is no GUID",
    arguments: [
      "", "C12A7328", "C12A7328-F81F-11D2-BA4B-00A0C93EC93", "+12A7328-F81F-11D2-BA4B-00A0C93EC93B",
      "C12A7328-F81F-11D2-BA4B-00A0C93EC93G", "C12A7328-F81F-11D2-BA4B00A0C93EC93B-",
    ])
  func notGUID(_ text: String) { #expect(GUID(text) == nil) }

  @Test("reading beyond the end is an error that names the place in the image")
  func bounds() throws {
    let reader = ByteReader([1, 2, 3, 4], base: 0x1000)
    #expect(try reader.littleEndian(UInt32.self, at: 0) == 0x0403_0201)
    #expect(try reader.bigEndian(UInt32.self, at: 0) == 0x0102_0304)
    #expect(throws: FormatError.outOfBounds(offset: 0x1001, count: 4)) {
      try reader.littleEndian(UInt32.self, at: 1)
    }
    for offset in [-1, 5, .max, .min] {
      #expect(throws: FormatError.self) { try reader.byte(at: offset) }
      #expect(!reader.has([1], at: offset))
    }
    #expect(!reader.contains(1, count: .max))
    #expect(reader.firstOffset(of: "x", in: 0..<100) == nil)
  }

  @Test("a window is cut off at the end of the whole and forbids looking past itself")
  func window() throws {
    let whole = Array(UInt8(0)..<100)
    let window = SubrangeBytes(whole, start: 90, byteCount: 50)
    #expect(window.byteCount == 10)
    #expect(try window.bytes(at: 1, count: 2) == [91, 92])
    #expect(throws: ByteReadError.self) { try window.bytes(at: 9, count: 2) }
    #expect(SubrangeBytes(whole, start: .max, byteCount: .max).byteCount == 0)
  }

  @Test("what is about to be read of a window is announced at its place in the whole, and nothing past it")
  func announced() {
    let disk = Announced()
    let inner = SubrangeBytes(SubrangeBytes(disk, start: 10, byteCount: 50), start: 5, byteCount: 100)
    inner.willRead([0..<1, 40..<90, 60..<70])
    #expect(disk.ranges == [15..<16, 55..<60, 60..<60])
  }

  @Test("checked arithmetic gives nil instead of a trap")
  func arithmetic() {
    #expect(UInt64.max.adding(1) == nil)
    #expect(UInt64(1).subtracting(2) == nil)
    #expect(UInt64.max.multiplied(by: 2) == nil)
    #expect(UInt64(5).end(count: 5, limit: 10) == 10)
    #expect(UInt64(5).end(count: 6, limit: 10) == nil)
  }
}

/// Bytes that remember what was announced.
private final class Announced: RandomAccessBytes {
  let byteCount: UInt64 = 100
  private let announced = Mutex<[Range<UInt64>]>([])
  var ranges: [Range<UInt64>] { announced.withLock(\.self) }

  func bytes(at offset: UInt64, count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
  func willRead(_ ranges: [Range<UInt64>]) { announced.withLock { $0 += ranges } }
}
