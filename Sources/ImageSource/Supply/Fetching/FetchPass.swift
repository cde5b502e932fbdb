import BlockIO
import Decompression
import Sandbox

/// A process that fetches, and what it has said so far.
struct FetchPass: ~Copyable {
  /// How long it may take to end after its last word.
  private static let timeToEnd = Duration.seconds(10)

  private(set) var process: ConfinedProcess
  /// What the process was told by; it ends when this does.
  private let control: FeedingPipe
  private var payloadLeft = 0
  private var isAtEnd = false
  private var failure: FetchFailure?
  private(set) var resumptionCount = 0

  init(_ request: FetchRequest, _ program: String) throws(FetchFailure) {
    var pipe = try Self.pipe(holding: request)
    guard let end = pipe.takeReadEnd() else { preconditionFailure("a new pipe has two ends") }
    let started: ConfinedProcess
    do throws(ConfinementError) {
      started = try ConfinedProcess(
        argument: ConfinedFetcher.argument, reading: end, program: program, room: FetchFrame.longestPayload)
    } catch { throw .process(error) }
    control = pipe
    process = started
  }

  /// A pipe that the request is in already, so that nobody has to wait for anybody.
  private static func pipe(holding request: FetchRequest) throws(FetchFailure) -> FeedingPipe {
    let bytes = request.bytes
    let words = UInt32(bytes.count).littleEndianBytes + bytes
    guard bytes.count <= FetchRequest.longest else { throw .transfer("the environment is too large") }
    var buffer = AlignedBuffer(byteCount: 64 << 10)
    buffer.copy(from: words.span, at: 0)
    let pipe: FeedingPipe
    do throws(SystemCallError) { pipe = try FeedingPipe(room: buffer.byteCount) } catch {
      throw .process(.system(error))
    }
    guard pipe.writeAtOnce(buffer, range: 0..<words.count) == words.count else {
      throw .transfer("the request does not fit into a pipe")
    }
    return pipe
  }

  /// Waits for the first words.
  mutating func hearOpening(unless isCancelled: () -> Bool) throws(FetchFailure) -> FetchOpening {
    let frame = try hearHeader(isCancelled)
    if frame.kind == .failure { try hearFailure(frame, isCancelled) }
    guard frame.kind == .opening,
      let opening = FetchOpening(parsing: try hear(frame.payloadByteCount, isCancelled))
    else { throw .senseless }
    return opening
  }

  /// Hears one of several small files to its end.
  mutating func hearSmallFile(unless isCancelled: () -> Bool) throws(FetchFailure) -> [UInt8] {
    _ = try hearOpening(unless: isCancelled)
    var bytes: [UInt8] = []
    while true {
      let frame = try hearHeader(isCancelled)
      switch frame.kind {
      case .bytes:
        bytes += try hear(frame.payloadByteCount, isCancelled)
        guard bytes.byteCount <= SmallFetch.longestFile else { throw .senseless }
      case .resumed: break
      case .failure: try hearFailure(frame, isCancelled)
      case .end: return bytes
      case .opening: throw .senseless
      }
    }
  }

  /// Fills a range with the bytes that come next; fewer only at the end that the process has said, and proven by
  /// ending well.
  mutating func read(
    into buffer: inout AlignedBuffer, range: Range<Int>, unless isCancelled: () -> Bool
  ) throws(FetchFailure) -> Int {
    // What came before a failure is no file, and nothing comes after it.
    if let failure { throw failure }
    do throws(FetchFailure) { return try fill(&buffer, range, isCancelled) } catch {
      failure = error
      throw error
    }
  }

  private mutating func fill(
    _ buffer: inout AlignedBuffer, _ range: Range<Int>, _ isCancelled: () -> Bool
  ) throws(FetchFailure) -> Int {
    var done = 0
    while done < range.count, !isAtEnd {
      guard payloadLeft > 0 else {
        try hearFrame(isCancelled)
        continue
      }
      let start = range.lowerBound + done
      let wanted = start..<start + min(payloadLeft, range.count - done)
      let count: Int
      do throws(ConfinementError) {
        count = try process.read(into: &buffer, range: wanted, unless: isCancelled)
      } catch { throw .process(error) }
      guard count == wanted.count else { throw try unfinished() }
      done += count
      payloadLeft -= count
    }
    return done
  }

  private mutating func hearFrame(_ isCancelled: () -> Bool) throws(FetchFailure) {
    let frame = try hearHeader(isCancelled)
    switch frame.kind {
    case .bytes: payloadLeft = frame.payloadByteCount
    case .resumed: resumptionCount += 1
    case .failure: try hearFailure(frame, isCancelled)
    case .end:
      do throws(ConfinementError) { try process.finish(within: Self.timeToEnd) } catch {
        throw .process(error)
      }
      isAtEnd = true
    case .opening: throw .senseless
    }
  }

  private mutating func hearFailure(
    _ frame: FetchFrame, _ isCancelled: () -> Bool
  ) throws(FetchFailure) -> Never {
    let payload = try hear(frame.payloadByteCount, isCancelled)
    throw FetchFailure(payload: payload) ?? .senseless
  }

  private mutating func hearHeader(_ isCancelled: () -> Bool) throws(FetchFailure) -> FetchFrame {
    guard let frame = FetchFrame(parsing: try hear(FetchFrame.headerByteCount, isCancelled)) else {
      throw .senseless
    }
    return frame
  }

  private mutating func hear(_ count: Int, _ isCancelled: () -> Bool) throws(FetchFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let done: Int
    do throws(ConfinementError) { done = try process.read(into: &bytes, unless: isCancelled) } catch {
      throw .process(error)
    }
    guard done == count else { throw try unfinished() }
    return bytes
  }

  /// It says no more, and has not said that it is done.
  private mutating func unfinished() throws(FetchFailure) -> FetchFailure {
    do throws(ConfinementError) { try process.finish(within: Self.timeToEnd) } catch { throw .process(error) }
    return .senseless
  }
}
