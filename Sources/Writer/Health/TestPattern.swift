import BlockIO

/// What a test writes: each sector names its run and its place, and no two of them are alike.
///
/// So every sector that comes back tells whose it is: the right one, one of another place, or one of an earlier
/// test. The rest is noise, which no controller can pack, taken from a table at a place that depends on the offset.
struct TestPattern: Sendable {
  /// Each of these many bytes stands for itself.
  static let sectorByteCount = 512
  private static let magic: UInt64 = 0x7473_6574_6E69_7262
  private static let noiseByteCount = 64 << 10
  /// Magic, run and offset come first, the inverted offset last; no end of a sector so looks like a boot record.
  private static let headByteCount = 24
  private static let tailPlace = sectorByteCount - 8

  /// The number of the run.
  let run: UInt64
  private let noise: [UInt8]
  /// What every sector of the run begins with.
  private let title: [UInt8]

  /// - Parameter run: drawn anew for each run.
  init(run: UInt64 = .random(in: .min ... .max)) {
    self.run = run
    var generator = PlaceGenerator(state: run)
    var noise: [UInt8] = []
    noise.reserveCapacity(Self.noiseByteCount)
    for _ in 0..<(Self.noiseByteCount / 8) { noise += Self.bytes(of: generator.next()) }
    self.noise = noise
    title = Self.bytes(of: Self.magic) + Self.bytes(of: run)
  }

  /// Fills a range of a buffer with what belongs to the bytes of the medium from an offset on; both in whole sectors.
  func fill(_ memory: inout AlignedBuffer, range: Range<Int>, at offset: UInt64) {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.sectorByteCount) {
      fillSector(&memory, at: start, of: offset + UInt64(start - range.lowerBound))
    }
  }

  private func fillSector(_ memory: inout AlignedBuffer, at start: Int, of offset: UInt64) {
    var generator = PlaceGenerator(state: offset)
    let room = UInt64((Self.noiseByteCount - Self.sectorByteCount) / 8)
    let place = Int(generator.next() % room) * 8
    let bytes = noise.span.extracting(place..<(place + Self.tailPlace - Self.headByteCount))
    memory.copy(from: bytes, at: start + Self.headByteCount)
    var span = memory.mutableBytes
    span.storeBytes(of: Self.magic.littleEndian, toByteOffset: start, as: UInt64.self)
    span.storeBytes(of: run.littleEndian, toByteOffset: start + 8, as: UInt64.self)
    span.storeBytes(of: offset.littleEndian, toByteOffset: start + 16, as: UInt64.self)
    span.storeBytes(of: (~offset).littleEndian, toByteOffset: start + Self.tailPlace, as: UInt64.self)
  }

  /// What is wrong with a sector that is not as expected.
  /// - Parameters:
  ///   - start: where it lies in both buffers.
  ///   - offset: where it was read from.
  ///   - expected: what was expected there; its sector is used as room for another one.
  func fault(
    of found: borrowing AlignedBuffer, at start: Int, from offset: UInt64, _ expected: inout AlignedBuffer
  ) -> SurfaceFault {
    let sector = start..<(start + Self.sectorByteCount)
    if let owner = owner(of: found, at: start), owner != offset {
      fillSector(&expected, at: start, of: owner)
      if found.firstDifference(from: expected, in: sector) == nil {
        return .stray(distance: Int64(bitPattern: owner &- offset))
      }
    }
    if found.isZero(sector) { return .zeros }
    let (magic, number, place, tail) = (
      word(of: found, at: start), word(of: found, at: start + 8), word(of: found, at: start + 16),
      word(of: found, at: start + Self.tailPlace)
    )
    let noise = (start + Self.headByteCount)..<(start + Self.tailPlace)
    let isOwnNoise = found.firstDifference(from: expected, in: noise) == nil
    if magic == Self.magic, number != run, place == ~tail, !isOwnNoise { return .stale }
    let agreeing = [magic == Self.magic, number == run, place == offset, tail == ~offset].count { $0 }
    return agreeing > 1 ? .damaged : .lost
  }

  /// The place that a sector of this run says it belongs to; nil for anything else.
  func owner(of found: borrowing AlignedBuffer, at start: Int) -> UInt64? {
    guard found.copied(start..<(start + title.count)) == title else { return nil }
    return word(of: found, at: start + title.count)
  }

  private func word(of found: borrowing AlignedBuffer, at start: Int) -> UInt64 {
    found.copied(start..<(start + 8)).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A number, the lowest byte first.
  private static func bytes(of word: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8)
    for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    return bytes
  }
}
