import CLzma

/// Decodes streams of xz, on several threads where they have several blocks, and LZMA without a container.
@safe
final class LZMACodec: MemberCodec {
  enum Container {
    case xz
    case alone
  }

  /// What every stream of xz begins with.
  static let magic: [UInt8] = [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
  /// The properties, the size of the dictionary and the length.
  private static let aloneHeadByteCount = 13

  private let container: Container
  private let limits: DecodingLimits
  // Safe: made in `init`, freed in `deinit`, and not handed out in between.
  private let stream: UnsafeMutablePointer<lzma_stream>
  /// What the stream begins with, as far as the header of its first block reaches at most.
  private var beginning: [UInt8] = []
  private var hasBegun = false
  /// Whether the stream has ended while there was no room, which the next step tells.
  private var hasEnded = false
  private(set) var isChecked = true

  init(_ container: Container, _ limits: DecodingLimits) throws(CodecFault) {
    self.container = container
    self.limits = limits
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: lzma_stream())
  }

  deinit {
    unsafe lzma_end(stream)
    unsafe stream.deallocate()
  }

  var padding: Padding { container == .xz ? .fours : .none }

  func isComplete(head: [UInt8]) throws(CodecFault) -> Bool {
    switch container {
    case .xz:
      guard Self.magic.starts(with: head) else { throw .foreign }
      return head.count == Self.magic.count
    case .alone:
      // There is no telling where another one begins, and no decoder looks for one.
      guard !hasBegun else { throw .foreign }
      return head.count == Self.aloneHeadByteCount
    }
  }

  func begin(head: [UInt8]) throws(CodecFault) {
    isChecked = container == .xz
    (hasBegun, hasEnded) = (true, false)
    beginning.removeAll(keepingCapacity: true)
    switch container {
    case .alone: try check(unsafe lzma_alone_decoder(stream, limits.memory))
    case .xz:
      var options = unsafe lzma_mt()
      unsafe options.flags = clzma_flags
      unsafe options.threads = UInt32(limits.threads)
      unsafe options.memlimit_threading = limits.threadedMemory
      unsafe options.memlimit_stop = limits.memory
      try check(unsafe lzma_stream_decoder_mt(stream, &options))
    }
  }

  func decode(
    _ input: Span<UInt8>, into output: inout MutableRawSpan, isLast: Bool
  ) throws(CodecFault) -> CodecStep {
    if hasEnded { return CodecStep(isEnd: true) }
    remember(input)
    return try unsafe input.withUnsafeBufferPointer { source throws(CodecFault) in
      try unsafe output.withUnsafeMutableBytes { target throws(CodecFault) in
        unsafe stream.pointee.next_in = source.baseAddress
        unsafe stream.pointee.avail_in = source.count
        unsafe stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = target.count
        // From the first LZMA_FINISH on, the library wants to see exactly the input that is left.
        let isEnd = try run(isLast && source.isEmpty ? LZMA_FINISH : LZMA_RUN)
        return unsafe CodecStep(
          consumed: source.count - stream.pointee.avail_in, produced: target.count - stream.pointee.avail_out,
          isEnd: isEnd)
      }
    }
  }

  var worksAhead: Bool { container == .xz && limits.threads > 1 }

  /// The library takes blocks as long as there are threads for them, and keeps what they make within
  /// ``DecodingLimits/threadedMemory``; whether there is room for it is asked behind that.
  func workAhead(_ input: Span<UInt8>) throws(CodecFault) -> Int {
    guard worksAhead, !hasEnded else { return 0 }
    remember(input)
    return try unsafe input.withUnsafeBufferPointer { source throws(CodecFault) in
      unsafe stream.pointee.next_in = source.baseAddress
      unsafe stream.pointee.avail_in = source.count
      unsafe stream.pointee.next_out = nil
      unsafe stream.pointee.avail_out = 0
      switch unsafe lzma_code(stream, LZMA_RUN) {
      case LZMA_BUF_ERROR: break
      case LZMA_STREAM_END: hasEnded = true
      case LZMA_NO_CHECK: isChecked = false
      case let status: try check(status)
      }
      return unsafe source.count - stream.pointee.avail_in
    }
  }

  /// Goes on until something has come of it, or nothing can without more input.
  /// - Returns: whether the stream has ended.
  private func run(_ action: lzma_action) throws(CodecFault) -> Bool {
    let before = unsafe (stream.pointee.avail_in, stream.pointee.avail_out)
    repeat {
      switch unsafe lzma_code(stream, action) {
      case LZMA_OK: continue
      case LZMA_STREAM_END: return true
      // Nothing could be done: the caller sees it from the counts.
      case LZMA_BUF_ERROR: return false
      case LZMA_NO_CHECK: isChecked = false
      case let status: try check(status)
      }
    } while unsafe (stream.pointee.avail_in, stream.pointee.avail_out) == before
    return false
  }

  private func check(_ status: lzma_ret) throws(CodecFault) {
    switch status {
    case LZMA_OK: return
    case LZMA_MEM_ERROR: throw .outOfMemory
    case LZMA_MEMLIMIT_ERROR: throw .memory(needed: neededMemory(), allowed: limits.memory)
    case LZMA_UNSUPPORTED_CHECK: throw .unsupported(.check)
    case LZMA_OPTIONS_ERROR: throw .unsupported(.options)
    default: throw .corrupt
    }
  }

  // MARK: - How much memory would be enough

  /// A stream's header and the longest header of a block (The .xz File Format, 2.1.1 and 3.1).
  private static let longestBeginning = 12 + 1024

  private func remember(_ input: Span<UInt8>) {
    guard container == .xz, beginning.count < Self.longestBeginning else { return }
    for index in 0..<min(input.count, Self.longestBeginning - beginning.count) {
      beginning.append(input[index])
    }
  }

  /// What the stream needs, in bytes; nil where a later block needs more than the first.
  ///
  /// The threaded decoder does not say what it would have needed, the other one does.
  private func neededMemory() -> UInt64? {
    guard container == .xz else { return unsafe lzma_memusage(stream) }
    var probe = unsafe lzma_stream()
    defer { unsafe lzma_end(&probe) }
    guard unsafe lzma_stream_decoder(&probe, limits.memory, 0) == LZMA_OK else { return nil }
    let status = unsafe beginning.withUnsafeBufferPointer { bytes in
      unsafe probe.next_in = bytes.baseAddress
      unsafe probe.avail_in = bytes.count
      return unsafe lzma_code(&probe, LZMA_RUN)
    }
    return status == LZMA_MEMLIMIT_ERROR ? unsafe lzma_memusage(&probe) : nil
  }
}
