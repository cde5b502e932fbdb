/// What one step of a ``Decompressor`` did.
public struct DecodingStep: Hashable, Sendable {
  /// Bytes of the input that were used; the rest is to be given again.
  public var consumed = 0
  /// Bytes of the output that were made.
  public var produced = 0
  /// Whether the image is complete, and everything that speaks for that was found true.
  public var isAtEnd = false
}

/// Turns a compressed file into the image that it holds, all members of it, piece by piece and without I/O.
///
/// Members, streams and frames one after the other are one image, as every decoder of these formats has it. The
/// end of the input is an end only behind a whole member: a file that was cut off anywhere is an error, and so is
/// anything behind the last member that is not padding (R49).
public struct Decompressor: ~Copyable {
  private enum Phase {
    /// The head of a member is being gathered.
    case head
    case member
    /// Behind a member and so many bytes of padding.
    case between(padding: UInt64)
    /// Behind the only member, where its container says that there is only one.
    case over
  }

  private var codec: any MemberCodec
  /// The format that it may turn out to be, as long as all that came is what that has as well.
  private var otherFormat: CompressionFormat?
  private let limits: DecodingLimits
  private let isOnlyMember: Bool
  private var phase = Phase.head
  private var head: [UInt8] = []
  /// How much of the head the codec has been given.
  private var fedOfHead = 0
  private var startOfMember: UInt64 = 0
  /// How much of the image had been made when the member began, in bytes.
  private var producedBeforeMember: UInt64 = 0
  /// How many members without content came one after the other.
  private var emptyMemberCount = 0
  /// How much of the file has been used, in bytes.
  public private(set) var consumedByteCount: UInt64 = 0
  /// How much of the image has been made, in bytes.
  public private(set) var producedByteCount: UInt64 = 0
  /// Whether all members so far carry a checksum of their content.
  public private(set) var isChecked = true

  /// Prepares to decode.
  /// - Parameter isOnlyMember: whether the end of the first member is the end, whatever follows.
  /// - Throws: ``DecodingError/outOfMemory``.
  public init(
    _ format: CompressionFormat, limits: DecodingLimits, isOnlyMember: Bool = false
  ) throws(DecodingError) {
    self.isOnlyMember = isOnlyMember
    self.limits = limits
    otherFormat = format == .zstd ? .lz4 : format == .lz4 ? .zstd : nil
    do throws(CodecFault) { codec = try Self.codec(format, limits, isOnlyMember) } catch {
      throw .outOfMemory
    }
  }

  private static func codec(
    _ format: CompressionFormat, _ limits: DecodingLimits, _ isOnlyMember: Bool
  ) throws(CodecFault) -> any MemberCodec {
    switch format {
    case .gzip: try GzipCodec()
    case .xz: try LZMACodec(.xz, limits)
    case .lzma: try LZMACodec(.alone, limits)
    case .zstd: try ZstdCodec(limits)
    case .bzip2: Bzip2Codec(limits, isOnlyMember: isOnlyMember)
    case .lz4: try LZ4Codec()
    }
  }

  /// Prepares to decode one stream of LZMA2 that lies in another container than xz.
  /// - Parameter filters: what it passes, the last one first to be undone.
  public init(filters: [RawFilter], limits: DecodingLimits) {
    isOnlyMember = true
    self.limits = limits
    codec = RawLZMACodec(filters, limits)
  }

  /// Decodes until the input is used up, the output is full, or the image ends.
  ///
  /// - Parameters:
  ///   - input: what follows what was consumed so far.
  ///   - isLast: whether the file ends with this input; it stays true once it was.
  ///   - output: where the next bytes of the image go; not empty.
  /// - Throws: ``DecodingError``; what was produced before it is no image.
  public mutating func step(
    _ input: Span<UInt8>, isLast: Bool, into output: inout MutableRawSpan
  ) throws(DecodingError) -> DecodingStep {
    precondition(!output.isEmpty, "no room for a single byte")
    var step = DecodingStep()
    while true {
      let goesOn =
        switch phase {
        case .head: try gatherHead(input, isLast, &step)
        case .member: try decodeMember(input, isLast, &output, &step)
        case .between(let padding): try passPadding(padding, input, isLast, &step)
        case .over: try endOnlyMember(&step)
        }
      guard goesOn else { return step }
    }
  }

  /// Whether ``workAhead(_:)`` takes any input now.
  public var worksAhead: Bool {
    if case .member = phase { codec.worksAhead && fedOfHead == head.count } else { false }
  }

  /// Gives input to threads that decode, while nobody takes what they make.
  /// - Parameter input: what follows what was consumed so far; not empty.
  /// - Returns: how much of it was consumed; none where they have enough.
  /// - Throws: ``DecodingError``; what was produced before it is no image.
  public mutating func workAhead(_ input: Span<UInt8>) throws(DecodingError) -> Int {
    guard worksAhead else { return 0 }
    do throws(CodecFault) {
      let count = try codec.workAhead(input)
      consumedByteCount += UInt64(count)
      return count
    } catch { throw described(error) }
  }

  // MARK: - Phases; each returns whether the next one can begin

  private mutating func gatherHead(
    _ input: Span<UInt8>, _ isLast: Bool, _ step: inout DecodingStep
  ) throws(DecodingError) -> Bool {
    while step.consumed < input.count {
      head.append(input[step.consumed])
      consume(1, &step)
      do throws(CodecFault) {
        guard try isHeadComplete() else { continue }
        try codec.begin(head: head)
      } catch { throw described(error) }
      fedOfHead = codec.decodesHead ? 0 : head.count
      phase = .member
      return true
    }
    if isLast { throw .truncated(offset: consumedByteCount) }
    return false
  }

  /// Frames without data are of Zstandard and of LZ4 alike: what follows them says which it is.
  private mutating func isHeadComplete() throws(CodecFault) -> Bool {
    do throws(CodecFault) { return try codec.isComplete(head: head) } catch {
      guard error == .foreign, startOfMember > 0, let format = otherFormat else { throw error }
      otherFormat = nil
      codec = try Self.codec(format, limits, isOnlyMember)
      return try codec.isComplete(head: head)
    }
  }

  private mutating func decodeMember(
    _ input: Span<UInt8>, _ isLast: Bool, _ output: inout MutableRawSpan, _ step: inout DecodingStep
  ) throws(DecodingError) -> Bool {
    guard step.produced < output.byteCount else { return false }
    let isHead = fedOfHead < head.count
    let done: CodecStep
    do throws(CodecFault) {
      var room = output._mutatingExtracting(step.produced...)
      done =
        if isHead {
          try codec.decode(head.span.extracting(fedOfHead...), into: &room, isLast: false)
        } else {
          try codec.decode(input.extracting(step.consumed...), into: &room, isLast: isLast)
        }
    } catch { throw described(error) }
    if isHead { fedOfHead += done.consumed } else { consume(done.consumed, &step) }
    step.produced += done.produced
    producedByteCount += UInt64(done.produced)
    if done.isEnd {
      try countMember()
      isChecked = isChecked && codec.isChecked
      if !SkippableFrame.mayBegin(head) { otherFormat = nil }
      phase = isOnlyMember ? .over : .between(padding: 0)
      return true
    }
    let hasRest = isHead || step.consumed < input.count
    if done.consumed > 0 || done.produced > 0 {
      // A decoder of several threads would wait for the first one, and the others for their input.
      return hasRest || isLast
    }
    if hasRest { throw .corrupt(offset: consumedByteCount) }
    if isLast { throw .truncated(offset: consumedByteCount) }
    return false
  }

  /// More members without content in a row than any tool makes; each costs a new decoder and brings nothing (R49).
  static let mostEmptyMembers = 4096

  private mutating func countMember() throws(DecodingError) {
    emptyMemberCount = producedByteCount == producedBeforeMember ? emptyMemberCount + 1 : 0
    producedBeforeMember = producedByteCount
    guard emptyMemberCount <= Self.mostEmptyMembers else { throw .corrupt(offset: consumedByteCount) }
  }

  private mutating func passPadding(
    _ before: UInt64, _ input: Span<UInt8>, _ isLast: Bool, _ step: inout DecodingStep
  ) throws(DecodingError) -> Bool {
    var padding = before
    if codec.padding != .none {
      let start = step.consumed
      var end = start
      while end < input.count, input[end] == 0 { end += 1 }
      consume(end - start, &step)
      padding += UInt64(end - start)
    }
    phase = .between(padding: padding)
    let isWhole = codec.padding != .fours || padding % 4 == 0
    guard step.consumed < input.count else {
      guard isLast else { return false }
      guard isWhole else { throw .trailingGarbage(offset: consumedByteCount - padding % 4) }
      guard producedByteCount > 0 else { throw .empty }
      step.isAtEnd = true
      return false
    }
    guard padding == 0 || (codec.padding == .fours && isWhole) else {
      throw .trailingGarbage(offset: consumedByteCount)
    }
    startOfMember = consumedByteCount
    head.removeAll(keepingCapacity: true)
    phase = .head
    return true
  }

  private func endOnlyMember(_ step: inout DecodingStep) throws(DecodingError) -> Bool {
    guard producedByteCount > 0 else { throw .empty }
    step.isAtEnd = true
    return false
  }

  private mutating func consume(_ count: Int, _ step: inout DecodingStep) {
    step.consumed += count
    consumedByteCount += UInt64(count)
  }

  private func described(_ fault: CodecFault) -> DecodingError {
    switch fault {
    // The first member was recognised before; what is no member later does not belong to the file.
    case .foreign where startOfMember == 0: .corrupt(offset: 0)
    case .foreign: .trailingGarbage(offset: startOfMember)
    case .corrupt: .corrupt(offset: consumedByteCount)
    case .checksum: .checksumWrong(offset: consumedByteCount)
    case .memory(let needed, let allowed): .memoryLimit(needed: needed, allowed: allowed)
    case .window(let needed, let allowed): .windowTooLarge(needed: needed, allowed: allowed)
    case .unsupported(let feature): .unsupported(feature, offset: startOfMember)
    case .outOfMemory: .outOfMemory
    }
  }
}
