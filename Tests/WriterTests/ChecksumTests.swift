import BlockIO
import ImageSource
import ImageTrust
import TestSupport
import Testing

@testable import Writer

@Suite("R50: a checksum decides before the head is written")
struct ChecksumTests {
  private static let content = [UInt8].random(5 * mebibyte + 12_345, seed: 50)

  private func digest(_ algorithm: DigestAlgorithm, of bytes: ArraySlice<UInt8>) throws -> ExpectedChecksum {
    struct Forbidden: Error {}
    guard var digest = MessageDigest(algorithm) else { throw Forbidden() }
    digest.update(bytes.span)
    return try ExpectedChecksum(algorithm, digest.finish())
  }

  private func run(
    _ checksum: ExpectedChecksum, length: ImageLength? = nil, digest: DigestChoice = .sha256
  ) async throws -> (Result<WriteReport, WriteFailure>, MemoryMedium) {
    var trial = Trial(content: Self.content, capacity: 8 * mebibyte)
    (trial.length, trial.digest, trial.checksum) = (length, digest, checksum)
    let (result, medium, _) = try await trial.run()
    return (result, medium)
  }

  @Test("the right one, of any digest, is reported, beside the SHA-256", arguments: DigestAlgorithm.allCases)
  func right(algorithm: DigestAlgorithm) async throws {
    for length in [nil, ImageLength.unknown] {
      for choice in DigestChoice.allCases {
        let (result, medium) = try await run(
          try digest(algorithm, of: Self.content[...]), length: length, digest: choice)
        let report = try result.get()
        #expect(report.checksum == .image)
        let sha256 = try digest(.sha256, of: Self.content[...]).bytes
        #expect(report.sha256 == (choice == .sha256 ? sha256 : nil))
        #expect(Array(medium.content.prefix(Self.content.count)) == Self.content)
      }
    }
  }

  @Test("that of a part of the image, or of more than it, leaves the head zero and says what was found")
  func wrong() async throws {
    let parts: [ArraySlice<UInt8>] = [
      Self.content.dropLast(), Self.content.dropFirst(), Self.content.prefix(mebibyte),
      (Self.content + [0])[...], [],
    ]
    for part in parts {
      for algorithm in [DigestAlgorithm.sha256, .sha1] {
        let expected = try digest(algorithm, of: part)
        let (result, medium) = try await run(expected)
        let failure = try #require(throws: WriteFailure.self) { try result.get() }
        let found = try digest(algorithm, of: Self.content[...]).bytes
        let mismatch = ChecksumMismatch(expected: expected, ofImage: found, ofFile: nil)
        #expect(failure == WriteFailure(error: .checksum(mismatch), medium: .erased))
        #expect(medium.content.prefix(mebibyte).allSatisfy { $0 == 0 })
      }
    }
  }

  @Test("one flipped bit of it is enough", arguments: [0, 100, 255])
  func flipped(bit: Int) async throws {
    var bytes = try digest(.sha256, of: Self.content[...]).bytes
    bytes[bit / 8] ^= 1 << (bit % 8)
    let (result, medium) = try await run(try ExpectedChecksum(.sha256, bytes))
    #expect(throws: WriteFailure.self) { try result.get() }
    #expect(medium.content.prefix(mebibyte).allSatisfy { $0 == 0 })
  }
}
