import BlockIO
import Decompression
import DiskContainers
import Glibc
import Sandbox
import Synchronization
import SystemPackage
import Unpacking

/// The process that decodes: this program, started once more by ``CompressedImage`` (R47).
public enum ConfinedDecoder {
  /// Its only argument, where the image is not a member that was named.
  public static let argument = "confined-decoding"
  /// What its only argument begins with, where the name of a member follows.
  private static let prefix = argument + "="

  /// The argument that tells it what to do.
  /// - Parameter member: the name of the member that is the image; nil where it is the only one.
  static func argument(member: String?) -> String { member.map { prefix + $0 } ?? argument }

  /// Whether this process is to be one, by its only argument.
  public static func isAsked(by argument: String) -> Bool {
    argument == Self.argument || argument.hasPrefix(prefix)
  }

  /// Gives everything up but the file and the pipe, decodes, and ends the process.
  ///
  /// To be called while there is one thread.
  /// - Parameter argument: its only argument.
  public static func run(_ argument: String) -> Never {
    let member = argument.hasPrefix(prefix) ? String(argument.dropFirst(prefix.count)) : nil
    // The kernel is asked what it is before that cannot be asked any more; no byte of it is read.
    let file: PackedFile
    do throws(SystemCallError) { file = try PackedFile(adopting: ConfinedProcess.input) } catch { _exit(1) }
    let processors = sysconf(CInt(_SC_NPROCESSORS_ONLN))
    let confinement: Confinement
    do throws(SystemCallError) {
      confinement = try Confinement.enter(for: .decoding, isRoot: geteuid() == 0)
    } catch { fail(.unconfined(error)) }
    do throws(PackedImageError) {
      var pass = try DecodingPass(
        file, member: member, limits: DecodingLimits(processors: processors), confinement)
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
private final class PackedFile: PackedInput {
  private let descriptor: OwnedDescriptor
  let isInOrder: Bool
  /// What has been read of a pipe to be looked at, from the first byte on.
  private let beginning = Mutex<[UInt8]>([])
  /// Of a pipe more than any file has: only its end tells.
  let byteCount: UInt64

  init(adopting number: CInt) throws(SystemCallError) {
    let descriptor = OwnedDescriptor(adopting: number)
    let state = try FileState(of: descriptor)
    isInOrder = state.kind == .fifo
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
    guard isInOrder else { return try prefix(at: 0, upTo: count) }
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
    guard !isInOrder else {
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

  func read(at offset: UInt64, into output: inout MutableRawSpan) throws(ByteReadError) -> Int {
    do throws(SystemCallError) {
      guard isInOrder else { return try descriptor.read(at: offset, into: &output) }
      var seen = beginning.withLock(\.self).dropFirst(Int(clamping: offset))
      let done = seen.move(into: &output)
      var room = output._mutatingExtracting(done...)
      return done + (try descriptor.readOn(into: &room))
    } catch { throw .system(error, offset: offset) }
  }
}

/// One pass over the file, told to the pipe.
private struct DecodingPass: ~Copyable {
  /// How much of the file may be used without a word, in bytes.
  private static let longestSilence: UInt64 = 16 << 20
  /// How much of a pipe is looked at to tell the format, in bytes.
  private static let headByteCount = 64 << 10
  /// Where a frame's payload lies in the buffer; its header lies right before.
  private static let payloadStart = AlignedBuffer.alignment

  /// How far it has said that it is.
  private final class Words {
    private var hasOpened = false
    var toldByteCount: UInt64 = 0

    func open(_ confinement: Confinement, _ statedByteCount: UInt64?, _ member: String?) {
      let opening = DecoderOpening(
        confinement: confinement, statedByteCount: statedByteCount, member: member
      ).bytes
      let frame = DecoderFrame(.opening, payloadByteCount: opening.count, consumedByteCount: 0)
      DecodingPass.send(frame.header + opening)
      hasOpened = true
    }

    func sayProgress(_ consumed: UInt64, after silence: UInt64) {
      guard hasOpened, consumed >= toldByteCount, consumed - toldByteCount >= silence else { return }
      toldByteCount = consumed
      DecodingPass.send(DecoderFrame(.progress, payloadByteCount: 0, consumedByteCount: consumed).header)
    }
  }

  private let file: PackedFile
  private let unpacker: Unpacker
  private let watch: UnpackingWatch
  private let words: Words
  private var output = AlignedBuffer(byteCount: payloadStart + DecoderFrame.longestPayload)

  /// Opens the file as far as the image, and says so.
  ///
  /// Whoever feeds a pipe waits for that with more than the first bytes, which then have to do.
  init(
    _ file: PackedFile, member: String?, limits: DecodingLimits, _ confinement: Confinement
  ) throws(PackedImageError) {
    let words = Words()
    // What has been decoded since is sent later; how far it is, is told in between.
    let watch = UnpackingWatch { consumed in words.sayProgress(consumed, after: Self.longestSilence) }
    unpacker = try Self.open(file, member, limits, watch) { statedByteCount, member in
      words.open(confinement, statedByteCount, member)
    }
    (self.file, self.watch, self.words) = (file, watch, words)
  }

  private static func open(
    _ file: PackedFile, _ member: String?, _ limits: DecodingLimits, _ watch: UnpackingWatch,
    _ say: (_ statedByteCount: UInt64?, _ member: String?) -> Void
  ) throws(PackedImageError) -> Unpacker {
    let format: PackedFormat?
    do throws(ByteReadError) {
      format = try file.isInOrder ? PackedFormat(of: file.head(headByteCount)) : PackedFormat(of: file)
    } catch { throw PackedImageError(error) }
    guard let format else { throw .unrecognised }
    if file.isInOrder { say(format.statedByteCount(in: file), nil) }
    do throws(UnpackingError) {
      let unpacker = try Unpacker(file, as: format, member: member, limits: limits, watch: watch)
      if !file.isInOrder { say(unpacker.statedByteCount, unpacker.member) }
      return unpacker
    } catch {
      // What is damaged in a compressed file is told by those who read it, as if it were found later.
      if !format.isArchive, !file.isInOrder, case .decoding = error {
        say(format.statedByteCount(in: file), nil)
      }
      throw PackedImageError(error)
    }
  }

  mutating func decodeToTheEnd() throws(PackedImageError) {
    while true {
      let count = try Self.decodePiece(unpacker, into: &output)
      if count > 0 { tell(.bytes, count, consumed: max(words.toldByteCount, watch.consumedByteCount)) }
      guard count == DecoderFrame.longestPayload else { break }
    }
    let isChecked: [UInt8] = [unpacker.isChecked ? 1 : 0]
    output.copy(from: isChecked.span, at: Self.payloadStart)
    // An end that is proven accounts for every byte of the file.
    tell(.end, 1, consumed: file.isInOrder ? watch.consumedByteCount : file.byteCount)
  }

  private static func decodePiece(
    _ unpacker: Unpacker, into output: inout AlignedBuffer
  ) throws(PackedImageError) -> Int {
    var bytes = output.mutableBytes
    var room = bytes._mutatingExtracting(payloadStart...)
    do throws(UnpackingError) { return try unpacker.read(into: &room) } catch {
      throw PackedImageError(error)
    }
  }

  // MARK: - The pipe

  /// Sends what lies in the buffer.
  private mutating func tell(_ kind: DecoderFrame.Kind, _ count: Int, consumed: UInt64) {
    words.toldByteCount = consumed
    let frame = DecoderFrame(kind, payloadByteCount: count, consumedByteCount: consumed)
    let start = Self.payloadStart - DecoderFrame.headerByteCount
    output.copy(from: frame.header.span, at: start)
    Self.send(output.bytes.extracting(start..<Self.payloadStart + count))
  }

  private static func send(_ bytes: RawSpan) {
    // Nobody is there to be told why.
    if !ConfinedProcess.send(bytes) { _exit(1) }
  }

  fileprivate static func send(_ bytes: [UInt8]) {
    // Nobody is there to be told why.
    if !ConfinedProcess.send(bytes) { _exit(1) }
  }
}

extension PackedImageError {
  fileprivate init(_ error: UnpackingError) {
    switch error {
    case .decoding(let error, 0): self = .decoding(error)
    case .decoding(let error, let layer): self = .inside(error, layer: layer)
    case .archive(let error): self = .archive(error)
    case .container(.unreadable(let error, offset: let offset), _): self = .unreadable(error, offset: offset)
    case .container(let error, let format): self = .container(error, format)
    case .reading(let error): self.init(error)
    }
  }

  fileprivate init(_ error: ByteReadError) {
    switch error {
    case .system(let error, let offset): self = .unreadable(error, offset: offset)
    case .outOfBounds, .budgetExhausted, .notLookedAt: self = .unrecognised
    }
  }
}
