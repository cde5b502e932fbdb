/// Public keys in the form in which libcrypto reads them: SubjectPublicKeyInfo (RFC 5280) in DER (X.690).
enum PublicKeyEncoding {
  /// The curves that SSH knows by a name (RFC 5656), and their numbers as DER has them (RFC 5480).
  private static let curves: [String: [UInt8]] = [
    "nistp256": [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07],
    "nistp384": [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22],
    "nistp521": [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23],
  ]

  /// RFC 8410.
  static func ed25519(_ key: [UInt8]) -> [UInt8] {
    sequence(sequence([0x06, 0x03, 0x2B, 0x65, 0x70]) + bits(key))
  }

  /// RFC 3279, section 2.3.1.
  static func rsa(modulus: [UInt8], exponent: [UInt8]) -> [UInt8] {
    let method: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00]
    return sequence(sequence(method) + bits(sequence(integer(modulus) + integer(exponent))))
  }

  /// RFC 5480.
  /// - Returns: nil for a curve that SSH does not know.
  static func ecdsa(curve: String, point: [UInt8]) -> [UInt8]? {
    guard let number = curves[curve] else { return nil }
    return sequence(sequence([0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01] + number) + bits(point))
  }

  /// A signature with ECDSA (RFC 3279, section 2.2.3).
  static func ecdsaSignature(r: [UInt8], s: [UInt8]) -> [UInt8] { sequence(integer(r) + integer(s)) }

  private static func sequence(_ content: [UInt8]) -> [UInt8] { element(0x30, content) }
  private static func bits(_ content: [UInt8]) -> [UInt8] { element(0x03, [0] + content) }

  /// A positive number: no needless zero in front, but one where the first bit would make it negative.
  private static func integer(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array(bytes.drop { $0 == 0 })
    return element(0x02, digits.first.map { $0 < 0x80 } ?? false ? digits : [0] + digits)
  }

  private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    guard content.count >= 0x80 else { return [tag, UInt8(content.count)] + content }
    let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: content.count >> $0) }.drop { $0 == 0 }
    return [tag, 0x80 | UInt8(length.count)] + length + content
  }
}
