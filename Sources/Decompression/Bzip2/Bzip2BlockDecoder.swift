/// Decodes blocks of bzip2, one after the other.
///
/// It is our own because no library that is kept well decodes bzip2 as fast as lbzip2, the fastest program. libbz2
/// needs a fifth more time than that, two and a half times as much as this: it follows the sorted block one step after
/// the other, each of which waits for memory, and reads bits one at a time. What libbz2 1.0.8 takes for a block is one
/// here, with the same content, and nothing else is; the tests compare both.
///
/// Blocks are hostile. All of it is in arrays whose bounds are checked with every access, which costs nothing to speak
/// of: memory is what is waited for.
struct Bzip2BlockDecoder {
  /// More selectors than a block has groups are passed over; some encoders round them up (libbz2, BZ_MAX_SELECTORS).
  private static let mostSelectors = 18_002

  private var selectors: [UInt8] = []
  private var codes = Bzip2Codes()
  private var column = Bzip2Column()
  private var permutation = Bzip2Permutation()
  private var runs = Bzip2Runs()
  /// What the block says that its content's checksum is.
  private var checksum: UInt32 = 0
  /// The symbol that ends the block.
  private var endSymbol: UInt16 = 0
  /// Whether it ends where it was said to, and something follows.
  private var isWhole = false

  // MARK: - The content, piece by piece

  /// Reads a block, whose content then comes from ``nextPiece()``.
  mutating func read(_ block: Bzip2Block) throws(Bzip2Fault) {
    let content = block.bytes + [UInt8](repeating: 0, count: Bzip2Bits.slack)
    let bytes = content.span
    var bits = Bzip2Bits(bytes, first: block.firstBit, end: block.firstBit + block.bitCount)
    checksum = block.checksum
    runs = Bzip2Runs()
    let head = try readHead(&bits, from: bytes, mostBytes: Int(block.level - 0x30) * 100_000)
    try readColumn(&bits, from: bytes)
    guard head.first < column.count else { throw .corrupt }
    try judgeEnd(bits, of: bytes, isCutOff: block.isCutOff)
    permutation.restore(&column, first: head.first)
    if head.isRandomised { Bzip2Randomness.undo(in: &column.bytes, count: column.count) }
  }

  /// The next piece of the content; nil behind the last one, where the block was found to be right.
  mutating func nextPiece() throws(Bzip2Fault) -> [UInt8]? {
    guard runs.isAtEnd else { return try runs.next(column) }
    guard runs.checksum == checksum else { throw .corrupt }
    guard isWhole else { throw .endsEarly }
    return nil
  }

  // MARK: - Reading

  private mutating func readHead(
    _ bits: inout Bzip2Bits, from bytes: Span<UInt8>, mostBytes: Int
  ) throws(Bzip2Fault) -> (isRandomised: Bool, first: Int) {
    try readMagic(&bits, from: bytes)
    _ = try bits.take(32, from: bytes)
    let isRandomised = try bits.take(1, from: bytes) == 1
    let first = try bits.take(24, from: bytes)
    // So much libbz2 allows for; what is behind the end of the block is refused later.
    guard first <= mostBytes + 10 else { throw .corrupt }
    let used = try readUsed(&bits, from: bytes)
    column.begin(mostBytes: mostBytes, used: used)
    let tableCount = try bits.take(3, from: bytes)
    guard (2...Bzip2Codes.mostTables).contains(tableCount) else { throw .corrupt }
    try readSelectors(&bits, from: bytes, tableCount: tableCount)
    for table in 0..<tableCount {
      codes.make(table: table, try readCodeLengths(&bits, from: bytes, count: used.count + 2))
    }
    endSymbol = UInt16(used.count + 1)
    return (isRandomised, first)
  }

  /// A file may also end where a stream does, before that is complete.
  private func readMagic(_ bits: inout Bzip2Bits, from bytes: Span<UInt8>) throws(Bzip2Fault) {
    var read = 0
    for shift in stride(from: Bzip2Block.magicBitCount - 8, through: 0, by: -8) {
      read = read << 8 | (try bits.take(8, from: bytes))
      guard [Bzip2Block.magic, Bzip2Block.endMagic].contains(where: { Int($0) >> shift == read }) else {
        throw .corrupt
      }
    }
    guard read == Int(Bzip2Block.magic) else { throw .endsEarly }
  }

  /// The byte values that are in the block: which rows of sixteen, then which of each.
  private func readUsed(_ bits: inout Bzip2Bits, from bytes: Span<UInt8>) throws(Bzip2Fault) -> [UInt8] {
    var used: [UInt8] = []
    let rows = try bits.take(16, from: bytes)
    for row in 0..<16 where rows << row & 0x8000 != 0 {
      let values = try bits.take(16, from: bytes)
      for value in 0..<16 where values << value & 0x8000 != 0 { used.append(UInt8(row * 16 + value)) }
    }
    guard !used.isEmpty else { throw .corrupt }
    return used
  }

  /// Which table each group of symbols is written in: its place in a list, at whose front it then is.
  private mutating func readSelectors(
    _ bits: inout Bzip2Bits, from bytes: Span<UInt8>, tableCount: Int
  ) throws(Bzip2Fault) {
    let count = try bits.take(15, from: bytes)
    guard count > 0 else { throw .corrupt }
    var list = (0..<UInt8(tableCount)).map { $0 }
    selectors.removeAll(keepingCapacity: true)
    for index in 0..<count {
      bits.refill(from: bytes)
      // As many ones as its place, then a zero.
      let place = (~bits.buffer).leadingZeroBitCount
      guard min(place + 1, tableCount) <= bits.left else { throw .endsEarly }
      guard place < tableCount else { throw .corrupt }
      bits.skip(place + 1)
      guard index < Self.mostSelectors else { continue }
      let table = list[place]
      for behind in stride(from: place, to: 0, by: -1) { list[behind] = list[behind - 1] }
      list[0] = table
      selectors.append(table)
    }
  }

  /// The length of each code, as what is to be added to the one before it.
  private func readCodeLengths(
    _ bits: inout Bzip2Bits, from bytes: Span<UInt8>, count: Int
  ) throws(Bzip2Fault) -> [Int] {
    var length = try bits.take(5, from: bytes)
    var lengths: [Int] = []
    lengths.reserveCapacity(count)
    while lengths.count < count {
      guard (1...Bzip2Codes.longest).contains(length) else { throw .corrupt }
      if try bits.take(1, from: bytes) == 0 {
        lengths.append(length)
      } else {
        length += try bits.take(1, from: bytes) == 0 ? 1 : -1
      }
    }
    return lengths
  }

  private mutating func readColumn(_ bits: inout Bzip2Bits, from bytes: Span<UInt8>) throws(Bzip2Fault) {
    for table in selectors {
      let group = codes.readGroup(Int(table), &bits, from: bytes, end: endSymbol)
      try column.append(codes.symbols, count: group.count)
      switch group.stop {
      case nil: break
      case .end: return
      case .fault(let fault): throw fault
      }
    }
    throw .corrupt
  }

  /// Looks at what follows the block: nothing, or, where the file is cut off, the beginning of what may follow.
  private mutating func judgeEnd(
    _ end: Bzip2Bits, of bytes: Span<UInt8>, isCutOff: Bool
  ) throws(Bzip2Fault) {
    isWhole = !isCutOff
    guard isCutOff else {
      guard end.left == 0 else { throw .corrupt }
      return
    }
    var bits = end
    do throws(Bzip2Fault) {
      try readMagic(&bits, from: bytes)
      throw .corrupt
    } catch .endsEarly {}
  }
}
