import BlockIO
import TestSupport
import Testing

@testable import ImageTrust

@Suite("checksums inside of images")
struct ImplantedSumTests {
  private static let blocks = 200

  private static let content: [UInt8] = {
    var random = SeededGenerator(seed: 7)
    var bytes = [UInt8](repeating: 0, count: blocks * 2048)
    for index in stride(from: 0, to: bytes.count, by: 16) {
      bytes[index] = UInt8.random(in: 0...255, using: &random)
    }
    return bytes
  }()

  /// An ISO 9660 image without files: the volume descriptor is all that counts here.
  private static func image(_ text: String) -> [UInt8] {
    var image = content
    var descriptor = [UInt8](repeating: 0, count: 2048)
    descriptor.replaceSubrange(0..<7, with: [1] + Array("CD001".utf8) + [1])
    descriptor[80] = UInt8(blocks)
    descriptor[87] = UInt8(blocks)
    let field = Array(text.utf8) + [UInt8](repeating: 32, count: 512 - text.utf8.count)
    descriptor.replaceSubrange(883..<1395, with: field)
    image.replaceSubrange(32_768..<34_816, with: descriptor)
    return image
  }

  private static func outcome(_ image: [UInt8], piece: Int = 65_536) -> ImplantedOutcome? {
    let pass = BytePass(PassRequest(comparesImplanted: true))
    image.withRawSpan { bytes in
      for start in stride(from: 0, to: image.count, by: piece) {
        pass.update(bytes.extracting(start..<min(image.count, start + piece)))
      }
    }
    return pass.finish().implanted
  }

  private static func digest(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) -> String {
    guard var digest = MessageDigest(algorithm) else { return "" }
    digest.update(bytes.span)
    return digest.finish().hexadecimal
  }

  /// An image whose text is `text` with the digest of `normalised` in place of `HEX`.
  private static func tagged(
    _ text: String, _ algorithm: DigestAlgorithm, normalising: (inout [UInt8]) -> Void
  ) -> [UInt8] {
    var plain = image(text)
    plain.replaceSubrange(33_651..<34_163, with: [UInt8](repeating: 32, count: 512))
    normalising(&plain)
    return image(text.replacing("HEX", with: digest(algorithm, plain)))
  }

  private static let redHat = "ISO MD5SUM = HEX;SKIPSECTORS = 15;RHLISOSTATUS=1;FRAGMENT COUNT = 20;"
  private static let suse = "check=1;pad=10;sha256sum=HEX;partition=8,16,00;signature=80"

  private static let redHatImage: [UInt8] = {
    tagged(redHat, .md5) { $0.removeLast(15 * 2048) }
  }()

  private static let suseImage: [UInt8] = {
    tagged(suse, .sha256) { bytes in
      for place in [0..<512, (80 * 512 + 64)..<(84 * 512), (190 * 2048)..<(200 * 2048)] {
        bytes.replaceSubrange(place, with: [UInt8](repeating: 0, count: place.count))
      }
    }
  }()

  @Test(
    "of Red Hat's and of SUSE's kind are compared, in pieces of any length",
    arguments: [65_536, 40_961, 1 << 20])
  func right(piece: Int) throws {
    for (image, maker) in [(Self.redHatImage, ImplantedSum.Maker.isomd5sum), (Self.suseImage, .checkmedia)] {
      let outcome = try #require(Self.outcome(image, piece: piece))
      guard case .matches(let sum) = outcome else {
        Issue.record("\(outcome)")
        continue
      }
      #expect(sum.maker == maker && !outcome.isWrong)
    }
  }

  @Test("tell a flipped bit wherever they cover it, and nothing elsewhere")
  func flipped() throws {
    let redHat = Self.redHatImage
    let suse = Self.suseImage
    let covered = [600, 32_900, 34_200, 100_000, 80 * 512 + 3, 180 * 2048]
    for place in covered {
      for image in [redHat, suse] {
        var image = image
        image[place] ^= 1
        #expect(Self.outcome(image)?.isWrong == true, "\(place)")
      }
    }
    var changed = suse
    for place in [3, 80 * 512 + 100, 195 * 2048] { changed[place] ^= 1 }
    #expect(Self.outcome(changed)?.isWrong == false)
    changed = redHat
    changed[190 * 2048] ^= 1
    #expect(Self.outcome(changed)?.isWrong == false)
    changed[3] ^= 1
    #expect(Self.outcome(changed)?.isWrong == true)
  }

  @Test("tell where the image ends too early, and let more follow it")
  func lengths() throws {
    for image in [Self.redHatImage, Self.suseImage] {
      let cut = Array(image.prefix(100 * 2048))
      guard case .cutOff(_, after: 204_800)? = Self.outcome(cut) else {
        Issue.record("not cut off")
        continue
      }
      #expect(Self.outcome(image + [UInt8](repeating: 9, count: 5000))?.isWrong == false)
    }
  }

  @Test(
    "that cannot be compared are none",
    arguments: [
      "", "ISO MD5SUM = 12", "md5sum=zz", "sha256sum",
      "ISO MD5SUM = 900150983cd24fb0d6963f7d28e17f72;SKIPSECTORS = 200",
      "md5sum=900150983cd24fb0d6963f7d28e17f72;pad=199", "md5sum=900150983cd24fb0d6963f7d28e17f72;pad=-1",
      "md5sum=900150983cd24fb0d6963f7d28e17f72;pad=99999999999",
      "md5sum=900150983cd24fb0d6963f7d28e17f72;signature=x",
      "md5sum=900150983cd24fb0d6963f7d28e17f72;signature=64", "sha999sum=00",
    ])
  func none(text: String) {
    #expect(Self.outcome(Self.image(text)) == nil)
  }

  @Test("are read as checkmedia does: the last digest counts, and Red Hat's kind may have a signature too")
  func checkmedia() throws {
    let none = String(repeating: "0", count: 32)
    let twice = Self.tagged("md5sum=\(none);pad=0;md5sum=HEX", .md5) { bytes in
      bytes.replaceSubrange(0..<512, with: [UInt8](repeating: 0, count: 512))
    }
    #expect(Self.outcome(twice)?.isWrong == false)
    let signed = Self.tagged("ISO SHA256SUM = HEX;SKIPSECTORS = 15;signature=80;pad=7", .sha256) { bytes in
      bytes.removeLast(15 * 2048)
      bytes.replaceSubrange((80 * 512 + 64)..<(84 * 512), with: [UInt8](repeating: 0, count: 4 * 512 - 64))
    }
    guard case .matches(let sum)? = Self.outcome(signed) else {
      Issue.record("\(String(describing: Self.outcome(signed)))")
      return
    }
    #expect(sum.maker == .isomd5sum && sum.checksum.algorithm == .sha256)
    #expect(sum.isSigned)
  }

  @Test("tell of a signature where one lies, and of none where its place is empty")
  func signature() {
    let place = (80 * 512 + 64)..<(84 * 512)
    for isSigned in [true, false] {
      var image = Self.image("sha256sum=\(String(repeating: "0", count: 64));signature=80")
      image.replaceSubrange(place, with: [UInt8](repeating: 0, count: place.count))
      if isSigned { image[place.upperBound - 1] = 1 }
      for piece in [65_536, 34_817] { #expect(Self.outcome(image, piece: piece)?.sum.isSigned == isSigned) }
    }
    #expect(Self.outcome(Self.redHatImage)?.sum.isSigned == false)
  }

  @Test("are none where there is no volume descriptor, or where its lengths disagree")
  func noDescriptor() {
    var image = Self.redHatImage
    image[84] = 1
    #expect(Self.outcome(Array(image.prefix(34_815))) == nil)
    var other = image
    other[32_768 + 80] ^= 1
    #expect(Self.outcome(other) == nil)
    other = image
    other[32_770] = 0
    #expect(Self.outcome(other) == nil)
    #expect(Self.outcome([]) == nil)
  }

  @Test("of the tool that makes them for Fedora are right here, and its own check agrees")
  func oracle() throws {
    let directory = try ScratchDirectory()
    try directory.run(
      """
      mkdir tree && head -c 2000000 /dev/urandom >tree/file
      xorriso -as mkisofs -quiet -o a.iso tree && implantisomd5 --force a.iso >/dev/null && checkisomd5 a.iso
      """)
    let image = try directory.contents("a.iso")
    let outcome = try #require(Self.outcome(image))
    #expect(!outcome.isWrong && outcome.sum.maker == .isomd5sum)
    var changed = image
    changed[200_000] ^= 4
    #expect(Self.outcome(changed)?.isWrong == true)
    try directory.write(changed, to: "b.iso")
    #expect(throws: ScratchDirectory.ToolFailure.self) { try directory.run("checkisomd5 b.iso") }
  }
}
