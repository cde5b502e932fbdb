/// Something in a tree that no honest tool writes, or that points out of the image.
public struct TreeAnomaly: Hashable, Sendable {
  /// What is wrong.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A record is shorter than its fixed part or longer than its block.
    case badRecordLength
    /// The two byte orders of a number disagree; the little-endian one is taken.
    case byteOrdersDisagree
    /// Data lies behind the end of the image: it is truncated or the structure is damaged.
    case extentBeyondEnd
    /// A directory contains itself.
    case cycle
    /// More nodes than any honest tree has; the rest is not looked at.
    case tooManyNodes
    /// Nested deeper than any honest tree; the rest is not looked at.
    case tooDeep
    /// Attributes continue in a circle or without end.
    case endlessContinuation
    /// A System Use entry is shorter than its fixed part or longer than its area.
    case badSystemUseEntry
    /// A descriptor has not the tag or the checksum that its place asks for.
    case badTag
    /// A feature that is valid but that this reader does not know.
    case unsupported
  }
  /// What is wrong.
  public let kind: Kind
  /// The byte of the image it was seen at.
  public let offset: UInt64

  /// Creates an anomaly.
  public init(_ kind: Kind, at offset: UInt64) {
    self.kind = kind
    self.offset = offset
  }
}
