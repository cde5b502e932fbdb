public import DeviceSafety

/// What is done with a target once everything on it is proven, while it is still held.
///
/// Nothing of it can change the result of the write: whoever asks for it keeps what came of it.
public struct Aftercare: Sendable {
  /// Before the kernel reads the new partition table; with what was proven.
  public var whenProven: @Sendable (borrowing ApprovedTarget, WriteReport) -> Void
  /// Last of all, when the kernel has read it.
  public var whenDone: @Sendable (borrowing ApprovedTarget) -> Void

  /// Creates it; by default nothing is done.
  public init(
    whenProven: @escaping @Sendable (borrowing ApprovedTarget, WriteReport) -> Void = { _, _ in },
    whenDone: @escaping @Sendable (borrowing ApprovedTarget) -> Void = { _ in }
  ) {
    self.whenProven = whenProven
    self.whenDone = whenDone
  }
}
