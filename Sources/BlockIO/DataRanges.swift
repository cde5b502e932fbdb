import CLinuxBlock
import Glibc
import SystemPackage

extension OwnedDescriptor {
  /// The parts of a file that its file system keeps something for, ascending; the others are holes, and read as zeros.
  ///
  /// A file system that knows no holes says that all of it is one part. The corresponding C function is `lseek`.
  /// - Parameters:
  ///   - end: where to stop, in bytes.
  ///   - limit: how many parts there may be.
  /// - Returns: nil where there are more.
  public func dataRanges(upTo end: UInt64, limit: Int) throws(SystemCallError) -> [Range<UInt64>]? {
    var parts: [Range<UInt64>] = []
    var position: UInt64 = 0
    while position < end, let start = try seek(clb_SEEK_DATA, from: position), start < end {
      guard parts.count < limit else { return nil }
      // There is a hole behind the last byte of every file.
      let next = min(try seek(clb_SEEK_HOLE, from: start) ?? end, end)
      // A file that is changed meanwhile must not keep this going for ever.
      guard start >= position, next > start else { break }
      parts.append(start..<next)
      position = next
    }
    return parts
  }

  /// - Returns: nil where nothing of the kind follows.
  private func seek(_ kind: CInt, from offset: UInt64) throws(SystemCallError) -> UInt64? {
    let place = lseek(rawValue, off_t(offset), kind)
    guard place < 0 else { return UInt64(place) }
    if Glibc.errno == ENXIO { return nil }
    throw SystemCallError(call: "lseek", errno: Errno(rawValue: Glibc.errno))
  }
}
