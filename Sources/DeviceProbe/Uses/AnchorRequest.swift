public import BlockIO

/// A file of this run whose place in the storage stack the safety rules must know.
public struct AnchorRequest: Hashable, Sendable {
  /// What it is for.
  public let purpose: Anchor.Purpose
  /// The path to show.
  public let path: String
  /// The path to look at: the same, or the descriptor's entry in `/proc/self/fd`.
  let lookup: String

  /// Asks for a path; of a file that does not exist yet the directory counts.
  public init(_ purpose: Anchor.Purpose, path: String) {
    self.purpose = purpose
    self.path = path
    lookup = path
  }

  /// Asks for an open file, whatever its path leads to by now.
  public init(_ purpose: Anchor.Purpose, descriptor: borrowing OwnedDescriptor, path: String) {
    self.purpose = purpose
    self.path = path
    lookup = "/proc/self/fd/\(descriptor.rawValue)"
  }
}
