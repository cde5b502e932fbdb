import BlockIO
import TestSupport
import Testing

@testable import ImageTrust

@Suite("R50: checksums in every spelling")
struct ExpectedChecksumTests {
  /// FIPS 180-4 and RFC 7693 give these for the three bytes `abc`.
  private static let abc: [DigestAlgorithm: String] = [
    .md5: "900150983cd24fb0d6963f7d28e17f72", .sha1: "a9993e364706816aba3e25717850c26c9cd0d89d",
    .sha224: "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
    .sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    .sha512:
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    .sha3x256: "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    .blake2b:
      "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
  ]

  private struct Forbidden: Error {}

  private static func digest(_ algorithm: DigestAlgorithm, of parts: [[UInt8]]) throws -> [UInt8] {
    guard var digest = MessageDigest(algorithm) else { throw Forbidden() }
    for part in parts { digest.update(part.span) }
    return digest.finish()
  }

  @Test("each digest is the one that its standard says", arguments: Array(abc.keys))
  func standards(algorithm: DigestAlgorithm) throws {
    #expect(try Self.digest(algorithm, of: [Array("abc".utf8)]).hexadecimal == Self.abc[algorithm])
  }

  @Test("each digest has the length that it says, however it is fed", arguments: DigestAlgorithm.allCases)
  func lengths(algorithm: DigestAlgorithm) throws {
    var random = SeededGenerator(seed: 50)
    let content = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let whole = try Self.digest(algorithm, of: [content])
    #expect(whole.count == algorithm.byteCount)
    #expect(try Self.digest(algorithm, of: [Array(content[..<1234]), Array(content[1234...])]) == whole)
  }

  private static let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test(
    "one checksum, in the spellings of release pages, checksum files and package managers",
    arguments: [
      digits, digits.uppercased(), "sha256:\(digits)", "SHA256:\(digits)", "sha-256:\(digits)",
      "sha2-256=\(digits)",
      "sha256=\(digits)", "\(digits)  a.iso", "\(digits) *a.iso", "\\\(digits)  odd\\nname.iso",
      "SHA256 (a (1).iso) = \(digits)", "SHA2-256(a (1).iso)= \(digits)", "  \(digits)\n",
      "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
      "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0",
      "sha256-ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=",
      "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=?type=iso",
    ])
  func spellings(text: String) throws {
    let checksum = try ExpectedChecksum(parsing: text)
    #expect(checksum.algorithm == .sha256)
    #expect(checksum.bytes.hexadecimal == Self.digits)
  }

  @Test("every digest by its name, and the common ones by their length", arguments: DigestAlgorithm.allCases)
  func names(algorithm: DigestAlgorithm) throws {
    let digits = String(repeating: "0f", count: algorithm.byteCount)
    #expect(try ExpectedChecksum(parsing: "\(algorithm.rawValue):\(digits)").algorithm == algorithm)
    let bare = try ExpectedChecksum(parsing: digits).algorithm
    #expect(bare.byteCount == algorithm.byteCount)
    #expect(!bare.rawValue.hasPrefix("sha3-") && bare != .blake2b)
  }

  @Test("what is none is refused, with the cause")
  func refused() {
    let digits = Self.digits
    let cases: [(String, ChecksumTextError)] = [
      ("\(digits)  a.iso\n\(digits)  b.iso\n", .notAChecksum), ("", .notAChecksum), (" ", .notAChecksum),
      ("sha256:", .notAChecksum), ("a.iso", .notAChecksum),
      ("sha256:\(digits.dropLast())", .notAChecksum), ("sha256:\(digits.dropLast())g", .notAChecksum),
      ("sha256:\(digits.dropLast(2))", .wrongLength(.sha256, expected: 32, found: 31)),
      ("md5:\(digits)", .wrongLength(.md5, expected: 16, found: 32)),
      (String(digits.dropLast(2)), .unknownLength(31)),
      ("crc32:00000000", .unknownAlgorithm("crc32")),
      ("sha256-????", .wrongLength(.sha256, expected: 32, found: 0)),
      ("sha256-!!!!", .notAChecksum), ("sha256-ungWv48B", .wrongLength(.sha256, expected: 32, found: 6)),
      ("blake2b-512=00", .wrongLength(.blake2b, expected: 64, found: 1)),
      ("CRC (a.iso) = \(digits)", .unknownAlgorithm("CRC")),
      ("\(digits)  a.iso \(digits)", .notAlone), ("sha256:\(digits) a.iso", .notAlone),
    ]
    for (text, error) in cases {
      #expect(throws: error, "\(text)") { try ExpectedChecksum(parsing: text) }
    }
  }

  @Test("a second checksum is never passed over, and neither is the rest of one with blanks in it")
  func several() throws {
    let (right, wrong) = (Self.digits, String(repeating: "0f", count: 32))
    let encoded = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
    let texts = [
      "sha256:\(right) sha256:\(wrong)", "sha256=\(right) sha256=\(wrong)", "\(right) \(wrong)",
      "\(right)  *\(wrong)", "\(right) |\(wrong)", "\(right) sha256:0f", "\(right) sha256:\(wrong)",
      "\(right)\t\(encoded)",
      "\(right) SHA256 (a.iso) = \(wrong)",
      "\(encoded) \(encoded)", "\(encoded)?x \(encoded)?y", "\(encoded) a.iso",
      "SHA256 (a.iso) = \(wrong) SHA256 (a.iso) = \(right)", "\(right) \(wrong.prefix(32))",
      "\(right.prefix(32)) \(right.suffix(32))", "\(right.prefix(33)) \(right.suffix(31))",
      "\(right.prefix(32)) \(right.dropFirst(32).prefix(16)) \(right.suffix(16))",
    ]
    for text in texts {
      #expect(throws: ChecksumTextError.notAlone, "\(text)") { try ExpectedChecksum(parsing: text) }
    }
    for name in [
      "cafe", "my image (1).iso", "*a b.iso", "a-\(wrong).iso", "sha256sums", "md5-sums", "./\(wrong)",
    ] {
      #expect(try ExpectedChecksum(parsing: "\(right)   \(name)").bytes.hexadecimal == right, "\(name)")
    }
  }

  @Test("text that somebody has damaged is never taken for a shorter or longer checksum, and nothing crashes")
  func damaged() {
    var random = SeededGenerator(seed: 51)
    let alphabet = Array("0123456789abcdefXYZ:=-()* \\+/?sha")
    for _ in 0..<3000 {
      var text = Array("sha256:\(Self.digits)  a.iso")
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let index = Int.random(in: 0..<text.count, using: &random)
        text[index] = alphabet.randomElement(using: &random) ?? "0"
      }
      guard let checksum = try? ExpectedChecksum(parsing: String(text)) else { continue }
      #expect(checksum.bytes.count == checksum.algorithm.byteCount)
    }
  }
}
