/// What came of a step of a codec.
struct CodecStep {
  /// Bytes of the input that were used.
  var consumed = 0
  /// Bytes of the output that were made.
  var produced = 0
  /// Whether the member ended with them.
  var isEnd = false
}

/// Why a codec cannot go on; where, its caller knows.
enum CodecFault: Error, Hashable {
  /// The head is of no member of this format.
  case foreign
  case corrupt
  case checksum
  case memory(needed: UInt64?, allowed: UInt64)
  case window(needed: UInt64, allowed: UInt64)
  case unsupported(UnsupportedFeature)
  case outOfMemory
}

/// What may stand behind a member besides another one.
enum Padding {
  case none
  /// gzip, "trailing zero bytes": zeros to the end of the file, as tapes leave them (gzip.c, `get_method`).
  case zerosToTheEnd
  /// xz, "stream padding": zeros in multiples of four (The .xz File Format, 2.2).
  case fours
}

/// Decodes the members of a file, one at a time.
///
/// Member is gzip's word; a stream of xz, bzip2 and LZMA and a frame of Zstandard and LZ4 is meant as well.
protocol MemberCodec: AnyObject {
  /// What may stand behind a member.
  var padding: Padding { get }
  /// Whether the head is part of what ``decode(_:into:isLast:)`` wants to see.
  var decodesHead: Bool { get }
  /// Whether the member that was decoded last carries a checksum of its content, or has no content.
  var isChecked: Bool { get }

  /// Looks at the head of a member, of which one more byte has come.
  /// - Returns: whether it is complete.
  func isComplete(head: [UInt8]) throws(CodecFault) -> Bool
  /// Begins a member whose head is complete.
  func begin(head: [UInt8]) throws(CodecFault)
  /// Decodes into an output that is not empty; does nothing only where it needs more input.
  /// - Parameter isLast: whether nothing follows the input.
  func decode(
    _ input: Span<UInt8>, into output: inout MutableRawSpan, isLast: Bool
  ) throws(CodecFault) -> CodecStep

  /// Whether threads of its own decode, to which ``workAhead(_:)`` gives input.
  var worksAhead: Bool { get }
  /// Takes input for them while there is no room for what they make, as far as they may hold that themselves.
  /// - Parameter input: not empty.
  /// - Returns: how many bytes were taken.
  func workAhead(_ input: Span<UInt8>) throws(CodecFault) -> Int
}

extension MemberCodec {
  var padding: Padding { .none }
  var decodesHead: Bool { true }
  var worksAhead: Bool { false }
  func workAhead(_ input: Span<UInt8>) -> Int { 0 }
}
