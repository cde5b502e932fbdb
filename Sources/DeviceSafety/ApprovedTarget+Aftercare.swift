public import BlockIO
public import DeviceProbe

extension ApprovedTarget {
  /// What tools recognise on it by now, read past every cache: of the whole disk, and of a part of it.
  public func foundSignatures(partition: Range<UInt64>) throws(SystemCallError) -> [FoundSignature] {
    try DeviceProbe.foundSignatures(
      through: held.descriptor, byteCount: identity.geometry.byteCount, partition: partition)
  }

  /// Has the drive stop and give its medium out (START STOP UNIT).
  /// - Returns: whether the drive knows the command; a virtual stick does not.
  public func eject() throws(SystemCallError) -> Bool {
    identity.isVirtual ? false : try held.descriptor.eject()
  }
}
