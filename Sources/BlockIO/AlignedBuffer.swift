import Glibc

/// Memory that the kernel can move to and from a device directly: page-aligned and fixed in size.
///
/// Allocated once and reused: fresh pages for every request halve the rate.
@safe
public struct AlignedBuffer: ~Copyable, @unchecked Sendable {
  // Sendable: the memory has one owner, because the struct cannot be copied.
  private let memory: UnsafeMutableRawBufferPointer

  /// The alignment of every buffer, in bytes; at least the page size of the machines burin runs on
  /// and the largest block size it accepts.
  public static let alignment = 4096

  /// Allocates zeroed memory.
  /// - Parameter byteCount: the size in bytes, a positive multiple of ``alignment``.
  public init(byteCount: Int) {
    precondition(byteCount > 0 && byteCount % Self.alignment == 0, "unaligned buffer size \(byteCount)")
    guard byteCount < LargeMemory.leastByteCount else {
      unsafe memory = LargeMemory.take(byteCount: byteCount)
      return
    }
    unsafe memory = .allocate(byteCount: byteCount, alignment: Self.alignment)
    // Not `initializeMemory`, which goes byte by byte where nothing is optimised: tests make thousands of them.
    if let base = unsafe memory.baseAddress { unsafe memset(base, 0, byteCount) }
  }

  deinit {
    if unsafe memory.count < LargeMemory.leastByteCount {
      unsafe memory.deallocate()
    } else {
      unsafe LargeMemory.give(memory)
    }
  }

  /// Its size in bytes.
  public var byteCount: Int { unsafe memory.count }

  /// Its content.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    borrowing get { unsafe memory.bytes }
  }

  /// Its content, to be filled.
  public var mutableBytes: MutableRawSpan {
    @_lifetime(&self)
    mutating get { unsafe memory.mutableBytes }
  }

  /// Sets a range to zero.
  public mutating func zero(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "range outside the buffer")
    guard !range.isEmpty, let base = unsafe memory.baseAddress else { return }
    unsafe memset(base + range.lowerBound, 0, range.count)
  }

  /// Copies the first bytes of another buffer into this one.
  public mutating func copy(from other: borrowing AlignedBuffer, count: Int) {
    precondition(count >= 0 && count <= min(byteCount, other.byteCount))
    guard count > 0, let mine = unsafe memory.baseAddress, let theirs = unsafe other.memory.baseAddress else {
      return
    }
    unsafe memcpy(mine, theirs, count)
  }

  /// Copies bytes into this buffer from an offset on.
  public mutating func copy(from bytes: Span<UInt8>, at offset: Int) {
    precondition(offset >= 0 && bytes.count <= byteCount - offset)
    guard !bytes.isEmpty, let mine = unsafe memory.baseAddress else { return }
    unsafe bytes.withUnsafeBufferPointer { source in
      guard let theirs = source.baseAddress else { return }
      unsafe memcpy(mine + offset, theirs, source.count)
    }
  }

  /// A range as a copy.
  public func copied(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "range outside the buffer")
    return unsafe Array(UnsafeRawBufferPointer(rebasing: memory[range]))
  }

  /// The first offset in `range` at which this buffer and another one differ, if any.
  public func firstDifference(from other: borrowing AlignedBuffer, in range: Range<Int>) -> Int? {
    precondition(range.lowerBound >= 0 && range.upperBound <= min(byteCount, other.byteCount))
    guard !range.isEmpty, let mine = unsafe memory.baseAddress,
      let theirs = unsafe other.memory.baseAddress
    else { return nil }
    // memcmp runs at memory speed but does not say where: narrow down to the block, then the byte.
    var start = range.lowerBound
    while start < range.upperBound {
      let length = min(65_536, range.upperBound - start)
      if unsafe memcmp(mine + start, theirs + start, length) != 0 {
        for offset in start..<(start + length) where unsafe memory[offset] != other.memory[offset] {
          return offset
        }
      }
      start += length
    }
    return nil
  }

  /// How many bytes of a range differ between this buffer and another one.
  public func differingByteCount(from other: borrowing AlignedBuffer, in range: Range<Int>) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= min(byteCount, other.byteCount))
    var count = 0
    for offset in range where unsafe memory[offset] != other.memory[offset] { count += 1 }
    return count
  }

  /// Whether every byte of a range is zero.
  public func isZero(_ range: Range<Int>) -> Bool {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
    guard let base = unsafe memory.baseAddress, let first = range.first else { return true }
    guard unsafe memory[first] == 0 else { return false }
    // Comparing a range with itself shifted by one byte proves that all bytes equal the first.
    return unsafe memcmp(base + first, base + first + 1, range.count - 1) == 0
  }
}
