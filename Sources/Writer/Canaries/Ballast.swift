import BlockIO

/// What is written after everything that is to be proven, to drive that out of a cache that pretends to be memory (R43).
///
/// It lies as close to the end as it can: some fakes keep in their cache whatever was written last, others only what
/// they have no memory for, and that is the end whatever their size is.
enum Ballast {
  /// More than such caches have: f3 measured 8 KiB for random and 4 MiB for sequential requests.
  static let byteCount: UInt64 = 8 << 20

  /// An image of this many bytes or more has none: it would take a good part of a percent longer, and what such a
  /// cache holds of it at most is a small part.
  static let largestImage: UInt64 = 256 << 20

  /// Where an image leaves room for it.
  /// - Parameters:
  ///   - imageEnd: where the image ends, in bytes; nil where that is not known.
  ///   - besides: what has to stay as it is, ascending and disjoint.
  static func places(
    behind imageEnd: UInt64?, capacity: UInt64, _ alignment: Int, besides: [Range<UInt64>]
  ) -> [Range<UInt64>] {
    let end = imageEnd ?? 0
    let edge = WritePlan.edgeByteCount
    guard end < largestImage, max(end, edge) < capacity else { return [] }
    return runs(of: byteCount, in: max(end, edge)..<capacity, alignment, besides: besides)
  }

  /// The last so many bytes of a part of a medium, in whole blocks.
  static func runs(
    of byteCount: UInt64, in part: Range<UInt64>, _ alignment: Int, besides: [Range<UInt64>]
  ) -> [Range<UInt64>] {
    let block = UInt64(alignment)
    let start = part.lowerBound.rounded(upTo: block)
    let whole = start..<max(part.upperBound.rounded(downTo: block), start)
    var (runs, missing) = ([Range<UInt64>](), byteCount.rounded(downTo: block))
    for run in [whole].subtracting(besides).reversed() where missing > 0 {
      let start = run.lowerBound.rounded(upTo: block)
      let end = run.upperBound.rounded(downTo: block)
      guard start < end else { continue }
      let taken = min(end - start, missing)
      runs.append((end - taken)..<end)
      missing -= taken
    }
    return runs.reversed()
  }
}
