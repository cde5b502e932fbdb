import BlockIO
import CCurl
import Decompression
import Glibc
import Sandbox
import SystemPackage

/// The process that fetches: this program, started once more by ``FetchStream``.
///
/// It has no disk, no file and no terminal, and is not root (R47); what it sends is as little trusted as a server.
public enum ConfinedFetcher {
  /// Its only argument.
  public static let argument = "confined-fetching"

  /// Gives everything up but the network and the pipes, fetches, and ends the process.
  ///
  /// To be called while there is one thread.
  public static func run() -> Never {
    guard let request = hearRequest() else { _exit(1) }
    // libcurl reads these by itself. There is one thread, and nobody else has their texts.
    for (name, value) in request.environment { _ = unsafe setenv(name, value, 1) }
    // Libraries are loaded, and what only root may read is read, before that cannot be done any more.
    guard ccurl_load() else { fail(.noLibrary) }
    guard let certificates = certificates(of: request) else { fail(.certificates) }
    let confinement: Confinement
    do throws(SystemCallError) {
      confinement = try Confinement.enter(for: .fetching, isRoot: geteuid() == 0)
    } catch { fail(.unconfined(error.errno.rawValue)) }
    // A reader that is gone is noticed by the write that fails.
    _ = signal(SIGPIPE, SIG_IGN)
    do throws(FetchFailure) {
      try Fetcher(request, certificates, confinement).fetch()
    } catch { fail(error) }
    // Nothing that runs at the end of a process is wanted here.
    _exit(0)
  }

  static func fail(_ failure: FetchFailure) -> Never {
    let payload = failure.payload
    let frame = FetchFrame(.failure, payloadByteCount: payload.count)
    _exit(ConfinedProcess.send(frame.header + payload) ? 0 : 1)
  }

  /// The request comes at once, with its length in four bytes before it; the pipe stays open as long as it is wanted.
  private static func hearRequest() -> FetchRequest? {
    do throws(SystemCallError) {
      var header = [UInt8](repeating: 0, count: 4)
      guard try ConfinedProcess.hear(into: &header) == 4 else { return nil }
      let count = Int(UInt32(littleEndianBytes: header))
      guard count <= FetchRequest.longest else { return nil }
      var bytes = [UInt8](repeating: 0, count: count)
      guard try ConfinedProcess.hear(into: &bytes) == count else { return nil }
      return FetchRequest(parsing: bytes)
    } catch { return nil }
  }

  /// The certificates to trust in the place of the system's, empty for the system's; nil where they cannot be read.
  private static func certificates(of request: FetchRequest) -> [UInt8]? {
    guard let path = request.environment[FetchRequest.certificates], !path.isEmpty else { return [] }
    do throws(SystemCallError) {
      let bytes = try SmallFile.bytes(ofRegularFile: FilePath(path), limit: 16 << 20)
      return bytes.isEmpty ? nil : bytes
    } catch { return nil }
  }
}

/// One fetch from its first attempt to the end of the file.
private final class Fetcher {
  /// How much is handed on at a time, in bytes.
  private static let pieceByteCount = 256 << 10
  /// How many bytes must have come for an attempt to be worth as much as none that failed.
  private static let worthMentioning: UInt64 = 64 << 10
  /// How much of an answer that is no file is listened to, in bytes.
  private static let longestExcuse = 1 << 20

  private let request: FetchRequest
  private let certificates: [UInt8]
  private let confinement: Confinement
  private var route: Route
  private var progress = FetchProgress()
  private var head = ResponseHead()
  private var judgement: FetchProgress.Judgement?
  private var excuseByteCount = 0
  private var hasToldOpening = false
  private var buffer = AlignedBuffer(byteCount: pieceByteCount)
  private var bufferedByteCount = 0
  private var attempts: UInt32 = 0
  private var lastByteCount: UInt64 = 0

  init(_ request: FetchRequest, _ certificates: [UInt8], _ confinement: Confinement) {
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
    excuseByteCount = 0
    let result = Transfer.carryOut(
      route, progress, request, certificates, header: { self.take(header: $0) }, body: { self.take(body: $0) }
    )
    switch result.code {
    case CInt(ccurl_unwanted): _exit(1)
    case 0: return try conclude(result)
    case CInt(ccurl_stopped):
      if case .fail(let failure) = judgement { throw failure }
      throw refusal ?? .transfer(result.text)
    case CInt(ccurl_stalled):
      return try retry(
        .lost(offset: progress.byteCount, "no byte came for \(request.patience.stall / 1000) seconds"))
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
    if judgement == nil { judgement = progress.judge(head) }
    switch judgement {
    case .fail(let failure): throw failure
    case .take where progress.isWhole: return false
    case .take: return try retry(.lost(offset: progress.byteCount, "the server ended the connection"))
    case .ignore, nil:
      // Part of these are over soon.
      let isPassing = [408, 429, 500, 502, 503, 504].contains(head.status)
      guard isPassing else { throw .status(head.status) }
      return try retry(.status(head.status))
    }
  }

  /// What a status alone says.
  private var refusal: FetchFailure? {
    head.status == 416 && progress.byteCount > 0 ? .changed(offset: progress.byteCount) : nil
  }

  /// Waits, and says that it goes on; or fails with what was lost, where it has been tried often enough.
  private func retry(_ failure: FetchFailure) throws(FetchFailure) -> Bool {
    flush()
    // What never began is told at once: a wrong name does not become right by waiting.
    guard Transfer.isWorthRetrying(failure, hasBegun: progress.byteCount > 0) else { throw failure }
    guard progress.canContinue else { throw .cannotResume(offset: progress.byteCount) }
    if progress.byteCount >= lastByteCount + Self.worthMentioning { attempts = 0 }
    lastByteCount = progress.byteCount
    attempts += 1
    guard attempts < request.patience.attempts else { throw failure }
    var end = pollfd(fd: ConfinedProcess.input, events: Int16(POLLIN), revents: 0)
    let pause = min(UInt64(request.patience.pause) << UInt64(attempts - 1), 30_000)
    guard unsafe poll(&end, 1, CInt(pause)) == 0 else { _exit(1) }
    if hasToldOpening { tell(.resumed, []) }
    return true
  }

  // MARK: - What comes

  private func take(header line: [UInt8]) -> Bool {
    head.take(line: line)
    return true
  }

  /// - Returns: whether more is wanted.
  private func take(body bytes: [UInt8]) -> Bool {
    let verdict = judgement ?? progress.judge(head)
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
      if let failure = progress.count(count) {
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
