import BlockIO

/// What bytes without a known signature look like, judged by a few places.
enum ByteSample {
  /// The length of the beginning that is read as a whole, in bytes.
  static let headByteCount = 64 << 10
  /// The length of every other place, in bytes.
  static let blockByteCount = 4096
  /// How many places between the ends are looked at.
  private static let placeCount = 12
  /// Encrypted volumes are larger; boot programs and the like are not, and are compressed.
  static let smallestEncrypted: UInt64 = 16 << 20

  /// Judges a range of a disk by its first 64 KiB, its last 4 KiB and places between, all evenly spread.
  static func evidence(of bytes: some RandomAccessBytes) -> ContentEvidence {
    do throws(ByteReadError) {
      let head = try bytes.prefix(at: 0, upTo: headByteCount)
      guard head.isZero else {
        let looksEncrypted = bytes.byteCount >= smallestEncrypted && isEven(head)
        return ContentEvidence(.unknown, marks: looksEncrypted ? [.looksEncrypted] : [])
      }
      let places = places(in: bytes.byteCount)
      // One by one they would be waited for.
      bytes.willRead(places.map { $0..<($0 + min(UInt64(blockByteCount), bytes.byteCount - $0)) })
      for place in places {
        guard try bytes.prefix(at: place, upTo: blockByteCount).isZero else {
          return ContentEvidence(.unknown)
        }
      }
      return ContentEvidence(.blank)
    } catch {
      // Too little time is no damage, and no proof that there is nothing either.
      if case .budgetExhausted = error { return ContentEvidence(.unknown) }
      return ContentEvidence(.unreadable)
    }
  }

  /// Where else is looked once the beginning is blank: between the ends, and at the end.
  private static func places(in byteCount: UInt64) -> [UInt64] {
    let last = byteCount - min(byteCount, UInt64(blockByteCount))
    // Multiples of 4096, which no device with such blocks has to read twice.
    return (1...UInt64(placeCount)).map {
      last / UInt64(placeCount) * $0 / UInt64(blockByteCount) * UInt64(blockByteCount)
    } + [last]
  }

  /// Whether every 4096 bytes are as even as random ones.
  ///
  /// Of random bytes the statistic has the mean 255 and the standard deviation 22.6 (chi square, 255 degrees of
  /// freedom); text, machine code and file systems reach thousands, a pattern a million.
  static func isEven(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= headByteCount else { return false }
    for start in stride(from: 0, to: headByteCount, by: blockByteCount) {
      var counts = [Int](repeating: 0, count: 256)
      for byte in bytes[start..<(start + blockByteCount)] { counts[Int(byte)] += 1 }
      let expected = blockByteCount / 256
      let deviation = counts.reduce(0) { $0 + ($1 - expected) * ($1 - expected) } / expected
      if deviation > 400 { return false }
    }
    return true
  }
}
