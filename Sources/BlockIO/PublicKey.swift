import CCrypto

/// A public key for which libcrypto checks signatures.
@safe
public struct PublicKey: ~Copyable {
  private let key: OpaquePointer

  /// Reads a key in the form in which certificates hold it.
  /// - Parameter encoding: its SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) in DER.
  /// - Returns: nil for what is no key, and for kinds that this machine's libcrypto does not know or is forbidden.
  public init?(subjectPublicKeyInfo encoding: [UInt8]) {
    let key: OpaquePointer? = unsafe encoding.withUnsafeBufferPointer { bytes in
      // Safe: the pointer is moved by what was read, and is not used after.
      var position = bytes.baseAddress
      return unsafe d2i_PUBKEY(nil, &position, bytes.count)
    }
    guard let key = unsafe key else { return nil }
    unsafe self.key = key
  }

  deinit { unsafe EVP_PKEY_free(key) }

  /// Whether a signature was made by the owner of this key over exactly these bytes.
  /// - Parameter digest: what the bytes are signed through; nil for Ed25519, which has its own.
  public func verifies(_ signature: [UInt8], of message: [UInt8], digest: DigestAlgorithm?) -> Bool {
    guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("libcrypto has no memory") }
    defer { unsafe EVP_MD_CTX_free(context) }
    let method = unsafe digest.flatMap { unsafe MessageDigest.method(of: $0) }
    guard unsafe EVP_DigestVerifyInit(context, nil, method, nil, key) == 1 else { return false }
    let status = unsafe signature.withUnsafeBufferPointer { signature in
      unsafe message.withUnsafeBufferPointer { message in
        // Safe: both live for the call.
        unsafe EVP_DigestVerify(
          context, signature.baseAddress, signature.count, message.baseAddress, message.count)
      }
    }
    return status == 1
  }
}
