public import BlockIO

/// The compressed formats that can be decoded on the way to a medium.
public enum CompressionFormat: UInt8, Hashable, Sendable, CaseIterable {
  /// gzip (RFC 1952): members one after the other.
  case gzip
  /// xz: streams one after the other, each of blocks that can be decoded side by side.
  case xz
  /// Zstandard (RFC 8878): frames one after the other, some of which hold no data.
  case zstd
  /// bzip2: streams one after the other.
  case bzip2
  /// LZ4 frames one after the other, some of which hold no data.
  case lz4
  /// The format that came before xz, without a magic number and without a checksum.
  case lzma

  /// How many bytes of a file are looked at; more make no difference.
  public static let prefixByteCount = 64

  /// Recognises a format by the first bytes of a file, whatever the file is called.
  public init?(prefix: [UInt8]) {
    if prefix.starts(with: [0x1F, 0x8B, 0x08]) {
      self = .gzip
    } else if prefix.starts(with: LZMACodec.magic) {
      self = .xz
    } else if prefix.starts(with: ZstdCodec.magic) {
      self = .zstd
    } else if prefix.starts(with: LZ4Codec.magic) {
      self = .lz4
    } else if Self.isBzip2(prefix) {
      self = .bzip2
    } else if Self.isLZMA(prefix) {
      self = .lzma
    } else if SkippableFrame.begins(prefix) {
      self = Self.format(behindSkippableFramesOf: prefix)
    } else {
      return nil
    }
  }

  /// Recognises a format by the first bytes of a file, and behind frames without data wherever those end.
  /// - Throws: ``ByteReadError``, where the file cannot be read.
  public init?(of file: some RandomAccessBytes) throws(ByteReadError) {
    let prefix = try file.prefix(at: 0, upTo: Self.prefixByteCount)
    guard SkippableFrame.begins(prefix) else {
      self.init(prefix: prefix)
      return
    }
    do throws(ByteReadError) { self = try Self.format(behindFramesOf: file) } catch {
      // What cannot be looked at leaves open which of both it is, and no doubt that it is packed.
      if case .system = error { throw error }
      self = .zstd
    }
  }

  /// Which format has the first frame with data; both have those without.
  ///
  /// A file that begins with one is packed, however far that reaches: its bytes are never the image. Where the
  /// frame with data is out of sight, it counts as Zstandard, and ``Decompressor`` sees which it is.
  private static func format(behindFramesOf file: some RandomAccessBytes) throws(ByteReadError) -> Self {
    var place: UInt64 = 0
    for _ in 0..<Decompressor.mostEmptyMembers {
      let head = try file.prefix(at: place, upTo: SkippableFrame.headByteCount)
      guard let count = SkippableFrame.byteCount(head) else {
        return head.starts(with: LZ4Codec.magic) ? .lz4 : .zstd
      }
      place += count
    }
    return .zstd
  }

  /// The same in the first bytes of a file.
  private static func format(behindSkippableFramesOf prefix: [UInt8]) -> Self {
    (try? format(behindFramesOf: prefix)) ?? .zstd
  }

  /// `BZh`, the level, and what a block or the end of a stream begins with.
  private static func isBzip2(_ prefix: [UInt8]) -> Bool {
    guard prefix.count >= 10, prefix.starts(with: Bzip2Codec.magic), (0x31...0x39).contains(prefix[3]) else {
      return false
    }
    let mark = Array(prefix[4..<10])
    return mark == [0x31, 0x41, 0x59, 0x26, 0x53, 0x59] || mark == [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]
  }

  /// Whether it may be LZMA without a container, by what every encoder writes.
  ///
  /// As in xz, `is_format_lzma`: a dictionary of 2^n or 2^n + 2^(n-1) bytes, and a length that is unknown or below
  /// 256 GiB; and properties that liblzma decodes. Besides, as in file(1), a dictionary of whole 64 KiB, and the first
  /// byte of the range coder, which is always zero; and a length other than 0, as that has no image, and boot code of
  /// little more than zeroes looks like it.
  private static func isLZMA(_ prefix: [UInt8]) -> Bool {
    guard prefix.count >= 14, isLZMAProperties(prefix[0]), prefix[1] == 0, prefix[2] == 0, prefix[13] == 0
    else { return false }
    let dictionary = UInt32(littleEndianBytes: prefix[1..<5])
    let highest = UInt32(1) << (31 - dictionary.leadingZeroBitCount % 32)
    guard dictionary == .max || dictionary == highest || dictionary == highest | highest >> 1 else {
      return false
    }
    let length = UInt64(littleEndianBytes: prefix[5..<13])
    return length == .max || length > 0 && length < 1 << 38
  }

  /// Whether a byte is `(pb * 5 + lp) * 9 + lc` with `pb` up to 4, and `lc` and `lp` up to 4 together.
  private static func isLZMAProperties(_ byte: UInt8) -> Bool {
    byte < 5 * 5 * 9 && byte % 9 + byte / 9 % 5 <= 4
  }
}
