import BlockIO
import CBlkid

/// A range of a device as libblkid reads it.
@safe
struct BlkidProbe: ~Copyable {
  /// What libblkid found in a range.
  enum Signature: Equatable {
    /// One signature.
    case found(type: String, label: String?, uuid: String?)
    /// No signature that it knows, which does not mean that there is nothing.
    case none
    /// Several that contradict each other.
    case ambivalent
    /// The range could not be read.
    case unreadable
  }

  let handle: blkid_probe

  /// Takes a range of an open device, which must outlive the probe; to the end if `byteCount` is 0.
  init?(of device: borrowing OwnedDescriptor, start: UInt64 = 0, byteCount: UInt64 = 0) {
    guard let start = Int64(exactly: start), let byteCount = Int64(exactly: byteCount),
      let handle = unsafe blkid_new_probe()
    else { return nil }
    guard unsafe blkid_probe_set_device(handle, device.rawValue, start, byteCount) == 0 else {
      unsafe blkid_free_probe(handle)
      return nil
    }
    unsafe self.handle = handle
  }

  deinit { unsafe blkid_free_probe(handle) }

  /// Looks for file systems and for members of arrays and volume groups.
  borrowing func signature() -> Signature {
    unsafe blkid_probe_enable_partitions(handle, 0)
    unsafe blkid_probe_enable_superblocks(handle, 1)
    // BLKID_SUBLKS_DEFAULT is an OR of macros, which Swift does not import.
    unsafe blkid_probe_set_superblocks_flags(
      handle, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID)
    switch unsafe blkid_do_safeprobe(handle) {
    case 0:
      guard let type = value("TYPE") else { return .none }
      return .found(type: type, label: value("LABEL"), uuid: value("UUID"))
    case 1: return .none
    case -2: return .ambivalent
    default: return .unreadable
    }
  }

  /// Reads the partition table; nil if it could not be read.
  borrowing func table() -> Contents? {
    unsafe blkid_probe_enable_superblocks(handle, 0)
    unsafe blkid_probe_enable_partitions(handle, 1)
    unsafe blkid_probe_set_partitions_flags(handle, BLKID_PARTS_ENTRY_DETAILS)
    switch unsafe blkid_do_safeprobe(handle) {
    case 0: break
    case 1: return Contents(table: .none)
    case -2: return Contents(table: .unknown)
    default: return nil
    }
    guard let list = unsafe blkid_probe_get_partitions(handle),
      let table = unsafe blkid_partlist_get_table(list)
    else { return Contents(table: .none) }
    let kind: Contents.Table =
      switch unsafe Self.text(blkid_parttable_get_type(table)) {
      case "gpt": .gpt
      case "dos": .mbr
      case "mac": .apm
      default: .other
      }
    let count = unsafe blkid_partlist_numof_partitions(list)
    var partitions: [Contents.Partition] = []
    for index in 0..<max(0, count) {
      guard let entry = unsafe blkid_partlist_get_partition(list, index) else { continue }
      unsafe partitions.append(Self.partition(entry))
    }
    var contents = Contents(table: kind, partitions: partitions)
    contents.tableUUID = unsafe Self.text(blkid_parttable_get_id(table))
    return contents
  }

  private static func partition(_ entry: blkid_partition) -> Contents.Partition {
    // libblkid counts in 512 bytes; hostile tables name more than 64 bits of bytes.
    let start = unsafe UInt64(clamping: blkid_partition_get_start(entry)).multipliedReportingOverflow(by: 512)
    let size = unsafe UInt64(clamping: blkid_partition_get_size(entry)).multipliedReportingOverflow(by: 512)
    let kind = unsafe blkid_partition_get_type(entry)
    let code = String(UInt32(truncatingIfNeeded: kind), radix: 16)
    let padded = code.count < 2 ? "0\(code)" : code
    var partition = Contents.Partition(
      number: Int(unsafe blkid_partition_get_partno(entry)),
      start: start.overflow ? .max : start.partialValue,
      byteCount: size.overflow ? .max : size.partialValue,
      type: unsafe text(blkid_partition_get_type_string(entry)) ?? "0x\(padded)")
    partition.name = unsafe text(blkid_partition_get_name(entry))
    return partition
  }

  borrowing func value(_ name: String) -> String? {
    var data: UnsafePointer<CChar>?
    guard unsafe blkid_probe_lookup_value(handle, name, &data, nil) == 0 else { return nil }
    return unsafe Self.text(data)
  }

  /// Copies a text of libblkid's; bytes that are no UTF-8 are replaced.
  private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    let text = unsafe String(cString: pointer)
    return text.isEmpty ? nil : text
  }
}
