import BlockIO
import Testing

@testable import ImageTrust

@Suite("what is proven about an image")
struct TrustReportTests {
  private static let anna = SignatureIdentity(keyText: "anna", fingerprint: "ff", keyringPath: "/k")

  private func claim(
    _ algorithm: DigestAlgorithm, byte: UInt8 = 1, of subject: ChecksumSubject? = .image,
    by verdict: SignatureVerdict? = nil, called otherName: String? = nil
  ) throws -> ChecksumClaim {
    ChecksumClaim(
      try ExpectedChecksum(algorithm, [UInt8](repeating: byte, count: algorithm.byteCount)), of: subject,
      .file(name: "f", otherName: otherName),
      signatures: verdict.map { [JudgedSignature(name: "f.sig", verdict: $0)] } ?? [])
  }

  /// What a pass finds of bytes all of whose digests are ones.
  private func found(_ signatures: [SignatureVerdict] = []) -> PassFindings {
    var findings = PassFindings()
    for algorithm in DigestAlgorithm.allCases {
      findings.digests[algorithm] = [UInt8](repeating: 1, count: algorithm.byteCount)
    }
    findings.signatures = signatures.map { JudgedSignature(name: "s", verdict: $0) }
    return findings
  }

  private func verdict(
    _ claims: [ChecksumClaim], _ image: PassFindings, file: PassFindings? = nil, hasChecks: Bool = false
  ) -> TrustVerdict {
    let selection = ClaimSelection(of: claims, taken: DigestAlgorithm.allCases)
    return TrustReport(selection, image: image, file: file).verdict(hasChecks: hasChecks)
  }

  @Test("nothing is nothing, however much lies beside it that says nothing")
  func nothing() throws {
    #expect(verdict([], found()) == .nothing)
    #expect(
      verdict([], found([.unknownKey(keyID: "1"), .toolMissing("gpgv"), .expiredKey(Self.anna)])) == .nothing)
    #expect(verdict([], found(), hasChecks: true) == .internalOnly)
  }

  @Test("only a good signature over the image, or over a strong checksum of it, signs it")
  func signed() throws {
    #expect(verdict([], found([.good(Self.anna)])) == .signed(Self.anna))
    #expect(verdict([try claim(.sha256, by: .good(Self.anna))], found()) == .signed(Self.anna))
    #expect(verdict([try claim(.md5, by: .good(Self.anna))], found()) == .checksum)
    for other in [
      SignatureVerdict.expiredKey(Self.anna), .expiredSignature(Self.anna), .unknownKey(keyID: "1"),
      .unsupported(.method("x")), .toolMissing("gpgv"),
    ] {
      #expect(verdict([try claim(.sha512, by: other)], found()) == .checksum)
      #expect(verdict([try claim(.sha512)], found([other])) == .checksum)
    }
  }

  @Test("a list that calls the image otherwise counts after those that do not, and its name is told")
  func otherName() throws {
    func name(_ claims: [ChecksumClaim], _ signatures: [SignatureVerdict] = []) -> String? {
      let selection = ClaimSelection(of: claims, taken: DigestAlgorithm.allCases)
      return TrustReport(selection, image: found(signatures), file: nil).otherName
    }
    let other = try claim(.sha256, by: .good(Self.anna), called: "old.iso")
    #expect(name([other]) == "old.iso")
    #expect(name([other, try claim(.sha512)]) == "old.iso")
    #expect(name([other, try claim(.sha512, by: .good(Self.anna))]) == nil)
    #expect(name([other], [.good(Self.anna)]) == nil)
    #expect(name([try claim(.sha256, called: "old.iso"), try claim(.sha256)]) == nil)
  }

  @Test("one thing that is wrong makes all of it wrong, whoever has signed the rest")
  func wrong() throws {
    let right = try claim(.sha256, by: .good(Self.anna))
    #expect(verdict([right, try claim(.md5, byte: 2)], found()) == .wrong)
    #expect(verdict([right], found([.bad(.malformed)])) == .wrong)
    #expect(verdict([right], found([.good(Self.anna), .revokedKey(Self.anna)])) == .wrong)
  }

  @Test("a checksum of the file is not one of what is in it, nor the other way round")
  func subjects() throws {
    var file = PassFindings()
    file.digests[.sha256] = [UInt8](repeating: 2, count: 32)
    #expect(verdict([try claim(.sha256, byte: 2, of: .file)], found(), file: file) == .checksum)
    #expect(verdict([try claim(.sha256, byte: 2, of: .image)], found(), file: file) == .wrong)
    #expect(verdict([try claim(.sha256, byte: 1, of: .file)], found(), file: file) == .wrong)
    #expect(verdict([try claim(.sha256, byte: 2, of: nil)], found(), file: file) == .checksum)
    #expect(verdict([try claim(.sha256, byte: 1, of: nil)], found(), file: file) == .checksum)
    #expect(verdict([try claim(.sha256, byte: 3, of: nil)], found(), file: file) == .wrong)
  }
}
