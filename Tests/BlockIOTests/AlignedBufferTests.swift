import BlockIO
import TestSupport
import Testing

@Suite("Aligned buffers")
struct AlignedBufferTests {
  @Test("a new buffer is zero, and one byte anywhere makes it not zero", arguments: [0, 1, 4095, 8191])
  func zero(place: Int) {
    var buffer = AlignedBuffer(byteCount: 8192)
    let fresh = buffer.isZero(0..<8192)
    buffer.copy(from: [UInt8(1)].span, at: place)
    let marked = buffer.isZero(0..<8192)
    let before = buffer.isZero(0..<place)
    buffer.zero(place..<(place + 1))
    let erased = buffer.isZero(0..<8192)
    #expect([fresh, marked, before, erased] == [true, false, true, true])
  }

  @Test("a large buffer is zero and aligned, also where it lies in the memory of one that is gone")
  func reused() {
    let size = 3 << 20
    for _ in 0..<20 {
      var first = AlignedBuffer(byteCount: size)
      let second = AlignedBuffer(byteCount: size)
      let (one, other) = (first.isZero(0..<size), second.isZero(0..<size))
      for place in [0, size / 2, size - 1] { first.copy(from: [UInt8(0xA5)].span, at: place) }
      let untouched = second.isZero(0..<size)
      let isAligned = unsafe first.bytes.withUnsafeBytes {
        Int(bitPattern: $0.baseAddress) % AlignedBuffer.alignment == 0
      }
      #expect([one, other, untouched, isAligned] == [true, true, true, true])
    }
  }

  @Test("the first difference is found wherever it is", arguments: [0, 1, 65_535, 65_536, 131_071])
  func difference(place: Int) {
    let left = AlignedBuffer(byteCount: 131_072)
    var right = AlignedBuffer(byteCount: 131_072)
    let none = left.firstDifference(from: right, in: 0..<131_072)
    right.copy(from: [UInt8(7)].span, at: place)
    let found = left.firstDifference(from: right, in: 0..<131_072)
    let after = left.firstDifference(from: right, in: (place + 1)..<131_072)
    let count = left.differingByteCount(from: right, in: 0..<131_072)
    #expect(none == nil && found == place && after == nil && count == 1)
  }
}

@Suite("Digests")
struct DigestTests {
  @Test("SHA-256 of the FIPS 180-4 examples")
  func sha256() {
    for (text, expected) in [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ] {
      var digest = SHA256()
      digest.update(Array(text.utf8).span)
      let found = digest.finish().hexadecimal
      #expect(found == expected)
    }
  }

  @Test("a flipped bit changes the digest of a chunk")
  func chunk() {
    var bytes = [UInt8].random(100_000, seed: 1)
    let before = ChunkDigest(of: bytes.span)
    bytes[77_777] ^= 1
    #expect(ChunkDigest(of: bytes.span) != before)
  }
}
