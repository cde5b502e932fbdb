import Synchronization
import SystemPackage

/// A disk that is open past the page cache (`O_DIRECT`), as bytes for the parsers.
///
/// Direct reads are aligned and wait for the medium, parsers read a few bytes here and there: whole windows are
/// read, and the last few of them are kept.
public final class DirectBytes: RandomAccessBytes {
  private let device: OwnedDescriptor
  private let windows: Mutex<Windows>
  /// What can be read, in bytes: all whole blocks of the disk.
  ///
  /// A part of a block at its end has no address.
  public let byteCount: UInt64

  /// Reads through the opening that a descriptor stands for, for as long as this value lives (R28).
  /// - Parameters:
  ///   - byteCount: the length of the disk in bytes.
  ///   - blockSize: its logical block size in bytes; what makes no sense counts as 4096.
  public init(
    sharing device: borrowing OwnedDescriptor, byteCount: UInt64, blockSize: Int
  ) throws(SystemCallError) {
    self.device = try device.duplicate()
    let isPlausible = (512...Int(Windows.length)).contains(blockSize) && blockSize.nonzeroBitCount == 1
    let unit = isPlausible ? blockSize : AlignedBuffer.alignment
    self.byteCount = byteCount - byteCount % UInt64(unit)
    windows = Mutex(Windows(blockSize: unit))
  }

  /// Reads exactly `count` bytes.
  public func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    return try windows.withLock { windows throws(ByteReadError) in
      try windows.bytes(in: offset..<(offset + UInt64(count)), of: device, byteCount)
    }
  }
}

/// Aligned memory that holds the parts of a disk that were read last.
private struct Windows: ~Copyable {
  /// The length of a window in bytes, at whose multiples it begins.
  static let length: UInt64 = 64 << 10
  private static let count = 32

  private var memory = AlignedBuffer(byteCount: Int(length) * count)
  /// Where the window in each slot begins; nil where the slot holds none.
  private var starts = [UInt64?](repeating: nil, count: count)
  private var lastUses = [Int](repeating: 0, count: count)
  private var clock = 0
  /// The least that is read, in bytes.
  private let unit: UInt64

  init(blockSize: Int) { unit = UInt64(max(AlignedBuffer.alignment, blockSize)) }

  mutating func bytes(
    in range: Range<UInt64>, of device: borrowing OwnedDescriptor, _ byteCount: UInt64
  ) throws(ByteReadError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(range.count)
    var position = range.lowerBound
    while position < range.upperBound {
      let start = position / Self.length * Self.length
      let window = start..<min(start + Self.length, byteCount)
      let wanted = position..<min(range.upperBound, window.upperBound)
      let slot = try slot(holding: wanted, in: window, of: device)
      let found = memory.bytes.extracting(Self.place(of: wanted, in: window, slot))
      // Safe: the bytes are copied at once.
      unsafe found.withUnsafeBytes { unsafe result.append(contentsOf: $0) }
      position = wanted.upperBound
    }
    return result
  }

  /// The slot that holds a part of a window, read from the device where none does.
  private mutating func slot(
    holding wanted: Range<UInt64>, in window: Range<UInt64>, of device: borrowing OwnedDescriptor
  ) throws(ByteReadError) -> Int {
    clock += 1
    if let slot = starts.firstIndex(of: window.lowerBound) {
      lastUses[slot] = clock
      return slot
    }
    let slot = lastUses.indices.min { lastUses[$0] < lastUses[$1] } ?? 0
    starts[slot] = nil
    do throws(ByteReadError) {
      try read(window, of: window, into: slot, from: device)
      (starts[slot], lastUses[slot]) = (window.lowerBound, clock)
    } catch {
      // One bad block does not make its neighbours unreadable.
      let start = wanted.lowerBound / unit * unit
      let end = min((wanted.upperBound + unit - 1) / unit * unit, window.upperBound)
      try read(start..<end, of: window, into: slot, from: device)
    }
    return slot
  }

  private mutating func read(
    _ range: Range<UInt64>, of window: Range<UInt64>, into slot: Int, from device: borrowing OwnedDescriptor
  ) throws(ByteReadError) {
    let done: Int
    do throws(SystemCallError) {
      done = try device.read(
        at: range.lowerBound, into: &memory, range: Self.place(of: range, in: window, slot))
    } catch { throw .system(error, offset: range.lowerBound) }
    guard done == range.count else {
      throw .outOfBounds(
        offset: range.lowerBound, count: range.count, available: range.lowerBound + UInt64(done))
    }
  }

  /// Where a part of a window lies in the memory.
  private static func place(of part: Range<UInt64>, in window: Range<UInt64>, _ slot: Int) -> Range<Int> {
    let start = slot * Int(length) + Int(part.lowerBound - window.lowerBound)
    return start..<(start + part.count)
  }
}
