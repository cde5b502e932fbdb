/// Which bytes of a container have been given to a place of the disk already (R49).
///
/// A few kilobytes could otherwise pretend to be a disk of any size, and every such file is a forged or a broken one.
struct AllocationLedger: Sendable {
  private let unit: UInt64
  private let fileByteCount: UInt64
  /// One bit for each unit; empty where the file has too many of them.
  private var bits: [UInt64] = []
  /// What was given away, in bytes.
  private var sum: UInt64 = 0
  private var last: (allocation: Allocation?, table: Allocation?) = (nil, nil)

  /// 16 MiB of bits: 64 GiB in units of 512 bytes.
  private static let longestBits: UInt64 = 16 << 20

  /// Begins with what belongs to the container itself.
  init(fileByteCount: UInt64, unit: UInt64, reserved: [Range<UInt64>]) throws(ContainerError) {
    self.unit = unit
    self.fileByteCount = fileByteCount
    let words = (fileByteCount / unit + 64) / 64
    if words * 8 <= Self.longestBits { bits = Array(repeating: 0, count: Int(words)) }
    for range in reserved { try claim(range) }
  }

  /// Gives away what belongs to an extent, unless that was done for the extent before it.
  mutating func claim(_ extent: GuestExtent) throws(ContainerError) {
    if let table = extent.table, table != last.table {
      try claim(table.range)
      last.table = table
    }
    if let allocation = extent.allocation, allocation != last.allocation {
      try claim(allocation.range)
      last.allocation = allocation
    }
  }

  private mutating func claim(_ claimed: Range<UInt64>) throws(ContainerError) {
    // The last cluster need not be there as a whole.
    let range = claimed.clamped(to: 0..<fileByteCount)
    sum += UInt64(range.count)
    // Without bits it is only noticed that more was given away than there is.
    guard sum <= fileByteCount else { throw .usedTwice(offset: range.lowerBound) }
    guard !bits.isEmpty, !range.isEmpty else { return }
    for index in range.lowerBound / unit...(range.upperBound - 1) / unit {
      let (word, mask) = (Int(index / 64), UInt64(1) << (index % 64))
      guard word < bits.count else { return }
      guard bits[word] & mask == 0 else { throw .usedTwice(offset: index * unit) }
      bits[word] |= mask
    }
  }
}
