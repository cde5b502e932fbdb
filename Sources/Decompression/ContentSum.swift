import CIsal

/// The CRC-32 of zip, 7z and gzip, taken piece by piece.
public struct ContentSum: Hashable, Sendable {
  /// The sum of all bytes so far.
  public private(set) var value: UInt32 = 0

  /// Begins a sum of no bytes.
  public init() {}

  /// The sum of an array.
  public init(of bytes: [UInt8]) {
    self.init()
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  /// Takes the next bytes.
  public mutating func update(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  private mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    // Safe: the library reads as many bytes as there are.
    unsafe value = crc32_gzip_refl(value, base.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
  }
}
