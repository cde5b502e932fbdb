import BlockIO
import Sandbox

/// A decoder at work, and what it has said so far; nothing of that is believed that can be checked.
struct CompressedPass: ~Copyable {
  /// How long a decoder may take to end after its last word.
  private static let timeToEnd = Duration.seconds(10)

  /// Where the decoder has its bytes from.
  private enum Input: Sendable {
    /// From an open file of its own, at any place.
    case file(OpenFile)
    /// From this process, in order.
    case fed(Feeder)
  }

  private var process: ConfinedProcess
  private let input: Input
  private let fileByteCount: UInt64?
  private var payloadLeft = 0
  private var droppedByteCount: UInt64 = 0
  private var failure: ImageSourceError?
  private let path: String
  /// What it said first.
  private(set) var opening = DecoderOpening(confinement: Confinement(), statedByteCount: nil)
  /// How much of the file has been used, in bytes.
  private(set) var consumedByteCount: UInt64 = 0
  /// Whether the whole image carries checksums; nil before its end.
  private(set) var isChecked: Bool?

  /// The processes that work for it.
  var children: [Int32] {
    switch input {
    case .file: [process.process]
    case .fed(let feeder): [process.process] + feeder.children
    }
  }

  /// Starts a decoder that reads a file by itself, at any place, and hears its first words.
  static func begin(
    reading file: any SuppliedFile, member: String?, _ program: String
  ) throws(ImageSourceError) -> sending CompressedPass {
    let open = OpenFile(try file.reopened())
    do throws(PackedImageError) {
      let process = try start(program, member, open.descriptor)
      var pass = CompressedPass(process, .file(open), file)
      pass.opening = try pass.hearOpening()
      return pass
    } catch { throw .packed(error, path: file.path) }
  }

  /// Starts a decoder that is given a file's bytes in order, and hears its first words.
  static func begin(
    feeding file: any SuppliedFile, member: String?, _ program: String
  ) throws(ImageSourceError) -> sending CompressedPass {
    var pipe: FeedingPipe
    do throws(SystemCallError) { pipe = try FeedingPipe(room: Feeder.pieceByteCount) } catch {
      throw .packed(.decoder(.system(error), offset: 0), path: file.path)
    }
    guard let end = pipe.takeReadEnd() else { preconditionFailure("a new pipe has two ends") }
    let feeder = try Feeder(try file.start(), pipe)
    do throws(PackedImageError) {
      let process = try start(program, member, end)
      var pass = CompressedPass(process, .fed(feeder), file)
      pass.opening = try pass.hearOpening()
      return pass
    } catch { throw .packed(error, path: file.path) }
  }

  private init(_ process: consuming ConfinedProcess, _ input: Input, _ file: any SuppliedFile) {
    self.process = process
    self.input = input
    path = file.path
    fileByteCount = file.fileByteCount
  }

  deinit { if case .fed(let feeder) = input { feeder.abandon() } }

  private static func start(
    _ program: String, _ member: String?, _ descriptor: borrowing OwnedDescriptor
  ) throws(PackedImageError) -> ConfinedProcess {
    do throws(ConfinementError) {
      return try ConfinedProcess(
        argument: ConfinedDecoder.argument(member: member), reading: descriptor, program: program,
        room: DecoderFrame.pipeByteCount)
    } catch { throw .decoder(error, offset: 0) }
  }

  /// Has every byte of the file shown to a witness; before the first read.
  /// - Returns: whether it will be: not where the decoder reads the file by itself.
  func showFile(to witness: any ByteWitness) -> Bool {
    guard case .fed(let feeder) = input else { return false }
    feeder.show(to: witness)
    return true
  }

  /// Fills a range with the next bytes of the image; fewer only where the decoder has come to its good end.
  mutating func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int {
    // What came before a failure is no image, and nothing comes after it.
    if let failure { throw failure }
    if case .fed(let feeder) = input { feeder.start() }
    do throws(PackedImageError) { return try fill(&buffer, range) } catch {
      let cause = cause(of: error)
      failure = cause
      throw cause
    }
  }

  private mutating func fill(
    _ buffer: inout AlignedBuffer, _ range: Range<Int>
  ) throws(PackedImageError) -> Int {
    var done = 0
    while done < range.count {
      if payloadLeft == 0 {
        guard isChecked == nil, try hearFrame() else { break }
        continue
      }
      let start = range.lowerBound + done
      let wanted = start..<start + min(payloadLeft, range.count - done)
      try hear(into: &buffer, wanted)
      done += wanted.count
      payloadLeft -= wanted.count
    }
    return done
  }

  /// A decoder whose bytes ended too early says so, and is not to blame.
  private func cause(of error: PackedImageError) -> ImageSourceError {
    if case .fed(let feeder) = input, let failure = feeder.failure { return failure }
    return .packed(error, path: path)
  }

  // MARK: - Frames

  private mutating func hearOpening() throws(PackedImageError) -> DecoderOpening {
    let frame = try hearHeader()
    if frame.kind == .failure { try hearFailure(frame) }
    guard frame.kind == .opening, frame.consumedByteCount == 0,
      let opening = DecoderOpening(parsing: try hear(frame.payloadByteCount))
    else { throw .senseless(offset: 0) }
    return opening
  }

  /// - Returns: whether the image goes on.
  private mutating func hearFrame() throws(PackedImageError) -> Bool {
    let frame = try hearHeader()
    if frame.kind == .failure { try hearFailure(frame) }
    // Of a file whose length is not known, its end tells.
    let possible = consumedByteCount...(fileByteCount ?? .max)
    guard possible.contains(frame.consumedByteCount) else { throw senseless }
    consumedByteCount = frame.consumedByteCount
    if case .file(let open) = input {
      // A file is read once and must not push out what others need.
      open.descriptor.dropCached(droppedByteCount..<consumedByteCount)
      droppedByteCount = consumedByteCount
    }
    switch frame.kind {
    case .bytes: payloadLeft = frame.payloadByteCount
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

  private mutating func hear(
    into buffer: inout AlignedBuffer, _ range: Range<Int>
  ) throws(PackedImageError) {
    do throws(ConfinementError) {
      let count = try process.read(into: &buffer, range: range, unless: { Task.isCancelled })
      guard count < range.count else { return }
    } catch { throw described(error) }
    try requireGoodEnd()
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

/// A file that a decoder reads, with a place of its own.
private final class OpenFile: Sendable {
  let descriptor: OwnedDescriptor

  init(_ descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
    self.descriptor.willReadSequentially()
  }
}
