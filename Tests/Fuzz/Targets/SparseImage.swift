public import BlockIO

/// A large image of which an input sets single blocks, so that mutation finds structures that lie far apart.
///
/// The input is a sequence of records: a block number (3 bytes, little-endian), then the bytes of the block.
/// Everything else is zero; a later record wins.
public struct SparseImage: RandomAccessBytes {
  /// The length of the image in bytes.
  public let byteCount: UInt64
  private let blockSize: Int
  private let blocks: [UInt64: [UInt8]]

  /// Cuts an input into records.
  public init(_ input: [UInt8], blockSize: Int, blockCount: UInt64) {
    var blocks: [UInt64: [UInt8]] = [:]
    for start in stride(from: 0, to: input.count - 3, by: blockSize + 3) {
      let number = UInt64(input[start]) | UInt64(input[start + 1]) << 8 | UInt64(input[start + 2]) << 16
      let content = input[(start + 3)..<min(start + 3 + blockSize, input.count)]
      blocks[number % blockCount] = content + [UInt8](repeating: 0, count: blockSize - content.count)
    }
    self.blocks = blocks
    self.blockSize = blockSize
    byteCount = blockCount * UInt64(blockSize)
  }

  /// The input that sets the blocks of an image that are not zero; for seeds.
  public static func records(of image: [UInt8], blockSize: Int) -> [UInt8] {
    var input: [UInt8] = []
    for (number, start) in stride(from: 0, to: image.count, by: blockSize).enumerated() {
      let block = image[start..<min(start + blockSize, image.count)]
      guard block.contains(where: { $0 != 0 }) else { continue }
      input += [UInt8(number & 0xFF), UInt8(number >> 8 & 0xFF), UInt8(number >> 16 & 0xFF)]
      input += block + [UInt8](repeating: 0, count: blockSize - block.count)
    }
    return input
  }

  /// Reads exactly `count` bytes.
  public func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    // An honest parser reads no more at once; one that does is to be found.
    precondition(count <= 16 << 20, "a parser wanted \(count) bytes in one piece")
    var result = [UInt8](repeating: 0, count: count)
    var place = 0
    while place < count {
      let (number, within) = (offset + UInt64(place)).quotientAndRemainder(dividingBy: UInt64(blockSize))
      let length = min(blockSize - Int(within), count - place)
      if let block = blocks[number] {
        result.replaceSubrange(place..<(place + length), with: block[Int(within)..<(Int(within) + length)])
      }
      place += length
    }
    return result
  }
}
