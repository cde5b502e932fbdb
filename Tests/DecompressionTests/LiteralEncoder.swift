/// Writes literals in the way of LZMA with its default properties, the simplest that a decoder understands.
struct LiteralEncoder {
  private var low: UInt64 = 0
  private var range: UInt32 = .max
  private var held: UInt8 = 0
  private var heldCount = 1
  private var bytes: [UInt8] = []
  /// Four for whether a match follows, the others for literals.
  private var probabilities = [UInt16](repeating: 1024, count: 4 + 0x300 * 8)

  static func encode(_ content: [UInt8]) -> [UInt8] {
    var encoder = LiteralEncoder()
    var previous: UInt8 = 0
    for (index, byte) in content.enumerated() {
      encoder.put(0, with: index % 4)
      let base = 4 + 0x300 * Int(previous >> 5)
      var symbol = 1
      for shift in (0..<8).reversed() {
        let bit = Int(byte >> UInt8(shift)) & 1
        encoder.put(bit, with: base + symbol)
        symbol = symbol << 1 | bit
      }
      previous = byte
    }
    for _ in 0..<5 { encoder.shift() }
    return encoder.bytes
  }

  private mutating func put(_ bit: Int, with index: Int) {
    let probability = probabilities[index]
    let bound = (range >> 11) * UInt32(probability)
    if bit == 0 {
      range = bound
      probabilities[index] += (2048 - probability) >> 5
    } else {
      low += UInt64(bound)
      range -= bound
      probabilities[index] -= probability >> 5
    }
    while range < 1 << 24 {
      range <<= 8
      shift()
    }
  }

  private mutating func shift() {
    if low < 0xFF00_0000 || low > 0xFFFF_FFFF {
      let carry = UInt8(truncatingIfNeeded: low >> 32)
      while heldCount > 0 {
        bytes.append(held &+ carry)
        held = 0xFF
        heldCount -= 1
      }
      held = UInt8(truncatingIfNeeded: low >> 24)
    }
    heldCount += 1
    low = (low & 0x00FF_FFFF) << 8
  }
}
