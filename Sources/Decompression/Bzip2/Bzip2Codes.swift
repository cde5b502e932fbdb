/// The prefix codes of a block and the symbols that are written in them.
///
/// Short codes are looked up; the longer ones, which are rare by their nature, are found by their length as libbz2
/// does (huffman.c, `BZ2_hbCreateDecodeTables`), whose answer to codes that no encoder makes is the answer here: with
/// too many of them the first ones count, and what is no code is damage.
struct Bzip2Codes {
  /// How many symbols are written in the same code, before another one is chosen.
  static let groupCount = 50
  /// What stands for bits that are no code; above every symbol.
  static let noSymbol: UInt16 = 511
  /// The most symbols: two for runs, one for each byte value but the one that is always in front, one for the end.
  static let mostSymbols = 258
  /// The longest code in bits.
  static let longest = 20

  /// The most tables of codes.
  static let mostTables = 6
  /// The longest code that is looked up, in bits: a table of 4 KiB for each code stays in the nearest cache.
  private static let lookedUp = 11
  private static let lengths = longest + 1

  /// What the symbols of a group end with, where they are not as many as in every group.
  enum Stop {
    /// The end of the block.
    case end
    case fault(Bzip2Fault)
  }

  /// For the bits that come next, table by table: the symbol, above the five bits of the code's length; 0 where the
  /// code is longer.
  private var entries = [UInt16](repeating: 0, count: mostTables << lookedUp)
  /// The last code of each length, and how much to add to get the index of its symbol.
  private var lasts = [Int](repeating: 0, count: mostTables * lengths)
  private var offsets = [Int](repeating: 0, count: mostTables * lengths)
  private var sorted = [UInt16](repeating: 0, count: mostTables * mostSymbols)
  private var shortest = [Int](repeating: 0, count: mostTables)
  private var isShort = [Bool](repeating: false, count: mostTables)
  /// The symbols of the group that was read last.
  private(set) var symbols = [UInt16](repeating: 0, count: groupCount)

  // MARK: - Making a table

  /// Makes the codes of a table.
  /// - Parameter codeLengths: the length of each symbol's code, 1 to ``longest``; up to ``mostSymbols``.
  mutating func make(table: Int, _ codeLengths: [Int]) {
    let base = table << Self.lookedUp
    let size = 1 << Self.lookedUp
    for index in base..<base + size { entries[index] = Self.noSymbol << 5 | 1 }
    shortest[table] = Self.longest
    isShort[table] = true
    var (code, index) = (0, 0)
    for length in 1...Self.longest {
      let row = table * Self.lengths + length
      offsets[row] = index - code
      for symbol in codeLengths.indices where codeLengths[symbol] == length {
        sorted[table * Self.mostSymbols + index] = UInt16(symbol)
        if length <= Self.lookedUp {
          let shift = Self.lookedUp - length
          // Too many codes of a length: those behind the last one there can be are never met.
          for place in min(code << shift, size)..<min((code + 1) << shift, size) {
            entries[base + place] = UInt16(symbol) << 5 | UInt16(length)
          }
        }
        (code, index) = (code + 1, index + 1)
        shortest[table] = min(shortest[table], length)
      }
      lasts[row] = code - 1
      if length == Self.lookedUp, index < codeLengths.count {
        isShort[table] = false
        for place in min(code, size)..<size { entries[base + place] = 0 }
      }
      code <<= 1
    }
  }

  // MARK: - Reading symbols

  /// Reads the symbols of a group.
  ///
  /// - Parameter end: the symbol that ends the block.
  /// - Returns: how many there are, and why there are no more, where it is no whole group.
  mutating func readGroup(
    _ table: Int, _ bits: inout Bzip2Bits, from bytes: Span<UInt8>, end: UInt16
  ) -> (count: Int, stop: Stop?) {
    // Even bits that are no code are as many, with the one that shows it.
    if bits.left >= Self.groupCount * (Self.longest + 1) {
      let start = bits
      let highest =
        isShort[table] ? readShort(table, &bits, from: bytes) : readLong(table, &bits, from: bytes)
      if highest < end { return (Self.groupCount, nil) }
      // What is behind the end of the block was read too, or what is no code: once more, with care.
      bits = start
    }
    for index in 0..<Self.groupCount {
      bits.refill(from: bytes)
      let entry = find(table, bits.buffer)
      guard Int(entry & 31) <= bits.left else { return (index, .fault(.endsEarly)) }
      bits.skip(Int(entry & 31))
      let symbol = entry >> 5
      if symbol == end { return (index, .end) }
      guard symbol < end else { return (index, .fault(.corrupt)) }
      symbols[index] = symbol
    }
    return (Self.groupCount, nil)
  }

  /// Reads as many symbols as there are in a group, whatever they are, where all codes are looked up.
  /// - Returns: the highest.
  private mutating func readShort(_ table: Int, _ bits: inout Bzip2Bits, from bytes: Span<UInt8>) -> UInt16 {
    Self.readShort(table, entries, into: &symbols, &bits, from: bytes)
  }

  private static func readShort(
    _ table: Int, _ entries: borrowing [UInt16], into group: inout [UInt16], _ bits: inout Bzip2Bits,
    from bytes: Span<UInt8>
  ) -> UInt16 {
    var (reader, highest) = (bits, UInt16(0))
    let entries = entries.span.extracting(table << lookedUp..<(table + 1) << lookedUp)
    var symbols = group.mutableSpan
    // A refill is enough for five codes.
    for first in stride(from: 0, to: groupCount, by: 5) {
      reader.refill(from: bytes)
      for index in first..<first + 5 {
        let entry = entries[Int(truncatingIfNeeded: reader.buffer &>> UInt64(64 - lookedUp))]
        reader.skip(Int(entry & 31))
        symbols[index] = entry >> 5
        highest = max(highest, entry >> 5)
      }
    }
    bits = reader
    return highest
  }

  /// Reads as many symbols as there are in a group, whatever they are, where codes have any length.
  /// - Returns: the highest.
  private mutating func readLong(_ table: Int, _ bits: inout Bzip2Bits, from bytes: Span<UInt8>) -> UInt16 {
    var (reader, highest) = (bits, UInt16(0))
    // A refill is enough for two codes.
    for first in stride(from: 0, to: Self.groupCount, by: 2) {
      reader.refill(from: bytes)
      for index in first..<first + 2 {
        let next = Int(truncatingIfNeeded: reader.buffer &>> UInt64(64 - Self.lookedUp))
        var entry = entries[table << Self.lookedUp + next]
        if entry == 0 { entry = find(table, reader.buffer) }
        reader.skip(Int(entry & 31))
        symbols[index] = entry >> 5
        highest = max(highest, entry >> 5)
      }
    }
    bits = reader
    return highest
  }

  /// The symbol that some bits begin with, with the length of its code as in the tables.
  @inline(never)
  private func find(_ table: Int, _ buffer: UInt64) -> UInt16 {
    for length in shortest[table]...Self.longest {
      let code = Int(buffer >> UInt64(64 - length))
      let row = table * Self.lengths + length
      guard code <= lasts[row] else { continue }
      return sorted[table * Self.mostSymbols + code + offsets[row]] << 5 | UInt16(length)
    }
    return Self.noSymbol << 5 | UInt16(Self.longest + 1)
  }
}
