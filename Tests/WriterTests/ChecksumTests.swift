import BlockIO
import ImageSource
import ImageTrust
import Synchronization
import TestSupport
import Testing

@testable import Writer

@Suite("R50: what speaks for an image decides before the head is written")
struct ChecksumTests {
  private static let content = [UInt8].random(5 * mebibyte + 12_345, seed: 50)

  private func digest(_ algorithm: DigestAlgorithm, of bytes: ArraySlice<UInt8>) throws -> ExpectedChecksum {
    struct Forbidden: Error {}
    guard var digest = MessageDigest(algorithm) else { throw Forbidden() }
    digest.update(bytes.span)
    return try ExpectedChecksum(algorithm, digest.finish())
  }

  private func given(_ checksum: ExpectedChecksum) -> ChecksumClaim {
    ChecksumClaim(checksum, of: nil, .option)
  }

  private func beside(_ checksum: ExpectedChecksum) -> ChecksumClaim {
    ChecksumClaim(checksum, of: .image, .file(name: "SUMS", otherName: nil))
  }

  private func run(
    _ claims: [ChecksumClaim], length: ImageLength? = nil, digest: DigestChoice = .sha256
  ) async throws -> (Result<WriteReport, WriteFailure>, MemoryMedium) {
    var trial = Trial(content: Self.content, capacity: 8 * mebibyte)
    (trial.length, trial.digest, trial.claims) = (length, digest, claims)
    let (result, medium, _) = try await trial.run()
    return (result, medium)
  }

  @Test("the right one, of any digest, is reported, beside the SHA-256", arguments: DigestAlgorithm.allCases)
  func right(algorithm: DigestAlgorithm) async throws {
    for length in [nil, ImageLength.unknown] {
      for choice in DigestChoice.allCases {
        let claim = given(try digest(algorithm, of: Self.content[...]))
        let (result, medium) = try await run([claim], length: length, digest: choice)
        let report = try result.get()
        #expect(report.trust.checked.map(\.subject) == [.image])
        #expect(report.trust.verdict(hasChecks: false) == .checksum)
        let sha256 = try digest(.sha256, of: Self.content[...]).bytes
        #expect(report.sha256 == (choice == .sha256 ? sha256 : nil))
        #expect(Self.content.isBeginning(of: medium.content))
      }
    }
  }

  @Test("several are compared in one pass; one that is wrong among them is enough")
  func several() async throws {
    let right = try [DigestAlgorithm.md5, .sha256, .sha512].map { try digest($0, of: Self.content[...]) }
    let (result, _) = try await run(right.map(given))
    #expect(try result.get().trust.checked.count == 3)
    // Of those that lie beside the image the best one is compared, and what is computed anyway.
    let (found, _) = try await run(right.map(beside))
    #expect(try found.get().trust.checked.map(\.claim.checksum.algorithm) == [.sha256])
    #expect(try found.get().trust.leftOut.count == 2)
    for index in right.indices {
      var claims = right.map(given)
      claims[index] = given(try digest(right[index].algorithm, of: Self.content.dropLast()))
      let (result, medium) = try await run(claims)
      let failure = try #require(throws: WriteFailure.self) { try result.get() }
      guard case .trust(let report) = failure.error else {
        Issue.record("\(failure)")
        return
      }
      #expect(report.checked.map { $0.subject == nil } == right.indices.map { $0 == index })
      #expect(medium.content.prefix(mebibyte).holdsOnly(0))
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
        for claim in [given(expected), beside(expected)] {
          let (result, medium) = try await run([claim])
          let failure = try #require(throws: WriteFailure.self) { try result.get() }
          let found = try digest(algorithm, of: Self.content[...]).bytes
          guard case .trust(let report) = failure.error else {
            Issue.record("\(failure)")
            return
          }
          #expect(failure.medium == .erased && report.verdict(hasChecks: true) == .wrong)
          #expect(report.checked.map(\.ofImage) == [found] && report.checked.map(\.ofFile) == [nil])
          #expect(medium.content.prefix(mebibyte).holdsOnly(0))
        }
      }
    }
  }

  @Test("one flipped bit of it is enough", arguments: [0, 100, 255])
  func flipped(bit: Int) async throws {
    var bytes = try digest(.sha256, of: Self.content[...]).bytes
    bytes[bit / 8] ^= 1 << (bit % 8)
    let (result, medium) = try await run([given(try ExpectedChecksum(.sha256, bytes))])
    #expect(throws: WriteFailure.self) { try result.get() }
    #expect(medium.content.prefix(mebibyte).holdsOnly(0))
  }

  /// How many bytes have gone by.
  private final class Seen: Sendable {
    private let total = Atomic<Int>(0)
    var count: Int { total.load(ordering: .relaxed) }
    func add(_ count: Int) { total.add(count, ordering: .relaxed) }
  }

  /// A signature that is judged when the image has gone by.
  private final class Listener: SignatureListener {
    let children: [Int32] = []
    private let verdict: SignatureVerdict
    private let seen = Seen()
    init(_ verdict: SignatureVerdict) { self.verdict = verdict }
    func update(_ bytes: RawSpan) { seen.add(bytes.byteCount) }
    func finish() -> SignatureVerdict {
      seen.count == ChecksumTests.content.count ? verdict : .bad(.malformed)
    }
  }

  @Test(
    "a signature over the image has heard all of it; where it is bad, or missing though it must be there, the head stays zero"
  )
  func signatures() async throws {
    let identity = SignatureIdentity(keyText: "anna", fingerprint: "ff", keyringPath: "/k")
    for (verdict, requires, succeeds) in [
      (SignatureVerdict.good(identity), true, true), (.unknownKey(keyID: "1"), false, true),
      (.unknownKey(keyID: "1"), true, false), (.bad(.mismatch(keyID: "1")), false, false),
      (.revokedKey(identity), false, false),
    ] {
      var trial = Trial(content: Self.content, capacity: 8 * mebibyte)
      trial.requiresSignature = requires
      trial.digest = .none
      trial.listeners.image = [(name: "image.sig", listener: Listener(verdict))]
      let (result, medium, _) = try await trial.run()
      if succeeds {
        let report = try result.get().trust
        #expect(report.signer == verdict.signer)
        #expect(report.verdict(hasChecks: false) == (verdict.isGood ? .signed(identity) : .nothing))
      } else {
        #expect(throws: WriteFailure.self) { try result.get() }
        #expect(medium.content.prefix(mebibyte).holdsOnly(0))
      }
    }
  }

  @Test("a checksum inside of the image is compared where nothing better speaks for it")
  func implanted() async throws {
    func image(_ flipped: Int?) throws -> [UInt8] {
      var image = Array(Self.content.prefix(3 * mebibyte))
      var descriptor = [UInt8](repeating: 0, count: 2048)
      descriptor.replaceSubrange(0..<7, with: [1] + Array("CD001".utf8) + [1])
      (descriptor[81], descriptor[86]) = (4, 4)
      descriptor.replaceSubrange(883..<1395, with: [UInt8](repeating: 32, count: 512))
      image.replaceSubrange(32_768..<34_816, with: descriptor)
      let sum = try digest(.md5, of: image[..<(2 * mebibyte)]).bytes.hexadecimal
      let text = Array("ISO MD5SUM = \(sum);SKIPSECTORS = 0;".utf8)
      image.replaceSubrange(33_651..<(33_651 + text.count), with: text)
      if let flipped { image[flipped] ^= 1 }
      return image
    }
    func run(_ flipped: Int?, claims: [ChecksumClaim] = []) async throws -> Result<WriteReport, WriteFailure>
    {
      var trial = Trial(content: try image(flipped), capacity: 8 * mebibyte)
      trial.comparesImplanted = true
      trial.claims = claims
      return try await trial.run().0
    }
    let report = try await run(nil).get()
    #expect(report.trust.verdict(hasChecks: false) == .internalOnly)
    #expect(try await run(5 * mebibyte / 2).get().trust.verdict(hasChecks: false) == .internalOnly)
    let failure = try await run(mebibyte)
    guard case .failure(let error) = failure, case .trust(let wrong) = error.error else {
      Issue.record("\(failure)")
      return
    }
    #expect(wrong.implanted?.isWrong == true && error.medium == .erased)
    let checksum = try digest(.sha256, of: try image(mebibyte)[...])
    #expect(
      try await run(mebibyte, claims: [given(checksum)]).get().trust.verdict(hasChecks: false) == .checksum)
  }
}
