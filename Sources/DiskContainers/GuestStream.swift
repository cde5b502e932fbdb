import BlockIO
import DiskFormats

/// Reads a disk from its first byte to its last, and proves what the container says of its bytes.
public struct GuestStream: ~Copyable {
  private var reader: GuestReader
  private var ledger: AllocationLedger?
  private var checksums: ArraySlice<GuestChecksum>
  /// The checksum of what came of the part that is being read, and the same without what nobody wants.
  private var sums: (whole: CRC32, used: CRC32?) = (CRC32(), nil)
  private var rest: GuestExtent?
  private var checkedByteCount: UInt64 = 0
  private var hasUncheckedSectors = false
  private let isRawDisc: Bool
  /// The length of the disk in bytes.
  public let byteCount: UInt64
  /// How much of it has been read, in bytes.
  public private(set) var position: UInt64 = 0

  /// How much is read from the file at once, in bytes.
  private static let longestRead: UInt64 = 1 << 20
  private static let zeros = [UInt8](repeating: 0, count: 64 << 10)

  init(_ disk: GuestDisk, _ reader: GuestReader) throws(ContainerError) {
    self.reader = reader
    ledger = try reader.ledger()
    checksums = disk.checksums[...]
    byteCount = disk.byteCount
    isRawDisc = disk.format == .rawDisc
  }

  /// How much of the container has been used, as far as that can be said: the part of the disk that has been read.
  public var consumedByteCount: UInt64 {
    let product = position.multipliedFullWidth(by: reader.fileByteCount)
    return byteCount.dividingFullWidth(product).quotient
  }

  /// Whether checksums have proven the whole disk; to be asked at its end.
  public var isChecked: Bool {
    isRawDisc ? !hasUncheckedSectors : checkedByteCount == byteCount
  }

  /// Fills the output with the bytes that come next.
  /// - Returns: the number of bytes; fewer than there is room for only where the disk ends, and everything that
  ///   speaks for its bytes is true by then.
  /// - Throws: ``ContainerError``.
  public mutating func read(into output: inout MutableRawSpan) throws(ContainerError) -> Int {
    var done = 0
    while done < output.byteCount, position < byteCount {
      let extent = try nextExtent()
      let count = Int(min(extent.byteCount, UInt64(output.byteCount - done), Self.longestRead, leftOfPart))
      try read(extent, count, into: &output, at: done)
      done += count
      try advance(extent, by: UInt64(count))
    }
    return done
  }

  /// Walks through the tables without reading the disk, as far as a number of extents goes.
  ///
  /// What is found wrong here is found before a medium is touched.
  /// - Returns: how much of the disk they cover, in bytes.
  @discardableResult
  public consuming func survey(mostExtents: Int) throws(ContainerError) -> UInt64 {
    for _ in 0..<mostExtents {
      guard position < byteCount else { break }
      position += try nextExtent().byteCount
    }
    return position
  }

  private mutating func nextExtent() throws(ContainerError) -> GuestExtent {
    if let rest { return rest }
    let extent = try reader.extent(at: position)
    try ledger?.claim(extent)
    return extent
  }

  private mutating func read(
    _ extent: GuestExtent, _ count: Int, into output: inout MutableRawSpan, at place: Int
  ) throws(ContainerError) {
    switch extent.content {
    case .zeros, .unused:
      output.zero(place..<place + count)
      if isInPart { addZeros(count, areUnused: extent.content == .unused) }
    case .stored(let offset):
      let bytes = try reader.stored(at: offset, count: count)
      output.copy(from: bytes.span, at: place)
      if isInPart { add(bytes.span) }
    case .packed(let cluster, let from):
      let (bytes, isChecked) = try reader.unpacked(cluster, from..<from + count)
      output.copy(from: bytes.span, at: place)
      if !isChecked { hasUncheckedSectors = true }
      if isInPart { add(bytes.span) }
    }
  }

  private mutating func advance(_ extent: GuestExtent, by count: UInt64) throws(ContainerError) {
    position += count
    rest = extent.dropping(count)
    guard let part = checksums.first, position == part.range.upperBound else { return }
    // Whether what nobody wants counts as zeros or not at all, tools do not agree.
    guard part.crc == sums.whole.value || part.crc == sums.used?.value else {
      throw .checksumWrong(.data, offset: part.offset)
    }
    checkedByteCount += UInt64(part.range.count)
    checksums = checksums.dropFirst()
    sums = (CRC32(), nil)
  }

  // MARK: - Checksums of parts

  private var isInPart: Bool { checksums.first?.range.contains(position) ?? false }

  /// How far it is to the place where a part with a checksum begins or ends, in bytes.
  private var leftOfPart: UInt64 {
    guard let part = checksums.first?.range else { return .max }
    return (part.contains(position) ? part.upperBound : part.lowerBound) - position
  }

  private mutating func add(_ bytes: Span<UInt8>) {
    sums.whole.update(bytes)
    sums.used?.update(bytes)
  }

  private mutating func addZeros(_ count: Int, areUnused: Bool) {
    if areUnused, sums.used == nil { sums.used = sums.whole }
    var left = count
    while left > 0 {
      let piece = Self.zeros.span.extracting(first: min(left, Self.zeros.count))
      sums.whole.update(piece)
      if !areUnused { sums.used?.update(piece) }
      left -= piece.count
    }
  }
}

extension GuestExtent {
  /// What is left behind so many bytes; nil where nothing is.
  fileprivate func dropping(_ count: UInt64) -> GuestExtent? {
    guard count < byteCount else { return nil }
    var rest = self
    rest.byteCount -= count
    switch content {
    case .zeros, .unused: break
    case .stored(let offset): rest.content = .stored(offset + count)
    case .packed(let cluster, let from): rest.content = .packed(cluster, from: from + Int(count))
    }
    return rest
  }
}
