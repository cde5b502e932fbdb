import BlockIO

/// Decodes bzip2 block by block, on several threads where there may be, with all checksums checked.
final class Bzip2Codec: MemberCodec {
  /// What every stream begins with, before its level.
  static let magic: [UInt8] = Array("BZh".utf8)
  /// The length of that and the level in bytes.
  private static let headByteCount = 4

  /// What is being decoded, in order.
  private enum Item {
    case block(Int, Bzip2Block)
    /// The end of a stream, with the checksum of its blocks.
    case end(checksum: UInt32)
  }

  /// How often what looks like the end of a block may turn out to be content: by chance that is once in petabytes,
  /// and each time costs as much as a block.
  private static let mostMends = 4

  private let crew: Bzip2Crew
  /// Whether streams that follow each other at once are decoded side by side, too.
  private let goesOn: Bool
  private var cutter = Bzip2Cutter(level: 0)
  private var items: [Item] = []
  private var nextNumber = 0
  /// Whether the end of the member or of the file was found, or what is no block.
  private var isCut = false
  /// How many bytes behind the end of the member the cutter was given; nil where it is not the one that found it.
  private var rest: Int?
  /// Why no more can be cut; the blocks before that come first.
  private var cutFault: CodecFault?
  /// What a block has decoded to and is not given out yet.
  private var bytes: ArraySlice<UInt8> = []
  /// The checksum of the stream so far.
  private var sum: UInt32 = 0
  /// How often the first block was joined with what follows it.
  private var mends = 0
  /// Whether the first block goes on where it was said to end.
  private var endsEarly = false

  let decodesHead = false
  let isChecked = true

  /// - Parameter isOnlyMember: whether the end of the first stream is the end, whatever follows.
  init(_ limits: DecodingLimits, isOnlyMember: Bool) {
    crew = Bzip2Crew(threads: limits.threads)
    goesOn = limits.threads > 1 && !isOnlyMember
  }

  func isComplete(head: [UInt8]) throws(CodecFault) -> Bool { try Self.isWhole(head) }

  /// Whether that is the whole head of a stream.
  private static func isWhole(_ head: [UInt8]) throws(CodecFault) -> Bool {
    guard let last = head.last, magic.starts(with: head.prefix(3)) else { throw .foreign }
    guard head.count == headByteCount else { return false }
    guard (0x31...0x39).contains(last) else { throw .foreign }
    return true
  }

  func begin(head: [UInt8]) {
    cutter = Bzip2Cutter(level: head[3])
    (isCut, rest, sum) = (false, nil, 0)
  }

  func decode(
    _ input: Span<UInt8>, into output: inout MutableRawSpan, isLast: Bool
  ) throws(CodecFault) -> CodecStep {
    var step = CodecStep()
    while step.produced < output.byteCount {
      if !bytes.isEmpty {
        step.produced += bytes.move(into: &output, from: step.produced)
      } else if !isCut, items.count < (endsEarly ? 2 : crew.enough) {
        guard step.consumed < input.count || isLast else { break }
        step.consumed += cut(input.extracting(step.consumed...), isLast: isLast)
      } else if endsEarly {
        try mend()
      } else {
        guard let item = items.first else {
          if let cutFault { throw cutFault }
          break
        }
        guard try settle(item) else { continue }
        items.removeFirst()
        mends = 0
        // Not where the head of another stream was the last of the file: that one is cut off.
        guard case .end = item, rest != nil, items.isEmpty else { continue }
        step.isEnd = true
        break
      }
    }
    return step
  }

  // MARK: - Cutting

  /// Has the crew decode what comes next, as far as it is cut into blocks.
  /// - Returns: how much of the input belongs to the member.
  private func cut(_ input: Span<UInt8>, isLast: Bool) -> Int {
    do throws(CodecFault) {
      cutter.append(input)
      while let piece = try cutter.next() {
        switch piece {
        case .block(let block): submit(block)
        case .end(let checksum, let rest):
          items.append(.end(checksum: checksum))
          let next = input.count - rest
          // Programs with several threads make a stream of every block.
          guard goesOn, let level = Self.level(of: input.extracting(next...)) else {
            (isCut, self.rest) = (true, rest)
            return next
          }
          cutter = Bzip2Cutter(level: level)
          cutter.append(input.extracting((next + Self.headByteCount)...))
        }
      }
    } catch {
      (isCut, cutFault) = (true, error)
      return 0
    }
    if isLast {
      if let block = cutter.rest() { submit(block) }
      isCut = true
    }
    return input.count
  }

  private func submit(_ block: Bzip2Block) {
    crew.submit(block, as: nextNumber)
    items.append(.block(nextNumber, block))
    nextNumber += 1
  }

  /// The level of the stream that begins with some bytes; nil where none does that can be seen.
  private static func level(of bytes: Span<UInt8>) -> UInt8? {
    guard bytes.count >= headByteCount else { return nil }
    let head = (0..<headByteCount).map { bytes[$0] }
    return (try? isWhole(head)) == true ? head[3] : nil
  }

  // MARK: - What comes of the first item

  /// - Returns: whether it is over.
  private func settle(_ item: Item) throws(CodecFault) -> Bool {
    switch item {
    case .end(let checksum):
      guard checksum == sum else { throw .corrupt }
      sum = 0
      return true
    case .block(let number, let block):
      switch crew.take(number) {
      case .bytes(let piece):
        bytes = piece[...]
        return false
      case .done:
        sum = (sum << 1 | sum >> 31) ^ block.checksum
        return true
      case .failed(.corrupt): throw .corrupt
      case .failed(.endsEarly):
        endsEarly = true
        return false
      }
    }
  }

  /// Joins the first block, which ends early, with what follows it: its end was none.
  private func mend() throws(CodecFault) {
    endsEarly = false
    guard case .block(_, var block)? = items.first else { return }
    if block.isCutOff {
      // Nothing comes any more, from which the caller sees that the file is cut off.
      items = []
      return
    }
    guard mends < Self.mostMends, items.count > 1 else { throw .corrupt }
    mends += 1
    let later = Array(items.dropFirst(2))
    var isOpen = false
    switch items[1] {
    case .block(_, let next): block.append(next)
    case .end:
      // Another stream, whatever is wrong with it, does not follow what is none.
      guard later.isEmpty, let rest else { throw .corrupt }
      let known = block.bitCount + Bzip2Block.magicBitCount
      block.append(cutter.endAsContent(rest: rest))
      cutter = Bzip2Cutter(reopening: block, behind: known)
      (isCut, self.rest, isOpen) = (false, nil, true)
    }
    // All begin again: the threads would wait until the later ones are taken, and none were left for this one.
    for case .block(let number, _) in items { crew.withdraw(number) }
    items = []
    if !isOpen { submit(block) }
    for item in later {
      if case .block(_, let block) = item { submit(block) } else { items.append(item) }
    }
  }
}
