/// Base64 (RFC 4648), with bits that are left over zero: every text stands for other bytes.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8?] = {
    var values = [UInt8?](repeating: nil, count: 256)
    for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
    return values
  }()

  /// The bytes that a text stands for in any of its spellings: with the letters of section 4 or 5, and also without
  /// padding.
  static func decode(anySpelling text: some Collection<UInt8>) -> [UInt8]? {
    var letters = text.map {
      $0 == UInt8(ascii: "-") ? UInt8(ascii: "+") : $0 == UInt8(ascii: "_") ? UInt8(ascii: "/") : $0
    }
    if letters.last != UInt8(ascii: "=") {
      letters += [UInt8](repeating: UInt8(ascii: "="), count: (4 - letters.count % 4) % 4)
    }
    return decode(letters)
  }

  /// The bytes that a text stands for as signatures are spelt (section 4): padded, and in one way only.
  /// - Returns: nil where it holds anything else, or spells its bytes otherwise than everybody does.
  static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var held = 0
    var padding = 0
    for letter in text {
      guard letter != UInt8(ascii: "=") else {
        padding += 1
        continue
      }
      guard padding == 0, let value = values[Int(letter)] else { return nil }
      bits = bits << 6 | UInt32(value)
      held += 6
      guard held >= 8 else { continue }
      held -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      bits &= (1 << UInt32(held)) - 1
    }
    guard padding <= 2, padding == held / 2, bits == 0 else { return nil }
    return bytes
  }

  /// The text for bytes, without padding, as fingerprints of SSH keys are written.
  static func unpadded(_ bytes: [UInt8]) -> String {
    var letters: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for byte in part { bits = bits << 8 | UInt32(byte) }
      bits <<= UInt32(8 * (3 - part.count))
      for index in 0...part.count {
        letters.append(alphabet[Int(bits >> UInt32(18 - 6 * index)) & 63])
      }
    }
    return String(decoding: letters, as: UTF8.self)
  }
}
