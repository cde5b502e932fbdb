public import BlockIO

/// Somebody who may open disks that this process may not, and does so for a person who is permitted it (R52).
public struct DeviceBroker: Sendable {
  /// Opens a disk by its path and number with `O_RDWR` and the flags given; what comes is checked by the gate.
  let open: @Sendable (String, DeviceNumber, Int32) throws(BrokerError) -> OwnedDescriptor

  /// Creates a broker.
  public init(
    open: @escaping @Sendable (String, DeviceNumber, Int32) throws(BrokerError) -> OwnedDescriptor
  ) { self.open = open }
}

/// Why a broker gave no descriptor; its texts are foreign and only ever shown.
public enum BrokerError: Error, Hashable, Sendable {
  /// There is none.
  case unavailable(String)
  /// The person is not permitted it.
  case notAuthorized(String)
  /// It could not open the disk.
  case failed(String)
  /// What it gave is not open as it was asked for.
  case notAsAsked
  /// The run was over before it answered.
  case cancelled
}

/// A check that only root can make, and that a run without root does without (R52).
public enum ImpossibleCheck: String, Hashable, Sendable, CaseIterable {
  /// Whether the broker has really opened it exclusively: the kernel does not show that.
  case exclusiveOpening = "exclusive-opening"
  /// Whether a program has one of its partitions open without having mounted it.
  case openPartitions = "open-partitions"
  /// What other people's processes see mounted.
  case otherNamespaces = "other-namespaces"
}
