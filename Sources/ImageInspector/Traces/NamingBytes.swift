import BlockIO
import DiskFormats

/// The bytes of a file system that lead to its files, which no mount changes (R46).
///
/// Where a medium has lost one of these, its files are gone with it, though all that differs may lie where mounting
/// leaves its traces.
struct NamingBytes: Hashable, Sendable {
  /// Where they lie, sorted, in bytes of the image.
  let ranges: [Range<UInt64>]
  /// The checksum of all of them, one behind the other.
  let checksum: UInt32

  /// More bytes than this are not read of a medium.
  private static let mostBytes = 2 << 20
  /// So many bytes are read at once.
  private static let windowByteCount: UInt64 = 64 << 10

  /// Takes what was found before.
  init(ranges: [Range<UInt64>], checksum: UInt32) {
    self.ranges = ranges
    self.checksum = checksum
  }

  /// Takes them from an image; nil where they are too many, or cannot be read.
  init?(_ ranges: [Range<UInt64>], of bytes: some RandomAccessBytes) {
    guard
      let checksum = Self.checksum(
        of: ranges, { try? bytes.bytes(at: $0.lowerBound, count: $0.count) })
    else { return nil }
    self.ranges = ranges
    self.checksum = checksum
  }

  /// Whether a medium has them as the image has.
  /// - Parameter read: gives what is in a range of the medium, in bytes; nil where that cannot be read.
  func areThere(_ read: (Range<UInt64>) -> [UInt8]?) -> Bool { Self.checksum(of: ranges, read) == checksum }

  private static func checksum(
    of ranges: [Range<UInt64>], _ read: (Range<UInt64>) -> [UInt8]?
  ) -> UInt32? {
    guard let end = ranges.last?.upperBound else { return 0 }
    var content: [UInt8] = []
    var (start, window) = (UInt64(0), [UInt8]())
    for range in ranges {
      var position = range.lowerBound
      while position < range.upperBound {
        if position < start || position >= start + UInt64(window.count) {
          let wanted = position..<min(position + windowByteCount, max(end, range.upperBound))
          guard let found = read(wanted), found.count == wanted.count else { return nil }
          (start, window) = (position, found)
        }
        let first = Int(position - start)
        let count = min(Int(range.upperBound - position), window.count - first)
        content += window[first..<(first + count)]
        position += UInt64(count)
        guard content.count <= mostBytes else { return nil }
      }
    }
    return CRC32C.checksum(of: content, withZerosAt: 0..<0)
  }
}

extension NamingBytes: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(ranges: try .init(from: &reader), checksum: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    ranges.transfer(to: &bytes)
    checksum.transfer(to: &bytes)
  }
}
