public import BlockIO

/// A file or directory of a UDF volume.
public struct UDFNode: FileTreeNode {
  /// The name, foreign text.
  public let name: String
  /// Whether it holds other nodes.
  public let isDirectory: Bool
  /// Whether it is marked as not to be shown.
  public let isHidden: Bool
  /// The block of its file entry, in the partition.
  public let entryBlock: UInt32

  /// The block of its file entry.
  public var identity: UInt64 { UInt64(entryBlock) }
}

/// The files of a UDF volume.
public struct UDFTree: FileTree {
  /// The image.
  public let bytes: any RandomAccessBytes
  /// The directory that all paths begin at.
  public let root: UDFNode
  /// Where the partition begins, in bytes.
  let partitionStart: UInt64
  /// The size of a logical block, in bytes.
  let blockSize: UInt64

  /// Opens the tree whose root has its file entry in a block of the partition.
  init(_ bytes: any RandomAccessBytes, partitionStart: UInt64, blockSize: UInt64, rootBlock: UInt32) {
    self.bytes = bytes
    self.partitionStart = partitionStart
    self.blockSize = blockSize
    root = UDFNode(name: "", isDirectory: true, isHidden: false, entryBlock: rootBlock)
  }

  /// The bytes of a file.
  public func contents(of file: UDFNode) throws(FormatError) -> ExtentBytes {
    try fileEntry(at: file.entryBlock).contents
  }

  /// Where a block of the partition begins, in bytes of the image.
  func offset(ofBlock block: UInt32) -> UInt64 {
    partitionStart + UInt64(block) * blockSize
  }

  /// Reads a file entry, which says where the data of a file lies.
  func fileEntry(at block: UInt32) throws(FormatError) -> UDFFileEntry {
    try UDFFileEntry(reading: self, block: block)
  }

  /// Reads one directory: a file of File Identifier Descriptors (ECMA-167 4/14.4).
  public func listing(of directory: UDFNode) throws(FormatError) -> DirectoryListing<UDFNode> {
    var listing = DirectoryListing<UDFNode>()
    let place = offset(ofBlock: directory.entryBlock)
    let data: ExtentBytes
    do throws(FormatError) {
      data = try fileEntry(at: directory.entryBlock).contents
    } catch {
      guard case .unreadable = error else {
        listing.anomalies.append(TreeAnomaly(.badTag, at: place))
        return listing
      }
      throw error
    }
    if data.isTruncated { listing.anomalies.append(TreeAnomaly(.extentBeyondEnd, at: place)) }
    if data.byteCount > UInt64(FileTreeLimits.bytesPerDirectory) {
      listing.anomalies.append(TreeAnomaly(.tooManyNodes, at: place))
    }
    let end = min(data.byteCount, UInt64(FileTreeLimits.bytesPerDirectory))
    var window = DirectoryWindow(data, end: end)
    var position: UInt64 = 0
    while position < end, listing.nodes.count < FileTreeLimits.nodesPerDirectory {
      guard let record = try window.record(at: position), let tag = UDFTag(record),
        tag.identifier == UDFTag.fileIdentifier, let length = Self.length(of: record)
      else {
        listing.anomalies.append(TreeAnomaly(.badTag, at: place))
        break
      }
      position += UInt64(length)
      if let node = Self.node(of: record) { listing.nodes.append(node) }
    }
    return listing
  }

  /// 38 bytes, implementation use, identifier, padded to a multiple of 4.
  private static func length(of record: ByteReader) -> Int? {
    guard let name = try? record.byte(at: 19), let use: UInt16 = try? record.littleEndian(at: 36) else {
      return nil
    }
    return (38 + Int(use) + Int(name) + 3) / 4 * 4
  }

  /// The node of a record; nil for the parent and for what was deleted.
  private static func node(of record: ByteReader) -> UDFNode? {
    guard let flags = try? record.byte(at: 18), flags & 0x0C == 0,
      let nameLength = try? Int(record.byte(at: 19)),
      let use: UInt16 = try? record.littleEndian(at: 36),
      let name = try? record.bytes(at: 38 + Int(use), count: nameLength),
      let block: UInt32 = try? record.littleEndian(at: 24)
    else { return nil }
    return UDFNode(
      name: UDFText.decode(name[...]), isDirectory: flags & 0x02 != 0, isHidden: flags & 0x01 != 0,
      entryBlock: block)
  }
}

/// The part of a directory that is in memory: 64 KiB, so that a long one costs few reads.
private struct DirectoryWindow {
  private let data: ExtentBytes
  private let end: UInt64
  private var start: UInt64 = 0
  private var chunk: [UInt8] = []
  private static let chunkSize = 64 << 10
  /// The longest record: 38 bytes, 255 of identifier and an honest amount of implementation use.
  private static let recordLimit = 4096

  init(_ data: ExtentBytes, end: UInt64) {
    self.data = data
    self.end = end
  }

  /// Up to 4096 bytes from a position on; nil where the image ends before.
  mutating func record(at position: UInt64) throws(FormatError) -> ByteReader? {
    let wanted = min(UInt64(Self.recordLimit), end - position)
    if position < start || position + wanted > start + UInt64(chunk.count) {
      do throws(ByteReadError) {
        chunk = try data.bytes(at: position, count: Int(min(UInt64(Self.chunkSize), end - position)))
      } catch {
        guard case .outOfBounds = error else { throw FormatError(error) }
        return nil
      }
      start = position
    }
    let first = Int(position - start)
    return ByteReader(Array(chunk[first..<(first + Int(wanted))]))
  }
}
