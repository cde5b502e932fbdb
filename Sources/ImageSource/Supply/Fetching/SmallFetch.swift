public import Sandbox

/// The small files that a server may have beside another one, fetched into memory by one process that can do nothing
/// else.
///
/// Nothing here fails: what cannot be had is told file by file, and only a server that says so has none (R50).
public struct SmallFetch: Sendable {
  /// A file that may exist and was not had, and why; the name is the one that was asked for.
  public struct Trouble: Hashable, Sendable {
    /// The name that was asked for.
    public let name: String
    /// Why.
    public let failure: FetchFailure
  }

  /// The files that came, by their names.
  public private(set) var files: [String: [UInt8]] = [:]
  /// What may exist and did not come.
  public private(set) var troubles: [Trouble] = []

  /// The longest file that is taken, in bytes; the longest list of checksums has some hundred kilobytes.
  static let longestFile: UInt64 = 4 << 20
  /// How long all of them together may take.
  private static let time = Duration.seconds(60)

  /// Begins with nothing.
  public init() {}

  /// Asks for files in the directory of a URL.
  ///
  /// - Parameters:
  ///   - names: the names of the files, each asked for at most once.
  ///   - url: a file in the same directory; its name and password are told to the same server.
  ///   - environment: the variables of this process; only those for proxies and certificates are handed on.
  ///   - patience: how long to wait for each.
  ///   - program: what fetches; another one than this program where that is none, as in a test.
  public init(
    _ names: [String], beside url: SecretURL, environment: [String: String],
    patience: FetchPatience = .short, program: String = ConfinedProcess.thisProgram
  ) {
    guard !names.isEmpty else { return }
    do throws(FetchFailure) {
      try hear(names, FetchPass(FetchRequest(url, patience, environment, names: names), program))
    } catch { troubles = names.map { Trouble(name: $0, failure: error) } }
  }

  private mutating func hear(_ names: [String], _ pass: consuming FetchPass) {
    let clock = ContinuousClock()
    let deadline = clock.now + Self.time
    for (index, name) in names.enumerated() {
      do throws(FetchFailure) {
        let bytes = try pass.hearSmallFile { Task.isCancelled || clock.now >= deadline }
        if !Self.isPage(bytes) { files[name] = bytes }
      } catch {
        if error.isAbsence { continue }
        let failure = error == .process(.cancelled) ? .lost(offset: 0, "it took too long") : error
        // Who does not answer now is not asked nineteen times more.
        let unanswered = failure.endsTalk ? names[index...] : [name]
        troubles += unanswered.map { Trouble(name: $0, failure: failure) }
        if failure.endsTalk { return }
      }
    }
  }

  /// Whether it is a web page, which some servers give in the place of what they do not have.
  private static func isPage(_ bytes: [UInt8]) -> Bool {
    bytes.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "<")
  }
}

extension FetchFailure {
  /// Whether a server has said that there is no such file.
  fileprivate var isAbsence: Bool { self == .status(404) || self == .status(410) }

  /// Whether nobody is there to ask for another one.
  fileprivate var endsTalk: Bool {
    switch self {
    case .process, .senseless, .unresolved, .unreachable, .unproven, .lost, .noLibrary, .unconfined,
      .certificates:
      true
    // It has too much to do.
    case .status(let status): status == 429 || status >= 500
    default: false
    }
  }
}
