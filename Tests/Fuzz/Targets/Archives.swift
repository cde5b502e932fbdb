import BlockIO
import Decompression
import Unpacking

extension FuzzTarget {
  /// What finds the image in an archive, and unpacks it.
  public static let archives = FuzzTarget(
    "archives",
    seeds: { packedLines.map(bytes) + [tar(sparse: false), tar(sparse: true)] },
    run: { bytes in
      let whole = image(in: bytes, by: 1 << 16)
      precondition(whole == image(in: bytes, by: 100), "the pieces make a difference")
      _ = image(in: bytes, by: 1 << 16, member: "image")
    })

  /// The longest image that is unpacked; bombs end there.
  private static let limit = 1 << 18

  /// A line of text as zip and 7z pack it, in hexadecimal digits.
  private static let packedLines: [String] = [
    "504b030414000000080000002100f432954a170000002800000005000000696d6167654b2a2dcaccd35148cc"
      + "53c8cc4d4c4fb55648c22ac00500504b01021e0314000000080000002100f432954a17000000280000000500"
      + "00000000000001000000a48100000000696d616765504b05060000000001000100330000003a0000000000",
    "504b03042d000000080000002100f432954affffffffffffffff05001400696d616765010010002800000000"
      + "00000017000000000000004b2a2dcaccd35148cc53c8cc4d4c4fb55648c22ac00500504b01021e032d000000"
      + "080000002100f432954a17000000ffffffff05000c000000000001000000a48100000000696d616765010008"
      + "002800000000000000504b06062c000000000000001e032d0000000000000000000100000000000000010000"
      + "00000000003f000000000000004e00000000000000504b0607000000008d0000000000000001000000504b05"
      + "0600000000010001003f000000ffffffff0000",
    "504b03042d0000000800997a755df432954affffffffffffffff010014002d01001000280000000000000017"
      + "000000000000004b2a2dcaccd35148cc53c8cc4d4c4fb55648c22ac00500504b01021e032d0000000800997a"
      + "755df432954a17000000280000000100000000000000010000008011000000002d504b06062c000000000000"
      + "001e032d000000000000000000010000000000000001000000000000002f000000000000004a000000000000"
      + "00504b060700000000790000000000000001000000504b050600000000010001002f0000004a0000000000",
    "377abcaf271c0004b0d859502200000000000000460000000000000098112d5de00027001a5d00311d4a8cde"
      + "5ec7f27642a0b098391114a5ff685c0cf469b00000000104060001092200070b010001212101000c2800080a"
      + "01f432954a00000501190c000000000000000000000000110d0069006d006100670065000000150601002080"
      + "a4810000",
    "377abcaf271c0004128c6d501b000000000000005200000000000000039bfc4500311d4a8cde5ec7f27642a0"
      + "b098391114a5ff685c0cf469b000000104060001091b00070b01000123030101055d001000000c2800080a01"
      + "f432954a000005011906000000000000110d0069006d006100670065000000140a010000803ed5deb19d0115"
      + "0601002080a4810000",
  ]

  /// The image, or its beginning; nil for what holds none.
  private static func image(in bytes: [UInt8], by size: Int, member: String? = nil) -> [UInt8]? {
    var limits = DecodingLimits(processors: 1)
    limits.memory = 16 << 20
    limits.window = 8 << 20
    // Bombs that give nothing end by the number of looks at the input.
    var looks = 0
    let watch = UnpackingWatch { _ throws(UnpackingError) in
      looks += 1
      guard looks < 10_000 else { throw .reading(.budgetExhausted) }
    }
    guard let format = try? PackedFormat(of: bytes),
      let unpacker = try? Unpacker(
        FuzzedFile(content: bytes), as: format, member: member, limits: limits, watch: watch)
    else { return nil }
    var image: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: size)
    while image.count < limit {
      var elements = piece.mutableSpan
      // Safe: every byte pattern is a valid UInt8.
      var room = unsafe elements.mutableBytes
      guard let count = try? unpacker.read(into: &room) else { return nil }
      image += piece.prefix(count)
      guard count == size else { return image }
    }
    return Array(image.prefix(limit))
  }

  /// A tar file with a line of text, whole or with a hole behind it.
  private static func tar(sparse: Bool) -> [UInt8] {
    let content = Array("burin, an image\n".utf8)
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    put("image", at: 0)
    put("00000000020", at: 124)
    put("        ", at: 148)
    put(sparse ? "S" : "0", at: 156)
    put("ustar  ", at: 257)
    if sparse {
      put("00000000000", at: 386)
      put("00000000020", at: 398)
      put("00000010000", at: 483)
    }
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.count) + sum, at: 148)
    return header + content + [UInt8](repeating: 0, count: 512 - content.count + 1024)
  }
}

/// Bytes under fuzzing, as what unpacks them wants to read them.
private struct FuzzedFile: PackedInput {
  let content: [UInt8]
  let isInOrder = false
  var byteCount: UInt64 { content.byteCount }

  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try content.bytes(at: offset, count: count)
  }

  func read(at offset: UInt64, into output: inout MutableRawSpan) throws(ByteReadError) -> Int {
    let bytes = try content.prefix(at: offset, upTo: output.byteCount)
    for (index, byte) in bytes.enumerated() {
      output.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
    return bytes.count
  }
}
