extension FixedWidthInteger where Self: UnsignedInteger {
  /// The number that bytes hold, the lowest one first; no more bytes than it has.
  package init(littleEndianBytes bytes: some Sequence<UInt8>) {
    self = 0
    for (index, byte) in bytes.enumerated() { self |= Self(truncatingIfNeeded: byte) << (8 * Self(index)) }
  }

  /// Its bytes, the lowest one first.
  package var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * Self($0))) }
  }
}
