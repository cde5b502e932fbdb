import BlockIO
public import DeviceProbe

/// A target that is held open and locked, and waits for the person's word.
///
/// What is shown for confirmation comes from here, because it can no longer become another disk (R28).
/// If it is dropped, the partitions come back and every byte is as it was.
public struct PendingTarget: ~Copyable, Sendable {
  private let device: OwnedDescriptor
  /// What is held open.
  public let identity: TargetIdentity
  /// The disk as the snapshot taken after opening shows it; nil for a virtual stick.
  public let disk: BlockDevice?
  /// What the rules say of it, with the objections that were lifted.
  public let assessment: Assessment
  /// What the person has to give.
  public let consent: Consent

  /// What is on it now and will be destroyed; nil where it could not be probed.
  public var contents: Contents? { disk?.contents }

  /// Refuses where more is to be written than fits (R34).
  public borrowing func requireRoom(for byteCount: UInt64) throws(GateError) {
    guard byteCount <= identity.geometry.byteCount else {
      throw .tooSmall(needed: byteCount, capacity: identity.geometry.byteCount)
    }
  }

  /// Checks the person's word, and once more everything else, and makes the target writable.
  public consuming func approve(confirming confirmation: Confirmation) throws(GateError) -> ApprovedTarget {
    if let lack = consent.lack(in: confirmation) { throw .notConfirmed(lack) }
    return ApprovedTarget(device: device, identity: identity)
  }
}
