import BlockIO

extension AlignedBuffer {
  /// A copy of a part of it, as a medium takes it.
  borrowing func array(of range: Range<Int>) -> [UInt8] {
    // Not from a slice, which is copied byte by byte where nothing is optimised.
    unsafe bytes.withUnsafeBytes { unsafe [UInt8](UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}
