import BlockIO

/// Follows chains of clusters through the allocation table, a window of it in memory at a time.
struct FATClusterChain {
  /// Clusters that lie one behind the other.
  struct Run: Hashable, Sendable {
    var first: UInt32
    var count: UInt32
  }

  private let bytes: any RandomAccessBytes
  private let boot: FATBootSector
  private var window = ByteReader([])

  init(_ bytes: any RandomAccessBytes, _ boot: FATBootSector) {
    self.bytes = bytes
    self.boot = boot
  }

  /// The runs of a chain, up to `limit` clusters, and what was wrong with it.
  ///
  /// A chain that ends before the limit is not wrong here: the caller knows how long it must be.
  /// A cluster that the table calls free belongs to no chain, unless it is the last that is asked for.
  mutating func runs(from start: UInt32, limit: UInt64) -> (runs: [Run], damage: FormatError?) {
    var runs: [Run] = []
    var cluster = start
    // Brent's: a cluster that comes back is caught within three times the length of the circle.
    var (anchor, steps, power) = (start, UInt64(0), UInt64(1))
    while steps < limit {
      guard boot.offset(ofCluster: cluster) != nil else {
        return (runs, .invalid(.fat, field: "cluster", value: UInt64(cluster), offset: boot.tableOffset))
      }
      if let last = runs.last, last.first + last.count == cluster {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(Run(first: cluster, count: 1))
      }
      steps += 1
      do {
        cluster = try next(after: cluster)
      } catch {
        return (runs, error)
      }
      if isEnd(cluster) { return (runs, nil) }
      if cluster == 0, steps < limit {
        runs[runs.count - 1].count -= 1
        if runs[runs.count - 1].count == 0 { runs.removeLast() }
        return (runs, .invalid(.fat, field: "cluster", value: 0, offset: boot.tableOffset))
      }
      if cluster == anchor {
        let place = boot.offset(ofCluster: cluster) ?? boot.tableOffset
        return (runs, .limitExceeded(.fat, what: "clusters in a circle", limit: steps, offset: place))
      }
      if steps == power { (anchor, power) = (cluster, power * 2) }
    }
    return (runs, nil)
  }

  private func isEnd(_ value: UInt32) -> Bool {
    switch boot.kind {
    case .fat12: value >= 0xFF8
    case .fat16: value >= 0xFFF8
    case .fat32: value >= 0x0FFF_FFF8
    }
  }

  /// The entry of the first allocation table for a cluster that exists.
  private mutating func next(after cluster: UInt32) throws(FormatError) -> UInt32 {
    let bit = UInt64(cluster) * boot.kind.entryBitCount
    let offset = boot.tableOffset + bit / 8
    switch boot.kind {
    case .fat12:
      let pair = try entry(UInt16.self, at: offset)
      return UInt32(bit % 8 == 0 ? pair & 0xFFF : pair >> 4)
    case .fat16: return UInt32(try entry(UInt16.self, at: offset))
    case .fat32: return try entry(UInt32.self, at: offset) & 0x0FFF_FFFF
    }
  }

  private mutating func entry<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type, at offset: UInt64
  ) throws(FormatError) -> Number {
    let size = UInt64(Number.bitWidth / 8)
    let end = window.base + UInt64(window.count)
    if offset < window.base || offset + size > end {
      window = try bytes.prefixReader(at: offset, upTo: 4096)
    }
    return try window.littleEndian(at: Int(offset - window.base))
  }
}
