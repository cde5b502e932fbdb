import BlockIO
import DiskFormats

/// Runs the detectors one after the other; what one cannot read does not keep the next from looking.
struct Inspection {
  let bytes: CachedBytes
  private(set) var facts: BootFacts

  /// - Parameter seenByteCount: how many bytes from the start can be looked at; nil for all of them.
  init(_ source: any RandomAccessBytes, seenByteCount: UInt64? = nil) {
    bytes = CachedBytes(source)
    facts = BootFacts(byteCount: source.byteCount)
    facts.seenByteCount = seenByteCount
  }

  /// Collects every fact.
  ///
  /// The order matters where a detector uses what an earlier one found: the catalog's images, for instance.
  mutating func run() throws(InspectionError) {
    try attempt(ContentDetector.detect)
    guard facts.content.mayBeMedium else { return }
    try attempt(OpticalDetector.detect)
    try attempt(CatalogDetector.detect)
    try attempt(GPTDetector.detect)
    try attempt(MBRDetector.detect)
    try attempt(LogicalChainDetector.detect)
    try attempt(APMDetector.detect)
    try attempt(FATVolumeDetector.detect)
    try attempt(NestedDetector.detect)
    try attempt(TreeDetector.detect)
    if let available = bytes.shrunkTo { facts.obstacles.append(.shrunk(available: available)) }
  }

  private mutating func attempt(
    _ detect: (CachedBytes, inout BootFacts) throws(FormatError) -> Void
  ) throws(InspectionError) {
    do throws(FormatError) {
      try detect(bytes, &facts)
    } catch {
      guard case .unreadable(let reason) = error else { return }
      switch reason {
      case .system(let call, let offset): throw .unreadable(call, offset: offset)
      case .budgetExhausted where !facts.obstacles.contains(.budgetExhausted):
        facts.obstacles.append(.budgetExhausted)
      case .notLookedAt: facts.isBlind = true
      case .budgetExhausted, .outOfBounds: break
      }
    }
  }
}

extension LeadingContent {
  /// Whether it makes sense to look for boot structures.
  var mayBeMedium: Bool {
    switch self {
    case .fileSystem, .unknown: true
    case .empty, .tooShort, .zeroes, .compressed, .container, .document: false
    }
  }
}

extension FormatError {
  /// Whether it is the fault of the medium or the budget, and not of what was read.
  var isReadFailure: Bool {
    if case .unreadable = self { true } else { false }
  }
}

/// The value of a parser, or nil where the content is not what it takes.
///
/// Only failures to read go on to the caller.
func unlessMalformed<Value>(_ parse: () throws(FormatError) -> Value) throws(FormatError) -> Value? {
  do throws(FormatError) {
    return try parse()
  } catch {
    guard !error.isReadFailure else { throw error }
    return nil
  }
}
