import BlockIO
import Decompression
import DiskContainers
import Glibc
import Sandbox
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
    let room = takeRoom()
    let processors = sysconf(CInt(_SC_NPROCESSORS_ONLN))
    let confinement: Confinement
    do throws(SystemCallError) {
      confinement = try Confinement.enter(for: .decoding, isRoot: geteuid() == 0)
    } catch { fail(.unconfined(error)) }
    do throws(PackedImageError) {
      var pass = try DecodingPass(
        file, member: member, limits: DecodingLimits(processors: processors), confinement, room)
      try pass.decodeToTheEnd()
    } catch { fail(error) }
    // Nothing that runs at the end of a process is wanted here.
    _exit(0)
  }

  private static func takeRoom() -> RingRoom {
    do throws(SystemCallError) {
      return try RingRoom(slotByteCount: DecoderFrame.longestPayload)
    } catch { _exit(1) }
  }

  private static func fail(_ error: PackedImageError) -> Never {
    let payload = error.payload
    let frame = DecoderFrame(.failure, payloadByteCount: payload.count, consumedByteCount: 0)
    _exit(ConfinedProcess.send(frame.header + payload) ? 0 : 1)
  }
}

/// One pass over the file, laid into the ring and told to the pipe.
private struct DecodingPass: ~Copyable {
  /// How much of the file may be used without a word, in bytes.
  private static let longestSilence: UInt64 = 16 << 20
  /// How much of a pipe is looked at to tell the format, in bytes.
  private static let headByteCount = 64 << 10

  /// How far it has said that it is.
  private final class Words {
    private var hasOpened = false
    var toldByteCount: UInt64 = 0

    /// Says what is in the file; of what comes in order a second time, when more of it has been seen.
    func open(_ confinement: Confinement, _ statedByteCount: UInt64?, _ member: String?) {
      let opening = DecoderOpening(
        confinement: confinement, statedByteCount: statedByteCount, member: member
      ).bytes
      let frame = DecoderFrame(
        hasOpened ? .contents : .opening, payloadByteCount: opening.count, consumedByteCount: toldByteCount)
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
  private let patience: FruitlessWork
  private var room: RingRoom

  /// Opens the file as far as the image, and says so.
  ///
  /// Whoever feeds a pipe waits for that with more than the first bytes, which then have to do.
  init(
    _ file: PackedFile, member: String?, limits: DecodingLimits, _ confinement: Confinement,
    _ room: consuming RingRoom
  ) throws(PackedImageError) {
    let words = Words()
    // What has been decoded since is sent later; how far it is, is told in between.
    let patience = FruitlessWork()
    let watch = UnpackingWatch { consumed throws(UnpackingError) in
      words.sayProgress(consumed, after: Self.longestSilence)
      guard patience.isWorthIt else { throw .reading(.budgetExhausted) }
    }
    unpacker = try Self.open(file, member, limits, watch) { statedByteCount, member in
      words.open(confinement, statedByteCount, member)
    }
    (self.file, self.watch, self.words, self.patience) = (file, watch, words, patience)
    self.room = room
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
      say(unpacker.statedByteCount, unpacker.member)
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
      // Whoever takes the image may get a medium ready meanwhile.
      if room.isFull { try Self.workAhead(unpacker) }
      // Nobody is there to be told why.
      guard room.wait() else { _exit(1) }
      let count = try Self.decodePiece(unpacker, into: &room)
      if count > 0 {
        tell(.bytes, count, consumed: max(words.toldByteCount, watch.consumedByteCount))
        room.advance()
        patience.begin()
      }
      guard count == DecoderFrame.longestPayload else { break }
    }
    // An end that is proven accounts for every byte of the file.
    tell(
      .end, 1, consumed: file.isInOrder ? watch.consumedByteCount : file.byteCount,
      [unpacker.isChecked ? 1 : 0])
  }

  private static func decodePiece(
    _ unpacker: Unpacker, into room: inout RingRoom
  ) throws(PackedImageError) -> Int {
    do throws(UnpackingError) {
      return try room.fill { bytes throws(UnpackingError) in try unpacker.read(into: &bytes) }
    } catch { throw PackedImageError(error) }
  }

  private static func workAhead(_ unpacker: Unpacker) throws(PackedImageError) {
    do throws(UnpackingError) { try unpacker.workAhead() } catch { throw PackedImageError(error) }
  }

  // MARK: - The pipe

  private func tell(_ kind: DecoderFrame.Kind, _ count: Int, consumed: UInt64, _ payload: [UInt8] = []) {
    words.toldByteCount = consumed
    Self.send(DecoderFrame(kind, payloadByteCount: count, consumedByteCount: consumed).header + payload)
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
    case .budgetExhausted: self = .fruitless
    case .outOfBounds, .notLookedAt: self = .unrecognised
    }
  }
}
