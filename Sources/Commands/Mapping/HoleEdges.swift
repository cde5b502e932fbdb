import BlockMap
import ImageInspector

extension OpenedImage {
  /// What must be zeroed although the map leaves it out: where tools look for super blocks, on the stick and in each
  /// partition that the image's tables make (R37).
  ///
  /// What an older image has left there would shine through the holes of this one, as a file system or as a part of
  /// an array that nobody has written. A look at the old content does not find it: it is in no table any more.
  func holeEdges(_ report: ImageReport) -> [Range<UInt64>] {
    guard let map = map?.map else { return [] }
    let whole = 0..<map.imageByteCount
    let partitions =
      [whole] + report.areas(before: map.imageByteCount).prefix(HoleEdge.areaLimit).map(\.range)
    let edges = partitions.flatMap { partition -> [Range<UInt64>] in
      let head = min(HoleEdge.headByteCount, UInt64(partition.count))
      let tail = min(HoleEdge.tailByteCount, UInt64(partition.count))
      return [
        partition.lowerBound..<(partition.lowerBound + head),
        (partition.upperBound - tail)..<partition.upperBound,
      ]
    }
    let gaps = edges.flatMap(map.gaps)
    // What is mapped of an edge is written afterwards, so that nothing is lost by zeroing all of it.
    return gaps.count > HoleEdge.gapLimit ? edges : gaps
  }
}

private enum HoleEdge {
  /// The last copy of a LUKS2 header begins at 4 MiB; nothing that libblkid looks for lies further from a beginning.
  static let headByteCount: UInt64 = 5 << 20
  /// Promise RAID keeps its record 3087 sectors before the end; nothing lies further from it.
  static let tailByteCount: UInt64 = 2 << 20
  /// A hostile table has any number of partitions.
  static let areaLimit = 256
  /// How many gaps are zeroed one by one: a record for `burin undo` has room for 1024 ranges.
  static let gapLimit = 256
}
