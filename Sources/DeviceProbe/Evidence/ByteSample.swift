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
      var isBlank = isZero(head)
      if !isBlank {
        let looksEncrypted = bytes.byteCount >= smallestEncrypted && isEven(head)
        return ContentEvidence(.unknown, marks: looksEncrypted ? [.looksEncrypted] : [])
      }
      let last = bytes.byteCount - min(bytes.byteCount, UInt64(blockByteCount))
      for index in 1...UInt64(placeCount) where isBlank {
        // Multiples of 4096, which no device with such blocks has to read twice.
        let place = last / UInt64(placeCount) * index / UInt64(blockByteCount) * UInt64(blockByteCount)
        isBlank = isZero(try bytes.prefix(at: place, upTo: blockByteCount))
      }
      if isBlank { isBlank = isZero(try bytes.prefix(at: last, upTo: blockByteCount)) }
      return ContentEvidence(isBlank ? .blank : .unknown)
    } catch {
      // Too little time is no damage, and no proof that there is nothing either.
      if case .budgetExhausted = error { return ContentEvidence(.unknown) }
      return ContentEvidence(.unreadable)
    }
  }

  private static func isZero(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { $0 == 0 } }

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
