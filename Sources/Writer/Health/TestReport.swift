public import BlockIO
public import DeviceSafety

/// How a medium is tested.
public enum TestMode: String, Hashable, Sendable {
  /// All of it is written and read; what was on it is lost.
  case full
  /// Some places are written and read, and put back as they were.
  case quick
  /// All of it is read.
  case readOnly = "read-only"
}

/// Why a test ended before its time.
public enum TestStop: Error, Hashable, Sendable {
  /// It was cancelled.
  case cancelled
  /// The device failed as a whole; the offset in bytes where one is known.
  case device(SystemCallError, during: DeviceOperation, offset: UInt64?)
  /// The target is no longer the one that was confirmed.
  case identity(RecheckError)
  /// So many requests failed that nothing but more of them was to be expected.
  case gaveUp(failures: Int)
  /// What was saved could not be noted as needed.
  case journal(SystemCallError)
  /// It has no place that a quick test could mark.
  case tooSmall
}

/// In what state a test leaves a medium.
public enum TestedState: Hashable, Sendable {
  /// Nothing was written.
  case untouched
  /// What was on it is gone; both ends were read back as zeros.
  case blank
  /// What was on it is gone, and whether its ends are zero could not be established.
  case unknown
  /// Everything that was written is as it was before, and was read back.
  case restored
  /// These places could not be put back.
  case notRestored([Range<UInt64>])
}

/// How much a medium holds in truth.
public enum TrueSize: Hashable, Sendable {
  /// Nothing speaks against what it claims.
  case asClaimed
  /// So many bytes: what is written further on overwrites what lies that much before it.
  case wraps(at: UInt64)
  /// So many bytes from the first one on; it loses what is written further on.
  case ends(at: UInt64)
  /// It gives one memory out as several, or forgets what it keeps: so many bytes were there at the same time.
  case keeps(UInt64)
  /// At least so many bytes, and fewer than that.
  case between(UInt64, UInt64)
}

/// What a test has found; so far, where it was stopped.
public struct TestReport: Hashable, Sendable {
  /// How it was tested.
  public let mode: TestMode
  /// What the medium claims to hold, in bytes.
  public let claimedByteCount: UInt64
  /// Why the test ended before its time; nil where it did not.
  public var stop: TestStop?
  /// What is known of the medium; empty where nothing was read back.
  public var surface = SurfaceMap()
  /// How much it holds in truth, as far as that is known.
  public var size = TrueSize.asClaimed
  /// How many bytes were written without an error.
  public var writtenByteCount: UInt64 = 0
  /// How many bytes were written after each place at the least before that was read.
  ///
  /// No smaller cache of what was written last can have pretended to be memory. 0 where the medium is known to be
  /// smaller than it claims.
  public var drivenByteCount: UInt64 = 0
  /// How many bytes from the first on were searched for what was written elsewhere.
  public var searchedByteCount: UInt64 = 0
  /// How many places were marked; 0 unless the test was a quick one.
  public var markCount = 0
  /// How fast it was written, along the medium.
  public var writeRates: [RateSample] = []
  /// How fast it was read, along the medium.
  public var readRates: [RateSample] = []
  /// How long it was written.
  public var writing = Duration.zero
  /// How long it was read.
  public var reading = Duration.zero
  /// How many requests failed and succeeded only when they were made again, most of them in smaller pieces.
  public var repeatedCount = 0
  /// In what state the medium is left.
  public var state = TestedState.untouched
  /// Whether the kernel has read the partition table that is there now.
  public var partitionsPublished = true

  init(_ mode: TestMode, claimed: UInt64) {
    self.mode = mode
    claimedByteCount = claimed
  }

  /// Whether anything that was found speaks against the medium.
  public var isBad: Bool {
    !surface.isIntact || size != .asClaimed || hasGivenUp || repeatedCount > 0 || state == .unknown
  }
  /// Whether the medium failed too often to be tested to the end.
  public var hasGivenUp: Bool { if case .gaveUp? = stop { true } else { false } }
}

extension SurfaceMap {
  /// How much a medium holds of which all was written, and then read from the first byte on.
  /// - Parameter capacity: what it claims, in bytes.
  func trueSize(claimed capacity: UInt64) -> TrueSize {
    guard !isIntact else { return .asClaimed }
    if strayByteCount > 0 {
      // Before all of it was read, only that is known.
      guard end == capacity else { return .between(0, capacity) }
      // Each cell of the memory gives back what was written to it last, at one address only.
      return intactByteCount == strayStride ? .wraps(at: strayStride) : .keeps(intactByteCount)
    }
    // What is kept beyond what is lost makes single places of it; what is lost up to the end was never there.
    return end == capacity && Self.isShort(lastIntactEnd, of: capacity)
      ? .ends(at: lastIntactEnd) : .asClaimed
  }

  /// Whether a medium that keeps so many bytes lacks more than bad blocks at its end would explain: those that lie
  /// about their size lie by far more.
  static func isShort(_ kept: UInt64, of capacity: UInt64) -> Bool { capacity - kept > capacity / 256 }
}
