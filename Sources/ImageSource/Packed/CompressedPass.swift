import BlockIO
import Sandbox

/// A decoder at work, and what it has said so far; nothing of that is believed that can be checked.
struct CompressedPass: ~Copyable {
  /// How long a decoder may take to end after its last word.
  private static let timeToEnd = Duration.seconds(10)

  private var process: ConfinedProcess
  /// An open file of its own, whose page cache is given back.
  private let descriptor: OwnedDescriptor
  private let fileByteCount: UInt64?
  private var payloadLeft = 0
  private var droppedByteCount: UInt64 = 0
  private var failure: PackedImageError?
  /// What it said first.
  private(set) var opening = DecoderOpening(confinement: Confinement(), statedByteCount: nil)
  /// How much of the file has been used, in bytes.
  private(set) var consumedByteCount: UInt64 = 0
  /// Whether the whole image carries checksums; nil before its end.
  private(set) var isChecked: Bool?

  /// The number of the decoder's process.
  var decoder: Int32 { process.process }

  /// Starts a decoder and hears its first words.
  static func begin(
    _ file: any SuppliedFile, _ program: String
  ) throws(ImageSourceError) -> sending CompressedPass {
    let descriptor = try file.reopened()
    descriptor.willReadSequentially()
    do throws(PackedImageError) {
      var pass = CompressedPass(try start(program, descriptor), descriptor, file.fileByteCount)
      pass.opening = try pass.hearOpening()
      return pass
    } catch { throw .packed(error, path: file.path) }
  }

  private init(
    _ process: consuming ConfinedProcess, _ descriptor: consuming OwnedDescriptor, _ fileByteCount: UInt64?
  ) {
    self.process = process
    self.descriptor = descriptor
    self.fileByteCount = fileByteCount
  }

  private static func start(
    _ program: String, _ descriptor: borrowing OwnedDescriptor
  ) throws(PackedImageError) -> ConfinedProcess {
    do throws(ConfinementError) {
      return try ConfinedProcess(
        argument: ConfinedDecoder.argument, reading: descriptor, program: program,
        room: DecoderFrame.longestPayload)
    } catch { throw .decoder(error, offset: 0) }
  }

  /// Fills a range with the next bytes of the image; fewer only where the decoder has come to its good end.
  mutating func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(PackedImageError) -> Int {
    // What came before a failure is no image, and nothing comes after it.
    if let failure { throw failure }
    var done = 0
    do throws(PackedImageError) {
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
    } catch {
      failure = error
      throw error
    }
    return done
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
    let possible = consumedByteCount...(fileByteCount ?? .max)
    guard possible.contains(frame.consumedByteCount) else { throw senseless }
    consumedByteCount = frame.consumedByteCount
    // A file is read once and must not push out what others need.
    descriptor.dropCached(droppedByteCount..<consumedByteCount)
    droppedByteCount = consumedByteCount
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
