import CCrypto

/// The digests that checksums of images are made with.
public enum DigestAlgorithm: String, Hashable, Sendable, CaseIterable {
  case md5
  case sha1
  case sha224
  case sha256
  case sha384
  case sha512
  case sha3x224 = "sha3-224"
  case sha3x256 = "sha3-256"
  case sha3x384 = "sha3-384"
  case sha3x512 = "sha3-512"
  /// BLAKE2b with 64 bytes (RFC 7693), as b2sum makes it without options.
  case blake2b

  /// The length of a digest in bytes.
  public var byteCount: Int {
    switch self {
    case .md5: 16
    case .sha1: 20
    case .sha224, .sha3x224: 28
    case .sha256, .sha3x256: 32
    case .sha384, .sha3x384: 48
    case .sha512, .sha3x512, .blake2b: 64
    }
  }

  /// Whether nobody is known to be able to make two files with the same digest.
  public var resistsForgery: Bool { self != .md5 && self != .sha1 }
}

/// A digest in the making, computed by libcrypto.
@safe
public struct MessageDigest: ~Copyable, @unchecked Sendable {
  // Sendable: the context has one owner, because the struct cannot be copied.
  private let context: OpaquePointer
  private let algorithm: DigestAlgorithm

  /// Starts a digest.
  /// - Returns: nil where this machine's libcrypto is forbidden to compute it, as MD5 is in FIPS mode.
  public init?(_ algorithm: DigestAlgorithm) {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("libcrypto has no memory") }
    guard unsafe EVP_DigestInit_ex(context, Self.method(of: algorithm), nil) == 1 else {
      unsafe EVP_MD_CTX_free(context)
      return nil
    }
    unsafe self.context = context
    self.algorithm = algorithm
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  static func method(of algorithm: DigestAlgorithm) -> OpaquePointer? {
    switch algorithm {
    case .md5: unsafe EVP_md5()
    case .sha1: unsafe EVP_sha1()
    case .sha224: unsafe EVP_sha224()
    case .sha256: unsafe EVP_sha256()
    case .sha384: unsafe EVP_sha384()
    case .sha512: unsafe EVP_sha512()
    case .sha3x224: unsafe EVP_sha3_224()
    case .sha3x256: unsafe EVP_sha3_256()
    case .sha3x384: unsafe EVP_sha3_384()
    case .sha3x512: unsafe EVP_sha3_512()
    case .blake2b: unsafe EVP_blake2b512()
    }
  }

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

  /// Ends the digest; as many bytes as its algorithm makes.
  public consuming func finish() -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: algorithm.byteCount) { memory, count in
      precondition(
        unsafe EVP_DigestFinal_ex(context, memory.baseAddress, nil) == 1, "EVP_DigestFinal_ex failed")
      count = algorithm.byteCount
    }
  }
}
