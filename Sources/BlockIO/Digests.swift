import CCrypto
import CXXHash

/// A SHA-256 in the making (FIPS 180-4), computed by libcrypto.
@safe
public struct SHA256: ~Copyable, @unchecked Sendable {
  // Sendable: the context has one owner, because the struct cannot be copied.
  private let context: OpaquePointer

  /// Starts a digest.
  public init() {
    guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
    else { preconditionFailure("libcrypto has no SHA-256 or no memory") }
    unsafe self.context = context
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Adds bytes.
  public mutating func update(_ bytes: RawSpan) {
    let status = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    precondition(status == 1, "EVP_DigestUpdate failed")
  }

  /// Adds bytes.
  public mutating func update(_ bytes: Span<UInt8>) {
    // Safe: every byte of a UInt8 is initialised.
    update(unsafe bytes.bytes)
  }

  /// Adds the first bytes of a buffer.
  public mutating func update(_ buffer: borrowing AlignedBuffer, count: Int) {
    update(buffer.bytes.extracting(0..<count))
  }

  /// Ends the digest: 32 bytes.
  public consuming func finish() -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 32) { memory, count in
      precondition(
        unsafe EVP_DigestFinal_ex(context, memory.baseAddress, nil) == 1, "EVP_DigestFinal_ex failed")
      count = 32
    }
  }
}

/// An XXH3-128 of one chunk: tells different chunks apart at memory speed, is no proof against an attacker.
public struct ChunkDigest: Hashable, Sendable {
  private let low: UInt64
  private let high: UInt64

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
    self.init(of: buffer.bytes.extracting(0..<count))
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
