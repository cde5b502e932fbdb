public import BlockIO
public import Sandbox
import Synchronization

/// What a URL names, fetched by a process that can do nothing else, while it is read.
public final class FetchStream: ImageStream {
  private let pass: Mutex<FetchPass>
  private let isAbandoned = Atomic<Bool>(false)
  private let received = Atomic<UInt64>(0)
  private let resumed = Atomic<Int>(0)
  private let path: String
  /// The process that fetches.
  public let children: [Int32]
  /// What is known of the length, in bytes.
  public let length: ImageLength
  /// Where the file was found in the end.
  public let found: SecretURL
  /// The same, as it may be shown.
  public var foundAt: String { found.shown }
  /// What confines the process that fetches.
  public let confinement: Confinement

  /// The variables of the environment that decide how to fetch: those for proxies, as curl reads them, and the file
  /// with the certificates to trust.
  public static var variables: [String] { FetchRequest.variables }

  /// Begins to fetch, and waits for the first words about the file.
  ///
  /// - Parameters:
  ///   - url: the file.
  ///   - environment: the variables of this process; only those for proxies and certificates are handed on.
  ///   - patience: how long to wait for what.
  ///   - program: what fetches; another one than this program where that is none, as in a test.
  public init(
    _ url: SecretURL, environment: [String: String], patience: FetchPatience = .usual,
    program: String = ConfinedProcess.thisProgram
  ) throws(ImageSourceError) {
    path = url.shown
    do throws(FetchFailure) {
      var pass = try FetchPass(FetchRequest(url, patience, environment), program)
      let opening = try pass.hearOpening { Task.isCancelled }
      length = opening.byteCount.map { .exact($0) } ?? .unknown
      found = SecretURL(opening.url) ?? url
      confinement = opening.confinement
      children = [pass.process.process]
      self.pass = Mutex(pass)
    } catch { throw Self.described(error, path: url.shown) }
  }

  /// How much of the file has come, in bytes.
  public var consumedByteCount: UInt64 { received.load(ordering: .relaxed) }
  /// How often a lost connection was followed by another one.
  public var resumptionCount: Int { resumed.load(ordering: .relaxed) }

  /// Lets a read that waits give up.
  public func abandon() { isAbandoned.store(true, ordering: .releasing) }

  /// Fills a range; fewer bytes only where the file has come to its announced end.
  public func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int {
    do throws(FetchFailure) {
      return try pass.withLock { pass throws(FetchFailure) in
        let count = try pass.read(into: &buffer, range: range) {
          isAbandoned.load(ordering: .acquiring) || Task.isCancelled
        }
        received.add(UInt64(count), ordering: .relaxed)
        resumed.store(pass.resumptionCount, ordering: .relaxed)
        return count
      }
    } catch { throw Self.described(error, path: path) }
  }

  private static func described(_ failure: FetchFailure, path: String) -> ImageSourceError {
    failure == .process(.cancelled) ? .abandoned : .fetching(failure, path: path)
  }
}
