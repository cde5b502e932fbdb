public import BlockIO

/// One of the trees of an ISO 9660 volume, read through the names it was made for.
public struct ISO9660Tree: FileTree {
  /// Where the names come from.
  public enum Naming: String, Hashable, Sendable {
    /// Rock Ridge entries of the primary tree.
    case rockRidge
    /// UCS-2 names of the Joliet tree.
    case joliet
    /// Names of the ISO 9660:1999 tree.
    case enhanced
    /// Names of the primary tree.
    case plain
  }

  /// The image.
  public let bytes: any RandomAccessBytes
  /// Where the names come from.
  public let naming: Naming
  /// The directory that all paths begin at.
  public let root: ISO9660Node
  /// The size of a logical block, in bytes.
  public let blockSize: UInt64
  /// Bytes at the start of every System Use area that belong to somebody else (SP, SUSP 1.12 section 5.3).
  let systemUseSkip: Int

  /// Opens a tree at the root that its descriptor names; nil without a usable root or block size.
  init?(_ bytes: any RandomAccessBytes, descriptor: VolumeDescriptor, naming: Naming, systemUseSkip: Int) {
    guard let record = descriptor.root, [512, 1024, 2048].contains(descriptor.blockSize) else { return nil }
    self.bytes = bytes
    self.naming = naming
    self.systemUseSkip = systemUseSkip
    blockSize = UInt64(descriptor.blockSize)
    let start = record.dataOffset(blockSize: UInt64(descriptor.blockSize))
    root = ISO9660Node(
      name: "", isDirectory: true, isHidden: false, linkTarget: nil,
      extents: [ExtentBytes.Extent(start: start, byteCount: UInt64(record.byteCount))],
      recordOffset: record.offset)
  }

  /// The bytes of a file.
  public func contents(of file: ISO9660Node) -> ExtentBytes {
    ExtentBytes(bytes, extents: file.extents)
  }

  /// Reads one directory, record by record.
  public func listing(of directory: ISO9660Node) throws(FormatError) -> DirectoryListing<ISO9660Node> {
    var assembly = ListingAssembly()
    // A directory lies in one piece (ECMA-119 6.8.1); the piece decides, whatever else is claimed.
    let data = ExtentBytes(bytes, extents: Array(directory.extents.prefix(1)))
    if data.isTruncated { assembly.note(.extentBeyondEnd, at: directory.recordOffset) }
    var position: UInt64 = 0
    let sector = VolumeDescriptorSet.sectorSize
    let end = min(data.byteCount, UInt64(FileTreeLimits.bytesPerDirectory))
    if end < data.byteCount { assembly.note(.tooManyNodes, at: directory.identity) }
    while position < end, assembly.listing.nodes.count < FileTreeLimits.nodesPerDirectory {
      guard let start = data.start?.adding(position), start < bytes.byteCount else { break }
      let block = try bytes.prefixReader(at: start, upTo: Int(min(sector, end - position)))
      try addRecords(of: block, to: &assembly)
      position += sector
    }
    return assembly.listing
  }

  /// Records do not cross the boundary of a sector; a length of 0 means that the next sector goes on.
  private func addRecords(of block: ByteReader, to assembly: inout ListingAssembly) throws(FormatError) {
    var position = 0
    while position < block.count, block.bytes[position] != 0 {
      guard let one = try? block.slice(at: position, count: Int(block.bytes[position])),
        let record = try? DirectoryRecord(parsing: one)
      else { return assembly.note(.badRecordLength, at: block.base + UInt64(position)) }
      position += record.length
      if !record.byteOrdersAgree { assembly.note(.byteOrdersDisagree, at: record.offset) }
      guard !record.isSelfOrParent else { continue }
      guard let node = try node(of: record, &assembly) else { continue }
      assembly.add(node, continues: record.flags.contains(.moreExtents))
    }
  }

  /// The node of a record; nil for one that Rock Ridge has moved elsewhere.
  private func node(
    of record: DirectoryRecord, _ assembly: inout ListingAssembly
  ) throws(FormatError) -> ISO9660Node? {
    var name = plainName(record)
    var target: String?
    var isDirectory = record.flags.contains(.directory)
    var extent = ExtentBytes.Extent(
      start: record.dataOffset(blockSize: blockSize), byteCount: UInt64(record.byteCount))
    if naming == .rockRidge {
      let area = try SystemUseArea(
        record.systemUse, skipping: systemUseSkip, in: bytes, blockSize: blockSize)
      for anomaly in area.anomalies { assembly.note(anomaly.kind, at: anomaly.offset) }
      let ridge = RockRidge(area)
      if ridge.isRelocated { return nil }
      name = ridge.name ?? name
      target = ridge.linkTarget
      if let lba = ridge.childLBA, let moved = try relocatedExtent(lba) {
        isDirectory = true
        extent = moved
      }
    }
    if extent.byteCount > 0, target == nil, ExtentBytes(bytes, extents: [extent]).isTruncated {
      assembly.note(.extentBeyondEnd, at: record.offset)
    }
    return ISO9660Node(
      name: name, isDirectory: isDirectory, isHidden: record.flags.contains(.hidden), linkTarget: target,
      extents: [extent], recordOffset: record.offset)
  }

  private func plainName(_ record: DirectoryRecord) -> String {
    if naming == .joliet {
      return ISO9660Name.withoutVersion(ISO9660Name.ucs2(record.identifier), removingDot: false)
    }
    let text = String(decoding: record.identifier, as: UTF8.self)
    return ISO9660Name.withoutVersion(text, removingDot: true)
  }

  /// A directory that CL names: its own first record says how long it is (RRIP 1.12 section 4.1.5.1).
  private func relocatedExtent(_ lba: UInt32) throws(FormatError) -> ExtentBytes.Extent? {
    let place = UInt64(lba) * blockSize
    let reader = try bytes.prefixReader(at: place, upTo: 256)
    guard let record = try? DirectoryRecord(parsing: reader), record.identifier == [0] else { return nil }
    return ExtentBytes.Extent(start: place, byteCount: UInt64(record.byteCount))
  }
}

/// Puts the records of a directory together: several of one name make one file (ECMA-119 6.5.1).
private struct ListingAssembly {
  var listing = DirectoryListing<ISO9660Node>()
  private var isOpen = false

  mutating func add(_ node: ISO9660Node, continues: Bool) {
    if isOpen, let last = listing.nodes.indices.last, listing.nodes[last].name == node.name {
      listing.nodes[last].extents += node.extents
    } else {
      listing.nodes.append(node)
    }
    isOpen = continues
  }

  /// Keeps the first few: a damaged directory repeats itself.
  mutating func note(_ kind: TreeAnomaly.Kind, at offset: UInt64) {
    guard listing.anomalies.count < 16 else { return }
    listing.anomalies.append(TreeAnomaly(kind, at: offset))
  }
}
