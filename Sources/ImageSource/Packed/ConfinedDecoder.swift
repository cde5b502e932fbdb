import BlockIO
import Decompression
import Glibc
import Sandbox
import Synchronization
import SystemPackage

/// The process that decodes: this program, started once more by ``CompressedImage`` (R47).
public enum ConfinedDecoder {
  /// Its only argument.
  public static let argument = "confined-decoding"

  /// Gives everything up but the file and the pipe, decodes, and ends the process.
  ///
  /// To be called while there is one thread.
  public static func run() -> Never {
    // The kernel is asked what it is before that cannot be asked any more; no byte of it is read.
    let file: PackedFile
    do throws(SystemCallError) { file = try PackedFile(adopting: ConfinedProcess.input) } catch { _exit(1) }
    let processors = sysconf(CInt(_SC_NPROCESSORS_ONLN))
    let confinement: Confinement
    do throws(SystemCallError) {
      confinement = try Confinement.enter(for: .decoding, isRoot: geteuid() == 0)
    } catch { fail(.unconfined(error)) }
    do throws(PackedImageError) {
      var pass = try DecodingPass(file, limits: DecodingLimits(processors: processors))
      pass.open(confinement)
      try pass.decodeToTheEnd()
    } catch { fail(error) }
    // Nothing that runs at the end of a process is wanted here.
    _exit(0)
  }

  private static func fail(_ error: PackedImageError) -> Never {
    let payload = error.payload
    let frame = DecoderFrame(.failure, payloadByteCount: payload.count, consumedByteCount: 0)
    _exit(ConfinedProcess.send(frame.header + payload) ? 0 : 1)
  }
}

/// What is decoded: a file, with the length that it has at the beginning (what it grows by is no part of it), or a
/// pipe that brings a file's bytes in order.
private final class PackedFile: RandomAccessBytes {
  private let descriptor: OwnedDescriptor
  private let isPipe: Bool
  /// What has been read of a pipe to be looked at, from the first byte on.
  private let beginning = Mutex<[UInt8]>([])
  /// Of a pipe more than any file has: only its end tells.
  let byteCount: UInt64

  init(adopting number: CInt) throws(SystemCallError) {
    let descriptor = OwnedDescriptor(adopting: number)
    let state = try FileState(of: descriptor)
    isPipe = state.kind == .fifo
    byteCount =
      switch state.kind {
      case .blockDevice: try BlockGeometry(of: descriptor).byteCount
      case .fifo: .max
      default: state.byteCount
      }
    self.descriptor = descriptor
  }

  /// The first bytes; fewer than are wanted only where there are no more: whoever feeds a pipe has filled it before.
  func head(_ count: Int) throws(ByteReadError) -> [UInt8] {
    guard isPipe else { return try prefix(at: 0, upTo: count) }
    return try beginning.withLock { beginning throws(ByteReadError) in
      if beginning.isEmpty {
        beginning = [UInt8](repeating: 0, count: count)
        do throws(SystemCallError) {
          beginning.removeLast(count - (try descriptor.readSome(into: &beginning, from: 0)))
        } catch { throw .system(error, offset: 0) }
      }
      return beginning
    }
  }

  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    guard !isPipe else {
      // What comes later would be missing then where it is decoded.
      let seen = beginning.withLock(\.self)
      guard offset + UInt64(count) <= seen.byteCount else { throw .notLookedAt(offset: seen.byteCount) }
      return try seen.bytes(at: offset, count: count)
    }
    var bytes = [UInt8](repeating: 0, count: count)
    let done: Int
    do throws(SystemCallError) { done = try descriptor.read(at: offset, into: &bytes) } catch {
      throw .system(error, offset: offset)
    }
    guard done == count else {
      throw .outOfBounds(offset: offset, count: count, available: offset + UInt64(done))
    }
    return bytes
  }

  /// Fills an array, as far as there are bytes; those of a pipe must be asked for in order.
  func read(at offset: UInt64, into bytes: inout [UInt8]) throws(SystemCallError) -> Int {
    guard isPipe else { return try descriptor.read(at: offset, into: &bytes) }
    let seen = beginning.withLock(\.self).dropFirst(Int(clamping: offset))
    bytes.replaceSubrange(0..<seen.count, with: seen)
    return try descriptor.readOn(into: &bytes, from: seen.count)
  }
}

/// One pass over the file, told to the pipe.
private struct DecodingPass: ~Copyable {
  /// How much is read at a time, in bytes: an offset of damage is not more exact.
  private static let pieceByteCount = 128 << 10
  /// How much of the file may be used without a word, in bytes.
  private static let longestSilence: UInt64 = 16 << 20
  /// Where a frame's payload lies in the buffer; its header lies right before.
  private static let payloadStart = AlignedBuffer.alignment

  private let file: PackedFile
  private let format: CompressionFormat
  private var decompressor: Decompressor
  private var input = [UInt8](repeating: 0, count: pieceByteCount)
  /// What of the input is still to be decoded.
  private var rest = 0..<0
  private var position: UInt64 = 0
  private var isLast = false
  private var output = AlignedBuffer(byteCount: payloadStart + DecoderFrame.longestPayload)
  private var payloadByteCount = 0
  private var toldByteCount: UInt64 = 0

  init(_ file: PackedFile, limits: DecodingLimits) throws(PackedImageError) {
    let prefix: [UInt8]
    do throws(ByteReadError) {
      prefix = try file.head(CompressionFormat.prefixByteCount)
    } catch { throw Self.described(error) }
    guard let format = CompressionFormat(prefix: prefix) else { throw .unrecognised }
    do throws(DecodingError) { decompressor = try Decompressor(format, limits: limits) } catch {
      throw .decoding(error)
    }
    self.file = file
    self.format = format
  }

  mutating func open(_ confinement: Confinement) {
    // A length that cannot be read is not stated; reading on tells why.
    let stated = try? format.statedByteCount(in: file)
    let opening = DecoderOpening(confinement: confinement, statedByteCount: stated ?? nil)
    output.copy(from: opening.bytes.span, at: Self.payloadStart)
    tell(.opening, DecoderOpening.byteCount)
  }

  mutating func decodeToTheEnd() throws(PackedImageError) {
    while true {
      if rest.isEmpty { try readPiece() }
      let step = try decodePiece()
      if payloadByteCount == DecoderFrame.longestPayload || (step.isAtEnd && payloadByteCount > 0) {
        tell(.bytes, payloadByteCount)
        payloadByteCount = 0
      } else if decompressor.consumedByteCount - toldByteCount >= Self.longestSilence {
        sayProgress()
      }
      guard !step.isAtEnd else { break }
    }
    let isChecked: [UInt8] = [decompressor.isChecked ? 1 : 0]
    output.copy(from: isChecked.span, at: Self.payloadStart)
    tell(.end, 1)
  }

  /// Reads on; a file that has become shorter ends early, which no decoder takes for an end.
  private mutating func readPiece() throws(PackedImageError) {
    let count: Int
    do throws(SystemCallError) { count = try file.read(at: position, into: &input) } catch {
      throw .unreadable(error, offset: position)
    }
    rest = 0..<Int(min(UInt64(count), file.byteCount - position))
    position += UInt64(rest.count)
    isLast = count < input.count || position == file.byteCount
  }

  private mutating func decodePiece() throws(PackedImageError) -> DecodingStep {
    let step: DecodingStep
    do throws(DecodingError) {
      let start = Self.payloadStart + payloadByteCount
      step = try Self.decode(input, rest, isLast: isLast, with: &decompressor, into: &output, from: start)
    } catch { throw .decoding(error) }
    rest = rest.lowerBound + step.consumed..<rest.upperBound
    payloadByteCount += step.produced
    return step
  }

  private static func decode(
    _ input: [UInt8], _ rest: Range<Int>, isLast: Bool, with decompressor: inout Decompressor,
    into output: inout AlignedBuffer, from start: Int
  ) throws(DecodingError) -> DecodingStep {
    var bytes = output.mutableBytes
    var room = bytes._mutatingExtracting(start...)
    return try decompressor.step(input.span.extracting(rest), isLast: isLast, into: &room)
  }

  // MARK: - The pipe

  /// Sends what lies in the buffer.
  private mutating func tell(_ kind: DecoderFrame.Kind, _ count: Int) {
    toldByteCount = decompressor.consumedByteCount
    let frame = DecoderFrame(kind, payloadByteCount: count, consumedByteCount: toldByteCount)
    let start = Self.payloadStart - DecoderFrame.headerByteCount
    output.copy(from: frame.header.span, at: start)
    // Nobody is there to be told why.
    if !ConfinedProcess.send(output.bytes.extracting(start..<Self.payloadStart + count)) { _exit(1) }
  }

  /// Says how far it is; what has been decoded since stays in the buffer.
  private mutating func sayProgress() {
    toldByteCount = decompressor.consumedByteCount
    let frame = DecoderFrame(.progress, payloadByteCount: 0, consumedByteCount: toldByteCount)
    if !ConfinedProcess.send(frame.header) { _exit(1) }
  }

  private static func described(_ error: ByteReadError) -> PackedImageError {
    switch error {
    case .system(let error, let offset): .unreadable(error, offset: offset)
    case .outOfBounds, .budgetExhausted, .notLookedAt: .unrecognised
    }
  }
}
