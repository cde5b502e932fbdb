/// What of a medium was changed on purpose after the image on it was proven.
///
/// Where a medium is compared with the image later, these bytes are compared with what was made of them, and with
/// nothing else (R42).
public struct IntendedChange: Hashable, Sendable {
  /// What the medium begins with since, in the place of as many bytes of the image.
  public let front: [UInt8]
  /// Where behind the image something was put, in bytes of the medium.
  public let behind: Range<UInt64>
  /// What was put there.
  public let bytesBehind: [UInt8]

  /// Creates a change; both parts are of whole blocks of the medium.
  /// - Precondition: the range behind the image is as long as its bytes.
  public init(front: [UInt8], behind: Range<UInt64>, _ bytesBehind: [UInt8]) {
    precondition(behind.count == bytesBehind.count, "bytes without a place")
    (self.front, self.behind, self.bytesBehind) = (front, behind, bytesBehind)
  }
}

/// Finds out whether a medium was changed on purpose: it is given the first bytes of the image, a MiB where there are
/// so many.
public typealias ChangeFinder =
  @Sendable (_ head: [UInt8], _ medium: borrowing MediumReader) -> IntendedChange?
