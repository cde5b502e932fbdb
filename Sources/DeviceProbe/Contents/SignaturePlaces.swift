/// Where libblkid looks for signatures: it reads them one by one, in no order, some forty blocks of every disk.
///
/// Only advice follows from it: a place that is missing here is waited for.
enum SignaturePlaces {
  /// The beginning, which it reads as a whole, in bytes.
  private static let head: UInt64 = 260 << 10
  /// Larger super blocks and backups of them, in bytes from the beginning.
  private static let inside: [UInt64] = [512 << 10, 1 << 20, 2 << 20, 4 << 20]
  /// Where arrays keep what they know, in sectors of 512 bytes from the end: the last page, md, DDF, Silicon Image
  /// and others, and from 399 on Promise (`promise_raid.c`).
  private static let sectorsFromEnd: [UInt64] = [
    1, 16, 63, 128, 255, 257, 399, 591, 675, 735, 911, 951, 974, 991, 3087,
  ]
  /// What the kernel reads at least, in bytes.
  private static let page: UInt64 = 4096

  /// The byte ranges of a disk of some size, in whole pages; all of it where it is small.
  static func ranges(in byteCount: UInt64) -> [Range<UInt64>] {
    guard byteCount > head + page else { return [0..<byteCount] }
    let places = inside + sectorsFromEnd.compactMap { $0 * 512 < byteCount ? byteCount - $0 * 512 : nil }
    let pages = Set(places.map { $0 / page * page }.filter { $0 >= head && $0 < byteCount })
    return [0..<head] + pages.sorted().map { $0..<min($0 + page, byteCount) }
  }
}
