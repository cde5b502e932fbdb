import BlockIO
import Glibc
import SystemPackage

/// How long a disk is borne with that cannot be read everywhere.
public struct Patience: Hashable, Sendable {
  /// How much time failing requests may take before no bad place is looked at more closely.
  public var narrowing: Duration
  /// How much time they may take before the rest is left out unread.
  public var total: Duration

  /// Creates one.
  public init(narrowing: Duration, total: Duration) {
    self.narrowing = narrowing
    self.total = total
  }

  /// 10 and 20 minutes: a dying stick answers for half a minute to each request.
  public static let standard = Patience(narrowing: .seconds(600), total: .seconds(1200))
}

/// Reads a disk in large pieces, and what fails in smaller ones, down to the block.
///
/// What cannot be read is zero in the buffer and noted; nothing else hides it.
struct PatientReader {
  private let disk: any ReadableDisk
  private let patience: Patience
  private let now: @Sendable () -> Duration
  /// From large to small, in bytes: most of a bad place is found in few requests that fail, since those take long.
  private let steps: [Int]
  private var lost = Duration.zero
  /// What could not be read, ascending.
  private(set) var unreadable: [Range<UInt64>] = []

  /// The most parts that are told apart.
  private static let partLimit = 65_536

  init(_ disk: any ReadableDisk, patience: Patience, now: @escaping @Sendable () -> Duration) {
    self.disk = disk
    self.patience = patience
    self.now = now
    steps = [64 << 10, 4096, disk.blockSize].filter { $0 >= disk.blockSize }
  }

  /// Whether the rest is left out unread.
  var hasGivenUp: Bool { lost >= patience.total }

  /// Reads a range of the disk to the start of a buffer.
  mutating func read(_ range: Range<UInt64>, into buffer: inout AlignedBuffer) throws(BackupError) {
    try read(range, base: range.lowerBound, into: &buffer, steps[...])
  }

  private mutating func read(
    _ range: Range<UInt64>, base: UInt64, into buffer: inout AlignedBuffer, _ steps: ArraySlice<Int>
  ) throws(BackupError) {
    guard !Task.isCancelled else { throw .cancelled }
    guard !hasGivenUp else { return leaveOut(range, base, &buffer) }
    let isRead = try request(range, base, &buffer)
    if isRead { return }
    let smaller = steps.drop { $0 >= range.count }
    guard let step = smaller.first, lost < patience.narrowing, unreadable.count < Self.partLimit else {
      return leaveOut(range, base, &buffer)
    }
    var position = range.lowerBound
    while position < range.upperBound {
      let part = position..<min(position + UInt64(step), range.upperBound)
      try read(part, base: base, into: &buffer, smaller.dropFirst())
      position = part.upperBound
    }
  }

  /// - Returns: false where a place on the medium is the trouble.
  private mutating func request(
    _ range: Range<UInt64>, _ base: UInt64, _ buffer: inout AlignedBuffer
  ) throws(BackupError) -> Bool {
    let place = Int(range.lowerBound - base)
    // Only a virtual stick may end within a block, and whole ones are read all the same.
    let whole = (range.count + disk.blockSize - 1) / disk.blockSize * disk.blockSize
    let start = now()
    let count: Int
    do throws(SystemCallError) {
      count = try disk.read(at: range.lowerBound, into: &buffer, range: place..<(place + whole))
    } catch {
      lost += now() - start
      guard !error.isOtherMedium else { throw .replaced }
      guard error.isMediumTrouble else { throw .device(error, offset: range.lowerBound) }
      guard disk.isPresent else {
        let gone = SystemCallError(call: error.call, errno: Errno(rawValue: ENODEV))
        throw .device(gone, offset: range.lowerBound)
      }
      return false
    }
    guard count >= range.count else {
      throw .tooShort(expected: disk.byteCount, found: range.lowerBound + UInt64(count))
    }
    return true
  }

  private mutating func leaveOut(_ range: Range<UInt64>, _ base: UInt64, _ buffer: inout AlignedBuffer) {
    let place = Int(range.lowerBound - base)
    buffer.zero(place..<(place + range.count))
    if let last = unreadable.last, last.upperBound == range.lowerBound {
      unreadable[unreadable.count - 1] = last.lowerBound..<range.upperBound
    } else {
      unreadable.append(range)
    }
  }
}
