import Glibc

extension [UInt8] {
  /// Whether every byte is zero; true where there is none.
  public var isZero: Bool {
    guard let first else { return true }
    guard first == 0 else { return false }
    return unsafe withUnsafeBytes { bytes in
      // Comparing them with themselves shifted by one byte proves that all equal the first.
      guard let base = bytes.baseAddress else { return true }
      return unsafe memcmp(base, base + 1, bytes.count - 1) == 0
    }
  }
}
