/// Runs of bytes with what is wrong with them, in order; as many as there are changes of it.
struct SurfaceSegments: Sendable {
  /// A run of bytes with what is wrong with it.
  typealias Segment = (range: Range<UInt64>, fault: SurfaceFault?)

  private(set) var all: [Segment] = []

  /// Whether some of them could not be read.
  var hasUnreadable: Bool { all.contains { $0.fault == .unreadable } }

  /// Adds the run that follows.
  mutating func append(_ range: Range<UInt64>, _ fault: SurfaceFault?) {
    guard !range.isEmpty else { return }
    if let last = all.last, last.fault == fault, last.range.upperBound == range.lowerBound {
      all[all.count - 1].range = last.range.lowerBound..<range.upperBound
    } else {
      all.append((range, fault))
    }
  }

  /// Adds the runs that follow.
  mutating func append(_ others: SurfaceSegments) {
    for segment in others.all { append(segment.range, segment.fault) }
  }
}
