import BlockIO
import CCurl
import Glibc
import Sandbox

/// One fetch from its first attempt to the end of the file.
final class Fetcher {
  /// How much is handed on at a time, in bytes.
  private static let pieceByteCount = 256 << 10
  /// How many bytes must have come for an attempt to be worth as much as none that failed.
  private static let worthMentioning: UInt64 = 64 << 10
  /// How much of an answer that is no file is listened to, in bytes.
  private static let longestExcuse = 1 << 20
  /// The longest heads of the responses to one question, in bytes; libcurl has had its own limit only since 8.3.
  private static let longestHead = 256 << 10

  private let request: FetchRequest
  private let certificates: [UInt8]
  private let confinement: Confinement
  /// The longest file that is taken, in bytes.
  private let limit: UInt64
  private var route: Route
  private var progress = FetchProgress()
  private var head = ResponseHead()
  private var judgement: FetchProgress.Judgement?
  private var excuseByteCount = 0
  private var headByteCount = 0
  private var hasToldOpening = false
  private var buffer = AlignedBuffer(byteCount: pieceByteCount)
  private var bufferedByteCount = 0
  private var attempts: UInt32 = 0
  private var lastByteCount: UInt64 = 0

  init(
    _ request: FetchRequest, _ certificates: [UInt8], _ confinement: Confinement, limit: UInt64 = .max
  ) {
    self.limit = limit
    self.request = request
    self.certificates = certificates
    self.confinement = confinement
    route = Route(request.url)
  }

  func fetch() throws(FetchFailure) {
    while try attempt() {}
    flush()
    tellOpening()
    tell(.end, [])
  }

  /// Asks once.
  /// - Returns: whether there is more to be asked for.
  private func attempt() throws(FetchFailure) -> Bool {
    head = ResponseHead()
    judgement = nil
    (excuseByteCount, headByteCount) = (0, 0)
    let result = Transfer.carryOut(
      route, progress, request, certificates, header: { self.take(header: $0) }, body: { self.take(body: $0) }
    )
    switch result.code {
    case 0: return try conclude(result)
    case CInt(ccurl_stopped):
      switch judgement {
      case .fail(let failure): throw failure
      // Its words were longer than anybody listens; what it means is said by the status.
      case .ignore: return try conclude(result)
      case .take, nil: throw .transfer(result.text)
      }
    case CInt(ccurl_stalled):
      let silence = "no byte came for \(request.patience.stall / 1000) seconds"
      // Nobody has said a word by then: it is no connection that was lost.
      guard head.status != 0 || progress.byteCount > 0 else { throw .unreachable(silence) }
      return try retry(.lost(offset: progress.byteCount, silence))
    default: return try retry(Transfer.failure(result, offset: progress.byteCount))
    }
  }

  /// Looks at a response that came to its end.
  private func conclude(_ result: Transfer.Result) throws(FetchFailure) -> Bool {
    if let failure = refusal { throw failure }
    if !result.redirect.isEmpty, (300...308).contains(head.status) {
      try route.turn(to: result.redirect)
      return true
    }
    if judgement == nil { judgement = progress.judge(head, of: route.url) }
    switch judgement {
    case .fail(let failure): throw failure
    case .take where progress.isWhole: return false
    case .take: return try retry(.lost(offset: progress.byteCount, "the server ended the connection"))
    case .ignore, nil:
      // Part of these are over soon.
      let isPassing = [408, 429, 500, 502, 503, 504].contains(head.status)
      if progress.byteCount > 0, route.hasTurned {
        route.beginAgain()
      } else if !isPassing {
        throw .status(head.status)
      }
      return try retry(.status(head.status), wish: head.retryAfter)
    }
  }

  /// What a status alone says.
  private var refusal: FetchFailure? {
    head.status == 416 && progress.byteCount > 0 ? .changed(offset: progress.byteCount) : nil
  }

  /// Waits, and says that it goes on; or fails with what was lost, where it has been tried often enough.
  /// - Parameter wish: how long the server wants to be left alone, in seconds.
  private func retry(_ failure: FetchFailure, wish: UInt64? = nil) throws(FetchFailure) -> Bool {
    flush()
    // What never began is told at once: a wrong name does not become right by waiting.
    guard Transfer.isWorthRetrying(failure, hasBegun: progress.byteCount > 0) else { throw failure }
    guard progress.canContinue else { throw .cannotResume(offset: progress.byteCount) }
    if progress.byteCount >= lastByteCount + Self.worthMentioning { attempts = 0 }
    lastByteCount = progress.byteCount
    attempts += 1
    // Who has never said a word has hardly lost a connection.
    let hasAnswered = head.status != 0 || progress.byteCount > 0
    guard attempts < (hasAnswered ? request.patience.attempts : min(request.patience.attempts, 3)),
      let pause = request.patience.pause(after: attempts, wish: wish)
    else { throw failure }
    var end = pollfd(fd: ConfinedProcess.input, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&end, 1, CInt(pause)) == 0 else { _exit(1) }
    if hasToldOpening { tell(.resumed, []) }
    return true
  }

  // MARK: - What comes

  private func take(header line: [UInt8]) -> Bool {
    head.take(line: line)
    headByteCount += line.count
    guard headByteCount > Self.longestHead else { return true }
    judgement = .fail(.transfer("the head of its answer has no end"))
    return false
  }

  /// - Returns: whether more is wanted.
  private func take(body bytes: [UInt8]) -> Bool {
    let verdict = judgement ?? progress.judge(head, of: route.url)
    // Who waits learns at once that something comes, however slowly.
    if judgement == nil, case .take = verdict { tellOpening() }
    judgement = verdict
    switch verdict {
    case .fail: return false
    case .ignore:
      excuseByteCount += bytes.count
      return excuseByteCount <= Self.longestExcuse
    case .take(let skipped):
      let passed = Int(min(skipped, bytes.byteCount))
      judgement = .take(skipping: skipped - UInt64(passed))
      return add(bytes.span.extracting(passed...))
    }
  }

  private func add(_ bytes: Span<UInt8>) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = min(bytes.count - done, Self.pieceByteCount - bufferedByteCount)
      if let failure = progress.count(count) ?? excess {
        judgement = .fail(failure)
        return false
      }
      buffer.copy(from: bytes.extracting(done..<done + count), at: bufferedByteCount)
      bufferedByteCount += count
      done += count
      if bufferedByteCount == Self.pieceByteCount { flush() }
    }
    return true
  }

  /// What is longer than any file that is wanted, by what has come or what is announced.
  private var excess: FetchFailure? {
    max(progress.byteCount, progress.wholeByteCount ?? 0) > limit ? .tooLarge(limit: limit) : nil
  }

  // MARK: - The pipe

  private func flush() {
    guard bufferedByteCount > 0 else { return }
    tellOpening()
    let frame = FetchFrame(.bytes, payloadByteCount: bufferedByteCount)
    guard ConfinedProcess.send(frame.header),
      ConfinedProcess.send(buffer.bytes.extracting(0..<bufferedByteCount))
    else { _exit(1) }
    bufferedByteCount = 0
  }

  private func tellOpening() {
    guard !hasToldOpening else { return }
    hasToldOpening = true
    let opening = FetchOpening(
      confinement: confinement, byteCount: progress.wholeByteCount, url: route.url.bare)
    tell(.opening, opening.bytes)
  }

  private func tell(_ kind: FetchFrame.Kind, _ payload: [UInt8]) {
    // Nobody is there to be told why.
    let frame = FetchFrame(kind, payloadByteCount: payload.count)
    if !ConfinedProcess.send(frame.header + payload) { _exit(1) }
  }
}
