import BlockIO
import ImageTrust

extension FuzzTarget {
  /// Files of checksums, which anybody may have laid beside an image, and the checksums inside of images.
  public static let checksums = FuzzTarget(
    "checksums",
    seeds: {
      let digits = String(repeating: "0123456789abcdef", count: 4)
      return [
        "\u{FEFF}# a.iso: 1 bytes\r\nSHA256 (./a.iso) = \(digits)\r\n\\\(digits) *x\\n\\\\/a.iso\n",
        "# SHA512 HASH\n\(digits)\(digits)  a.iso\n# BLAKE2B HASH\n\(digits)\(digits)  a.iso\n\(digits)",
      ].map { Array($0.utf8) } + [implanted("md5sum=\(digits.prefix(32));pad=3;signature=90")]
    },
    run: { bytes in
      var names = ImageNames()
      names.add("a.iso", .image)
      for listed in (try? ChecksumFile.checksums(of: names, in: bytes)) ?? [] {
        precondition(listed.checksum.bytes.count == listed.checksum.algorithm.byteCount, "another length")
      }
      for line in TreeList.lines(in: bytes) {
        precondition(line.checksum.bytes.count == line.checksum.algorithm.byteCount, "another length")
        precondition(!line.path.isEmpty, "a file without a name")
      }
      let pass = BytePass(PassRequest(comparesImplanted: true))
      bytes.withRawSpan { pass.update($0) }
      if case .cutOff(let sum, let end)? = pass.finish().implanted {
        precondition(end < sum.byteCount, "cut off behind its end")
      }
    })

  /// The beginning of an image with a text in its volume descriptor.
  private static func implanted(_ text: String) -> [UInt8] {
    var image = [UInt8](repeating: 0, count: 34_816)
    image.replaceSubrange(32_768..<32_775, with: [1] + Array("CD001".utf8) + [1])
    (image[32_848], image[32_855]) = (40, 40)
    image.replaceSubrange(33_651..<(33_651 + text.utf8.count), with: text.utf8)
    return image
  }
}
