import BlockIO
import Sandbox

/// A decoder at work, and what it has said so far; nothing of that is believed that can be checked.
struct CompressedPass: ~Copyable {
  /// How long a decoder may take to end after its last word.
  private static let timeToEnd = Duration.seconds(10)

  /// Where the decoder has its bytes from.
  enum Input: Sendable {
    /// From an open file of its own, at any place.
    case file(OpenFile)
    /// From this process, in order.
    case fed(Feeder)
  }

  private var process: ConfinedProcess
  private var ring: SharedRing
  private let input: Input
  private let fileByteCount: UInt64?
  /// What of the slot whose turn it is has not been copied yet.
  private var payload = 0..<0
  private var failure: ImageSourceError?
  private let path: String
  private var firstWords = DecoderOpening(confinement: Confinement(), statedByteCount: nil)
  /// What it said of the content of a file that comes in order; nil as long as it has not.
  private(set) var contents: DecoderOpening?
  private var hasGivenBytes = false
  /// How much of the file has been used, in bytes.
  private(set) var consumedByteCount: UInt64 = 0
  /// Whether the whole image carries checksums; nil before its end.
  private(set) var isChecked: Bool?

  /// What it said first.
  // From a stored property Swift 6.3 would lend what outlives this value without a reference of its own.
  var opening: DecoderOpening { @inline(never) get { firstWords } }

  /// Whether this process gives the decoder its bytes.
  var isFed: Bool { if case .fed = input { true } else { false } }

  /// The processes that work for it.
  var children: [Int32] {
    switch input {
    case .file: [process.process]
    case .fed(let feeder): [process.process] + feeder.children
    }
  }

  /// Takes over a decoder that has just been started.
  init(
    _ process: consuming ConfinedProcess, _ ring: consuming SharedRing, _ input: Input,
    _ file: any SuppliedFile
  ) {
    self.process = process
    self.ring = ring
    self.input = input
    path = file.path
    fileByteCount = file.fileByteCount
  }

  deinit { if case .fed(let feeder) = input { feeder.abandon() } }

  /// Has every byte of the file shown to a witness; before the first read.
  /// - Returns: whether it will be: not where the decoder reads the file by itself.
  func showFile(to witness: any ByteWitness) -> Bool {
    guard case .fed(let feeder) = input else { return false }
    feeder.show(to: witness)
    return true
  }

  /// Fills a range with the next bytes of the image; fewer only where the decoder has come to its good end, or where a
  /// limit is reached.
  mutating func read(
    into buffer: inout AlignedBuffer, range: Range<Int>, within limit: BeginningLimit?
  ) throws(ImageSourceError) -> (byteCount: Int, isCutShort: Bool) {
    // What came before a failure is no image, and nothing comes after it.
    if let failure { throw failure }
    if case .fed(let feeder) = input { feeder.start() }
    do throws(PackedImageError) { return try fill(&buffer, range, limit) } catch {
      let cause = cause(of: error)
      failure = cause
      throw cause
    }
  }

  private mutating func fill(
    _ buffer: inout AlignedBuffer, _ range: Range<Int>, _ limit: BeginningLimit?
  ) throws(PackedImageError) -> (byteCount: Int, isCutShort: Bool) {
    var done = 0
    while done < range.count {
      if payload.isEmpty {
        if isChecked == nil, let limit, try !isHeard(within: limit) { return (done, true) }
        guard isChecked == nil, try hearFrame() else { break }
        continue
      }
      let part = payload.prefix(range.count - done)
      ring.copy(part, into: &buffer, at: range.lowerBound + done)
      done += part.count
      payload = part.upperBound..<payload.upperBound
      if payload.isEmpty, !ring.release() { throw senseless }
    }
    return (done, false)
  }

  /// Waits until the decoder says something, unless that is more than somebody wants to wait for.
  private func isHeard(within limit: BeginningLimit) throws(PackedImageError) -> Bool {
    do throws(ConfinementError) {
      while consumedByteCount < limit.fileByteCount, ContinuousClock.now < limit.deadline {
        if Task.isCancelled { throw .cancelled }
        if try process.waitForWords() { return true }
      }
    } catch { throw described(error) }
    return false
  }

  /// A decoder whose bytes ended too early says so, and is not to blame.
  private func cause(of error: PackedImageError) -> ImageSourceError {
    switch input {
    case .fed(let feeder): if let failure = feeder.failure { return failure }
    case .file(let open): if let failure = open.failure(expecting: fileByteCount) { return failure }
    }
    return .packed(error, path: path)
  }

  // MARK: - Frames

  /// Hears what the decoder says before everything else.
  mutating func hearOpening() throws(PackedImageError) {
    let frame = try hearHeader()
    if frame.kind == .failure { try hearFailure(frame) }
    guard frame.kind == .opening, frame.consumedByteCount == 0,
      let opening = DecoderOpening(parsing: try hear(frame.payloadByteCount))
    else { throw .senseless(offset: 0) }
    firstWords = opening
  }

  /// - Returns: whether the image goes on.
  private mutating func hearFrame() throws(PackedImageError) -> Bool {
    let frame = try hearHeader()
    if frame.kind == .failure { try hearFailure(frame) }
    // Of a file whose length is not known, its end tells.
    let possible = consumedByteCount...(fileByteCount ?? .max)
    guard possible.contains(frame.consumedByteCount) else { throw senseless }
    consumedByteCount = frame.consumedByteCount
    if case .file(let open) = input { open.didRead(upTo: consumedByteCount) }
    switch frame.kind {
    case .bytes:
      payload = 0..<frame.payloadByteCount
      hasGivenBytes = true
    case .contents:
      guard isFed, contents == nil, !hasGivenBytes,
        let told = DecoderOpening(parsing: try hear(frame.payloadByteCount)),
        told.confinement == opening.confinement
      else { throw senseless }
      contents = told
    case .progress: break
    case .end:
      try hearEnd()
      return false
    case .opening, .failure: throw senseless
    }
    return true
  }

  /// Behind the end nothing is said any more, the whole file was used, and the decoder ends well.
  private mutating func hearEnd() throws(PackedImageError) {
    let answer = try hear(1)
    guard answer[0] <= 1, consumedByteCount == fileByteCount ?? consumedByteCount else { throw senseless }
    try requireSilence()
    try requireGoodEnd()
    // What ended for the decoder must have ended for whoever fed it, and at the same byte.
    if case .fed(let feeder) = input, feeder.end() != consumedByteCount { throw senseless }
    isChecked = answer[0] == 1
  }

  private mutating func hearFailure(_ frame: DecoderFrame) throws(PackedImageError) -> Never {
    let payload = try hear(frame.payloadByteCount)
    throw PackedImageError(payload: payload) ?? senseless
  }

  private mutating func hearHeader() throws(PackedImageError) -> DecoderFrame {
    guard let frame = DecoderFrame(parsing: try hear(DecoderFrame.headerByteCount)) else { throw senseless }
    return frame
  }

  private var senseless: PackedImageError { .senseless(offset: consumedByteCount) }

  // MARK: - Bytes

  private mutating func hear(_ count: Int) throws(PackedImageError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    do throws(ConfinementError) {
      guard try process.read(into: &bytes, unless: { Task.isCancelled }) < count else { return bytes }
    } catch { throw described(error) }
    try requireGoodEnd()
    // It ended well without having said so.
    throw senseless
  }

  private mutating func requireSilence() throws(PackedImageError) {
    var more: [UInt8] = [0]
    let count: Int
    do throws(ConfinementError) {
      count = try process.read(into: &more, unless: { Task.isCancelled })
    } catch { throw described(error) }
    guard count == 0 else { throw senseless }
  }

  private mutating func requireGoodEnd() throws(PackedImageError) {
    do throws(ConfinementError) { try process.finish(within: Self.timeToEnd) } catch {
      throw described(error)
    }
  }

  private func described(_ error: ConfinementError) -> PackedImageError {
    error == .cancelled ? .cancelled : .decoder(error, offset: consumedByteCount)
  }
}
