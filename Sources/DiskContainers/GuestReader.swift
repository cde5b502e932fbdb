import BlockIO
import Decompression

/// Reads the bytes of a disk where its map says that they are.
struct GuestReader: Sendable {
  private var map: any GuestMap
  private var metadata: MetadataReader
  /// The clusters that were unpacked last, the newest one at the end.
  private var unpacked: [Unpacked] = []

  private struct Unpacked {
    var cluster: PackedCluster
    var bytes: [UInt8]
    var isChecked: Bool
  }

  /// How many of them are kept, in bytes; one longer piece is kept alone.
  private static let keptByteCount = 8 << 20

  init(_ map: any GuestMap, _ metadata: MetadataReader) {
    self.map = map
    self.metadata = metadata
  }

  /// The length of the container in bytes.
  var fileByteCount: UInt64 { metadata.byteCount }

  /// What must not be given away twice; nil where that cannot happen.
  func ledger() throws(ContainerError) -> AllocationLedger? {
    guard let unit = map.allocationUnit else { return nil }
    return try AllocationLedger(fileByteCount: metadata.byteCount, unit: unit, reserved: map.reserved)
  }

  /// What the disk has from an offset on, no further than its end.
  mutating func extent(at offset: UInt64) throws(ContainerError) -> GuestExtent {
    var extent = try map.extent(at: offset, in: &metadata)
    extent.byteCount = min(extent.byteCount, map.byteCount - offset)
    return extent
  }

  /// Bytes of a stored piece.
  func stored(at offset: UInt64, count: Int) throws(ContainerError) -> [UInt8] {
    try MetadataReader.bytes(of: metadata.file, at: offset, count: count, .data)
  }

  /// Bytes of a packed cluster.
  /// - Returns: the bytes, and whether raw sectors among them had their checksums.
  mutating func unpacked(
    _ cluster: PackedCluster, _ range: Range<Int>
  ) throws(ContainerError) -> (bytes: ArraySlice<UInt8>, isChecked: Bool) {
    let known: Unpacked
    if let kept = unpacked.last(where: { $0.cluster == cluster }) {
      known = kept
    } else {
      known = try keep(cluster)
    }
    guard range.upperBound <= known.bytes.count else { throw .damaged(.data, offset: cluster.offset) }
    return (known.bytes[range], known.isChecked)
  }

  private mutating func keep(_ cluster: PackedCluster) throws(ContainerError) -> Unpacked {
    // Given back before the next one is taken.
    while !unpacked.isEmpty, unpacked.reduce(cluster.byteCount, { $0 + $1.bytes.count }) > Self.keptByteCount
    {
      unpacked.removeFirst()
    }
    let content = try content(of: cluster)
    let new = Unpacked(cluster: cluster, bytes: content.bytes, isChecked: content.isChecked)
    unpacked.append(new)
    return new
  }

  private func content(of cluster: PackedCluster) throws(ContainerError) -> (bytes: [UInt8], isChecked: Bool)
  {
    let packed = try stored(at: cluster.offset, count: cluster.packedByteCount)
    switch cluster.method {
    case .sectors(let first): return try RawSector.data(of: packed, at: cluster.offset, from: first)
    case .piece(let method, let mayGoOn):
      do throws(DecodingError) {
        let bytes = try method.unpack(packed, byteCount: cluster.byteCount, mayGoOn: mayGoOn)
        return (bytes, true)
      } catch {
        switch error {
        case .outOfMemory: throw .outOfMemory
        case .checksumWrong: throw .checksumWrong(.data, offset: cluster.offset)
        case .memoryLimit, .windowTooLarge, .unsupported: throw .needs(.method)
        case .corrupt, .truncated, .trailingGarbage, .empty: throw .damaged(.data, offset: cluster.offset)
        }
      }
    }
  }

  /// Bytes from any place, for those who look at the disk.
  mutating func bytes(at offset: UInt64, count: Int) throws(ContainerError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    while result.count < count {
      let extent = try extent(at: offset + UInt64(result.count))
      let wanted = Int(min(extent.byteCount, UInt64(count - result.count)))
      switch extent.content {
      case .zeros, .unused: result += [UInt8](repeating: 0, count: wanted)
      case .stored(let place): result += try stored(at: place, count: wanted)
      case .packed(let cluster, let from): result += try unpacked(cluster, from..<from + wanted).bytes
      }
    }
    return result
  }
}
