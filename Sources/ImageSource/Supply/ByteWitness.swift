public import BlockIO

/// Is shown bytes in their order, each once, on the thread that reads them.
public protocol ByteWitness: Sendable {
  /// Takes note of the first bytes of a buffer, which come next; a last call may bring none.
  func see(_ buffer: borrowing AlignedBuffer, count: Int)
}
