import BlockIO
import DiskFormats

extension FuzzTarget {
  /// Recognition by magic numbers.
  public static let signatures = FuzzTarget(
    "signatures",
    seeds: {
      let texts = [
        "<html>", "%PDF-", "# Disk DescriptorFile", "FILE \"x\" BINARY\nTRACK 01", "BZh91AY&SY", "größe",
      ]
      let trailer =
        [UInt8](repeating: 7, count: 512) + Array("conectix".utf8) + [UInt8](repeating: 0, count: 504)
      return texts.map { Array($0.utf8) } + [
        [0x1F, 0x8B, 8, 0], [0x5D, 0, 0, 0x80, 0, 255, 255, 255, 255, 255, 255, 255, 255], trailer,
      ]
    },
    run: { bytes in
      guard let found = try? ContentSignature.all(in: bytes) else { return }
      for signature in found { precondition(signature.offset <= UInt64(bytes.count)) }
    })
}
