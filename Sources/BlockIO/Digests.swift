import CXXHash

/// A SHA-256 in the making (FIPS 180-4); it is never forbidden.
public struct SHA256: ~Copyable, Sendable {
  private var digest: MessageDigest

  /// Starts a digest.
  public init() {
    guard let digest = MessageDigest(.sha256) else { preconditionFailure("libcrypto has no SHA-256") }
    self.digest = digest
  }

  /// Adds bytes.
  public mutating func update(_ bytes: RawSpan) { digest.update(bytes) }

  /// Adds bytes.
  public mutating func update(_ bytes: Span<UInt8>) { digest.update(bytes) }

  /// Adds the first bytes of a buffer.
  public mutating func update(_ buffer: borrowing AlignedBuffer, count: Int) {
    digest.update(buffer, count: count)
  }

  /// Ends the digest: 32 bytes.
  public consuming func finish() -> [UInt8] { digest.finish() }
}

/// An XXH3-128 of one chunk: tells different chunks apart at memory speed, is no proof against an attacker.
public struct ChunkDigest: Hashable, Sendable {
  private let low: UInt64
  private let high: UInt64

  /// The length of a digest in bytes.
  public static let byteCount = 16

  /// Takes a digest from its canonical bytes, the most significant one first, as `xxhsum -H2` prints them.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The canonical bytes.
  public var bytes: [UInt8] {
    [high, low].flatMap { half in
      stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> $0) }
    }
  }

  /// Computes the digest of bytes with libxxhash.
  public init(of bytes: RawSpan) {
    let value = unsafe bytes.withUnsafeBytes { unsafe cxxhash_128bits($0.baseAddress, $0.count) }
    low = value.low64
    high = value.high64
  }

  /// Computes the digest of bytes.
  public init(of bytes: Span<UInt8>) {
    // Safe: every byte of a UInt8 is initialised.
    self.init(of: unsafe bytes.bytes)
  }

  /// Computes the digest of the first bytes of a buffer.
  public init(of buffer: borrowing AlignedBuffer, count: Int) {
    self.init(of: buffer, range: 0..<count)
  }

  /// Computes the digest of a range of a buffer.
  public init(of buffer: borrowing AlignedBuffer, range: Range<Int>) {
    self.init(of: buffer.bytes.extracting(range))
  }
}

extension Sequence<UInt8> {
  /// The bytes as lowercase hexadecimal digits.
  public var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension [UInt8] {
  /// The bytes that hexadecimal digits make; nil for anything else.
  public var fromHexadecimal: [UInt8]? {
    guard count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count / 2)
    for index in stride(from: 0, to: count, by: 2) {
      guard let high = self[index].hexadecimalDigit, let low = self[index + 1].hexadecimalDigit else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return bytes
  }
}

extension UInt8 {
  fileprivate var hexadecimalDigit: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
