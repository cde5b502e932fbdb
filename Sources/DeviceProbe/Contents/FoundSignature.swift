public import BlockIO
import CBlkid
import SystemPackage

/// Something on a disk by which libblkid recognises a file system, a member of an array or a table.
public struct FoundSignature: Hashable, Sendable {
  /// What libblkid takes it for, such as `exfat` or `gpt`.
  public let type: String
  /// Where it lies, in bytes from the beginning of the disk; nil where it has no place.
  public let offset: UInt64?

  /// Creates one.
  public init(type: String, offset: UInt64?) {
    self.type = type
    self.offset = offset
  }
}

extension DeviceProbe {
  /// Finds every signature on a disk or file that is held exclusively and open past the page cache.
  /// - Parameters:
  ///   - held: nobody else may read or write through it meanwhile.
  ///   - byteCount: its length in bytes.
  ///   - partition: a part of it that is looked at as if it were a disk of its own.
  /// - Throws: `SystemCallError` where the descriptor does not read past the page cache any more, or libblkid could
  ///   not look at all of it: what was not looked at is not clean.
  public static func foundSignatures(
    through held: borrowing OwnedDescriptor, byteCount: UInt64, partition: Range<UInt64>
  ) throws(SystemCallError) -> [FoundSignature] {
    let search = try held.readingThroughCache(byteCount: byteCount) { device in
      Result { () throws(SystemCallError) -> [FoundSignature] in
        let whole = try foundSignatures(on: device, in: 0..<byteCount, withTables: true)
        return whole + (try foundSignatures(on: device, in: partition, withTables: false))
      }
    }
    return try search.get()
  }

  private static func foundSignatures(
    on device: borrowing OwnedDescriptor, in range: Range<UInt64>, withTables: Bool
  ) throws(SystemCallError) -> [FoundSignature] {
    guard let probe = BlkidProbe(of: device, start: range.lowerBound, byteCount: UInt64(range.count)) else {
      throw SystemCallError(call: "blkid_probe_set_device", errno: .invalidArgument)
    }
    return try probe.foundSignatures(from: range.lowerBound, withTables: withTables)
  }
}

extension BlkidProbe {
  /// How many signatures are looked for at most; a hostile disk has no end of them.
  private static let signatureLimit = 64

  /// What every signature is taken for that libblkid can tell.
  /// - Parameters:
  ///   - start: where the range of this probe begins on the disk, in bytes.
  ///   - withTables: whether partition tables count, for which some take the boot sector of a file system.
  /// - Throws: ``SystemCallError`` where libblkid could not read what it wanted to see.
  borrowing func foundSignatures(
    from start: UInt64, withTables: Bool
  ) throws(SystemCallError) -> [FoundSignature] {
    var found: [FoundSignature] = []
    unsafe blkid_probe_enable_superblocks(handle, 1)
    unsafe blkid_probe_set_superblocks_flags(handle, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_MAGIC)
    unsafe blkid_probe_enable_partitions(handle, withTables ? 1 : 0)
    unsafe blkid_probe_set_partitions_flags(handle, BLKID_PARTS_MAGIC)
    while found.count < Self.signatureLimit {
      let status = unsafe blkid_do_probe(handle)
      if status == 1 { break }
      guard status == 0 else { throw SystemCallError(call: "blkid_do_probe", errno: .ioError) }
      let offset = (value("SBMAGIC_OFFSET") ?? value("PTMAGIC_OFFSET")).flatMap { UInt64($0) }
      found.append(
        FoundSignature(
          type: value("TYPE") ?? value("PTTYPE") ?? "unknown", offset: offset.map { $0 &+ start }))
    }
    return found
  }
}
