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
    guard request.names.isEmpty else { fetchSmallFiles(request, certificates, confinement) }
    do throws(FetchFailure) {
      try Fetcher(request, certificates, confinement).fetch()
    } catch { fail(error) }
    // Nothing that runs at the end of a process is wanted here.
    _exit(0)
  }

  /// Fetches what lies beside a file, one after the other over the same connection, and says of each what became of it.
  private static func fetchSmallFiles(
    _ request: FetchRequest, _ certificates: [UInt8], _ confinement: Confinement
  ) -> Never {
    for name in request.names {
      var single = request
      do throws(FetchFailure) {
        guard let url = request.url.sibling(named: name) else { throw .status(404) }
        single.url = url
        try Fetcher(single, certificates, confinement, limit: SmallFetch.longestFile).fetch()
      } catch { if !tell(error) { _exit(1) } }
    }
    _exit(0)
  }

  static func fail(_ failure: FetchFailure) -> Never { _exit(tell(failure) ? 0 : 1) }

  /// - Returns: whether it was heard.
  private static func tell(_ failure: FetchFailure) -> Bool {
    let payload = failure.payload
    let frame = FetchFrame(.failure, payloadByteCount: payload.count)
    return ConfinedProcess.send(frame.header + payload)
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
