import BlockIO

extension ExFATVolume {
  /// Where the root directory lies, in bytes of the volume, as far as its chain can be followed.
  var rootRanges: [Range<UInt64>] {
    let size = UInt64(boot.bytesPerCluster)
    return rootClusters.compactMap { cluster in boot.offset(ofCluster: cluster).map { $0..<($0 + size) } }
  }

  /// Where the table, the bitmap and the root directory hold what leads to files that are there, sorted, in bytes of
  /// the volume; nil where that is too much for a glance.
  ///
  /// Whatever else a system puts onto the volume, it leaves these as they are. Left out are the entry of the root's
  /// last cluster, behind which the root grows; times of the last access (16, four bytes, and 24) with the checksum
  /// over them (2, two bytes); and bytes of the bitmap that are not all ones.
  /// Source: Microsoft, exFAT file system specification, sections 4.1, 7.1.5 and 7.4.
  public var namingRanges: [Range<UInt64>]? {
    let count = (UInt64(boot.clusterCount) + 2) * 4
    guard count <= UInt64(SurveyLimits.bytesPerNamingTable),
      let table = try? bytes.reader(at: boot.tableOffset(ofCluster: 0), count: Int(count)).bytes,
      let (root, bitmap) = namingRangesOfRoot
    else { return nil }
    let last = rootClusters.last
    let entries = Self.runs(in: 2..<(Int(boot.clusterCount) + 2)) { cluster in
      cluster != last.map(Int.init) && table[(cluster * 4)..<(cluster * 4 + 4)].contains { $0 != 0 }
    }
    let start = boot.tableOffset(ofCluster: 0)
    let ranges =
      entries.map { (start + UInt64($0.lowerBound) * 4)..<(start + UInt64($0.upperBound) * 4) } + root
      + bitmap
    guard ranges.count <= SurveyLimits.namingRanges else { return nil }
    return ranges.sorted { $0.lowerBound < $1.lowerBound }
  }

  private var rootClusters: [UInt32] {
    var clusters: [UInt32] = []
    var cluster = boot.rootCluster
    let limit = max(1, SurveyLimits.bytesPerDirectory / boot.bytesPerCluster)
    while clusters.count < limit, boot.offset(ofCluster: cluster) != nil {
      clusters.append(cluster)
      guard let next = try? bytes.reader(at: boot.tableOffset(ofCluster: cluster), count: 4),
        let value: UInt32 = try? next.littleEndian(at: 0)
      else { break }
      cluster = value
    }
    return clusters
  }

  /// What the root directory holds, and where the bitmap that it names is full.
  private var namingRangesOfRoot: (root: [Range<UInt64>], bitmap: [Range<UInt64>])? {
    var root: [Range<UInt64>] = []
    var bitmap: [Range<UInt64>]?
    for range in rootRanges {
      let count = min(range.count, SurveyLimits.bytesPerDirectory)
      guard let content = try? bytes.bytes(at: range.lowerBound, count: count) else { return nil }
      for place in stride(from: 0, to: content.count - 31, by: 32) {
        let type = content[place]
        guard type != 0 else { return (root, bitmap ?? []) }
        guard type & 0x80 != 0 else { continue }
        let start = range.lowerBound + UInt64(place)
        let parts = type == 0x85 ? [0..<2, 4..<16, 20..<24, 25..<32] : [0..<32]
        root += parts.map { (start + UInt64($0.lowerBound))..<(start + UInt64($0.upperBound)) }
        guard root.count <= SurveyLimits.namingRanges else { return nil }
        if type == 0x81, bitmap == nil { bitmap = fullRanges(ofBitmapAt: ByteReader(content), place) }
      }
      guard count == range.count else { return nil }
    }
    return (root, bitmap ?? [])
  }

  private func fullRanges(ofBitmapAt directory: ByteReader, _ place: Int) -> [Range<UInt64>] {
    guard let first: UInt32 = try? directory.littleEndian(at: place + 20),
      let start = boot.offset(ofCluster: first),
      let content = try? bytes.prefixReader(
        at: start, upTo: min(Int(boot.clusterCount) / 8, SurveyLimits.bytesPerBitmap)
      ).bytes
    else { return [] }
    return Self.runs(in: content.indices) { content[$0] == 0xFF }
      .map { (start + UInt64($0.lowerBound))..<(start + UInt64($0.upperBound)) }
  }

  /// The runs of numbers of which something is true.
  private static func runs(in numbers: Range<Int>, where isTrue: (Int) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for number in numbers where isTrue(number) {
      if let last = runs.last, last.upperBound == number {
        runs[runs.count - 1] = last.lowerBound..<(number + 1)
      } else {
        runs.append(number..<(number + 1))
        guard runs.count <= SurveyLimits.namingRanges else { break }
      }
    }
    return runs
  }
}
