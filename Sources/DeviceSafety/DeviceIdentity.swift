import BlockIO
import DeviceProbe

extension BlockDevice {
  /// What an open descriptor shows otherwise than the snapshot, if anything.
  ///
  /// What the snapshot does not know is no reason to trust the descriptor: it differs (R6).
  func change(to geometry: BlockGeometry) -> IdentityChange? {
    guard geometry.diskSequence == diskSequence else {
      return .medium(expected: diskSequence, found: geometry.diskSequence)
    }
    guard geometry.byteCount == byteCount else {
      return .size(expected: byteCount ?? 0, found: geometry.byteCount)
    }
    guard geometry.logicalBlockSize == logicalBlockSize, geometry.physicalBlockSize == physicalBlockSize
    else {
      return .blockSize
    }
    guard geometry.isReadOnly == isReadOnly else { return .readOnly }
    return nil
  }

  /// Vendor and model as far as they are known, else the kernel's name.
  var displayName: String {
    let words = [identity.vendor, identity.model].compactMap(\.self).filter { !$0.isEmpty }
    return words.isEmpty ? name : words.joined(separator: " ")
  }
}
