/// What a stream asks for that cannot be had.
public enum UnsupportedFeature: UInt8, Hashable, Sendable, CaseIterable {
  /// A dictionary that is kept elsewhere.
  case dictionary
  /// A method of compression other than the only one there is, or a header of a later version.
  case method
  /// A checksum that the library does not know.
  case check
  /// Filters or settings that the library does not know.
  case options
  /// Other volumes, which are other files.
  case volumes
}

/// Why a compressed stream does not become an image; offsets are in bytes of the compressed file.
///
/// An offset of damage tells how far the file was decoded without a fault: it lies there, or behind that within
/// the piece of input in question. Where several threads decode, it may lie before.
public enum DecodingError: Error, Hashable, Sendable {
  /// What is there is not what an encoder writes.
  case corrupt(offset: UInt64)
  /// What was decoded does not have the checksum or the length that it should have.
  case checksumWrong(offset: UInt64)
  /// The file ends in the middle; its length in bytes.
  case truncated(offset: UInt64)
  /// Something follows that does not belong to the stream.
  case trailingGarbage(offset: UInt64)
  /// Decoding needs more memory than is allowed, in bytes; how much is not always known.
  case memoryLimit(needed: UInt64?, allowed: UInt64)
  /// The stream refers back further than is allowed, in bytes.
  case windowTooLarge(needed: UInt64, allowed: UInt64)
  /// The stream needs what is not there.
  case unsupported(UnsupportedFeature, offset: UInt64)
  /// The stream is whole, and holds no bytes.
  case empty
  /// The system has no memory left.
  case outOfMemory
}
