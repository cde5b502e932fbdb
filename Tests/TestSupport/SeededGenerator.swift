import Glibc

/// SplitMix64: the same numbers for the same seed, so that a failed property can be replayed.
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  /// Starts the sequence of a seed.
  public init(seed: UInt64) { state = seed }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension [UInt8] {
  /// Random bytes, the same ones for the same seed.
  public static func random(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    // Safe: there is room for the whole of the last number.
    return unsafe [UInt8](unsafeUninitializedCapacity: count + 8) { bytes, initialized in
      let memory = UnsafeMutableRawPointer(bytes.baseAddress)
      var offset = 0
      while offset < count {
        unsafe memory?.storeBytes(of: generator.next().littleEndian, toByteOffset: offset, as: UInt64.self)
        offset += 8
      }
      initialized = count
    }
  }
}

extension Collection<UInt8> {
  /// Whether every byte is this one: at the speed of memory, which a closure is not where nothing is optimised.
  public func holdsOnly(_ byte: UInt8) -> Bool {
    let isSame = withContiguousStorageIfAvailable { bytes in
      guard let start = bytes.baseAddress, let first = unsafe bytes.first else { return true }
      // Comparing them with themselves shifted by one proves that all equal the first.
      return unsafe first == byte && memcmp(start, start + 1, bytes.count - 1) == 0
    }
    return isSame ?? allSatisfy { $0 == byte }
  }
}

/// Whether both hold the same bytes: at the speed of memory, like ``Swift/Collection/holdsOnly(_:)``.
public func == (left: [UInt8], right: [UInt8]) -> Bool {
  left.count == right.count && right.isBeginning(of: left)
}

extension [UInt8] {
  /// Whether another array begins with these bytes.
  public func isBeginning(of other: [UInt8]) -> Bool {
    unsafe count <= other.count && memcmp(self, other, count) == 0
  }
}
