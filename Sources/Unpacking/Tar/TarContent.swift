/// What a member consists of: data that is stored, and zeros that are not.
struct TarContent {
  /// The length of the file, in bytes.
  let byteCount: UInt64
  private var fragments: ArraySlice<TarFragment>
  private var place: UInt64 = 0

  /// A file without holes.
  init(byteCount: UInt64) {
    self.byteCount = byteCount
    fragments = [TarFragment(offset: 0, byteCount: byteCount)]
  }

  /// A file of parts; nil where they overlap, lie outside of it, or are not what is stored.
  init?(_ fragments: [TarFragment], byteCount: UInt64, stored: UInt64) {
    var (end, sum): (UInt64, UInt64) = (0, 0)
    for fragment in fragments {
      let (next, overflows) = fragment.offset.addingReportingOverflow(fragment.byteCount)
      guard !overflows, fragment.offset >= end, next <= byteCount else { return nil }
      end = next
      sum += fragment.byteCount
    }
    guard sum == stored else { return nil }
    self.byteCount = byteCount
    self.fragments = fragments[...]
  }

  /// The next bytes of one kind, no more than a limit; nil at the end.
  mutating func take(_ limit: Int) -> (count: Int, isData: Bool)? {
    while let first = fragments.first, first.offset + first.byteCount <= place { fragments.removeFirst() }
    guard place < byteCount else { return nil }
    let next = fragments.first
    let isData = next.map { $0.offset <= place } ?? false
    let end = next.map { isData ? $0.offset + $0.byteCount : $0.offset } ?? byteCount
    let count = Int(min(UInt64(limit), end - place))
    place += UInt64(count)
    return (count, isData)
  }
}
