/// What is wrong with a place of a medium.
public enum SurfaceFault: Hashable, Sendable {
  /// The medium refused to write it.
  case unwritable
  /// The medium refused to read it, or ended before it.
  case unreadable
  /// It holds what was written so many bytes further on: both places are the same memory.
  case stray(distance: Int64)
  /// It holds what an earlier test has written.
  case stale
  /// It holds zeros instead.
  case zeros
  /// It holds what was written, with some of it changed.
  case damaged
  /// It holds something else.
  case lost
}

/// What is known of a medium, from its first byte on; bounded in memory however much is wrong.
public struct SurfaceMap: Hashable, Sendable {
  /// A run of bytes with the same fault.
  public struct Place: Hashable, Sendable {
    /// The bytes.
    public var range: Range<UInt64>
    /// What is wrong with them.
    public let fault: SurfaceFault
  }

  /// How many bytes were looked at.
  public private(set) var testedByteCount: UInt64 = 0
  /// How many of them could be read.
  public private(set) var readByteCount: UInt64 = 0
  /// How many of those looked at are as they have to be.
  public private(set) var intactByteCount: UInt64 = 0
  /// The first places that are not, at most ``listedPlaces``.
  public private(set) var faults: [Place] = []
  /// How many there are in all.
  public private(set) var faultCount = 0
  /// How many bytes of them hold what belongs elsewhere.
  public private(set) var strayByteCount: UInt64 = 0
  /// The greatest common divisor of the distances between places that are the same memory, in bytes; 0 without any.
  public private(set) var strayStride: UInt64 = 0
  /// The first byte that is not as it has to be.
  public private(set) var firstFault: UInt64?
  /// Where the last run of intact bytes ends.
  public private(set) var lastIntactEnd: UInt64 = 0
  /// The end of what was looked at.
  public private(set) var end: UInt64 = 0
  private var last: Place?
  /// What was known where the last run of intact bytes begins, unless it is the first one.
  private var beforeIntact: [SurfaceMap] = []

  /// How many places are listed at most.
  public static let listedPlaces = 64

  /// Nothing looked at.
  public init() {}

  /// Whether everything that was looked at is as it has to be.
  public var isIntact: Bool { faultCount == 0 }
  /// How many bytes are not as they have to be.
  public var faultyByteCount: UInt64 { testedByteCount - intactByteCount }
  /// Adds what was found in the bytes that follow.
  /// - Parameters:
  ///   - fault: nil where they are as they have to be.
  ///   - isRead: false where they could not be read, and something else is the fault.
  mutating func append(_ range: Range<UInt64>, _ fault: SurfaceFault?, isRead: Bool = true) {
    guard !range.isEmpty else { return }
    guard let fault else {
      if last != nil { beforeIntact = [snapshot] }
      testedByteCount += UInt64(range.count)
      readByteCount += UInt64(range.count)
      end = range.upperBound
      intactByteCount += UInt64(range.count)
      lastIntactEnd = range.upperBound
      last = nil
      return
    }
    testedByteCount += UInt64(range.count)
    if isRead, fault != .unreadable { readByteCount += UInt64(range.count) }
    end = range.upperBound
    firstFault = firstFault ?? range.lowerBound
    if case .stray(let distance) = fault {
      strayByteCount += UInt64(range.count)
      strayStride = Self.greatestCommonDivisor(strayStride, distance.magnitude)
    }
    extendFaults(range, fault)
  }

  private mutating func extendFaults(_ range: Range<UInt64>, _ fault: SurfaceFault) {
    if let open = last, open.fault == fault, open.range.upperBound == range.lowerBound {
      last = Place(range: open.range.lowerBound..<range.upperBound, fault: fault)
      if faultCount == faults.count {
        faults[faults.count - 1].range = open.range.lowerBound..<range.upperBound
      }
      return
    }
    let place = Place(range: range, fault: fault)
    last = place
    faultCount += 1
    if faults.count < Self.listedPlaces { faults.append(place) }
  }

  /// What is known without the last run of intact bytes; nil where that goes on from the first byte, or where faults
  /// follow it.
  var beforeLastIntact: SurfaceMap? { end == lastIntactEnd ? beforeIntact.first : nil }

  private var snapshot: SurfaceMap {
    var copy = self
    copy.beforeIntact = []
    return copy
  }

  /// The greatest common divisor of two numbers; of 0 and another one, that one.
  static func greatestCommonDivisor(_ left: UInt64, _ right: UInt64) -> UInt64 {
    var (left, right) = (left, right)
    while right != 0 { (left, right) = (right, left % right) }
    return left
  }
}
