/// What a checksum is the checksum of.
public enum ChecksumSubject: Hashable, Sendable, CaseIterable {
  /// The bytes that come onto the medium.
  case image
  /// The compressed file that they are in.
  case file
}
