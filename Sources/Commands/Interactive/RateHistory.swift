/// How fast bytes moved from the beginning of a phase on, in spans of equal length.
///
/// Bounded: when there are too many spans, two become one.
struct RateHistory: Hashable, Sendable {
  private var spans: [UInt64] = []
  /// The length of a span in milliseconds.
  private var length: Int64 = 500
  private var start: Duration?
  private var last: UInt64 = 0

  private static let mostSpans = 512

  /// Takes how much is done at a moment; what moved since the last one counts for the span that it is in now.
  mutating func add(_ done: UInt64, at now: Duration) {
    let start = start ?? now
    self.start = start
    let elapsed = max(0, (now - start).milliseconds)
    while Int(elapsed / length) >= Self.mostSpans { halve() }
    let index = Int(elapsed / length)
    while spans.count <= index { spans.append(0) }
    spans[index] += done - min(last, done)
    last = done
  }

  private mutating func halve() {
    spans = stride(from: 0, to: spans.count, by: 2).map {
      spans[$0] + ($0 + 1 < spans.count ? spans[$0 + 1] : 0)
    }
    length *= 2
  }

  /// The rates in bytes a second, from the beginning to now, in so many columns or fewer.
  ///
  /// The last span is not over: it is left out as long as there are others.
  func rates(columns: Int) -> [Double] {
    let whole = spans.count > 1 ? spans.dropLast() : spans[...]
    guard !whole.isEmpty, columns > 0 else { return [] }
    let seconds = Double(length) / 1000
    guard whole.count > columns else { return whole.map { Double($0) / seconds } }
    return (0..<columns).map { column in
      let (first, end) = (column * whole.count / columns, (column + 1) * whole.count / columns)
      return Double(whole[first..<end].reduce(0, +)) / (Double(end - first) * seconds)
    }
  }
}

extension Duration {
  fileprivate var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
