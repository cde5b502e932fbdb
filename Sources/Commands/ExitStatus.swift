/// How a run ended, as its exit code says it.
struct ExitStatus: RawRepresentable, Hashable, Sendable {
  /// The exit code.
  let rawValue: Int32
  /// Creates a status from an exit code.
  init(rawValue: Int32) { self.rawValue = rawValue }

  /// Done, and everything that was asked for is proven.
  static let done = ExitStatus(rawValue: 0)
  /// The medium differs from the image.
  static let different = ExitStatus(rawValue: 1)
  /// The target was refused for safety, nothing was written.
  static let targetRefused = ExitStatus(rawValue: 2)
  /// The image was refused: unreadable, truncated, too large.
  static let imageRefused = ExitStatus(rawValue: 3)
  /// The device failed: I/O error, unplugged, shorter than it claims, write-protected.
  static let deviceFailed = ExitStatus(rawValue: 4)
  /// Cancelled by the person, nothing was written.
  static let cancelled = ExitStatus(rawValue: 5)
  /// Not permitted.
  static let notPermitted = ExitStatus(rawValue: 6)
  /// There is no such image or device.
  static let notFound = ExitStatus(rawValue: 7)
  /// What was to be kept could not be saved, or what was saved not be used.
  static let undoFailed = ExitStatus(rawValue: 8)
  /// Parts of a disk could not be read: there is no backup, or one that lacks them.
  static let unreadable = ExitStatus(rawValue: 9)
  /// A test found that the medium is smaller than it claims, or fails.
  static let mediumBad = ExitStatus(rawValue: 10)
  /// The command line is wrong (`EX_USAGE`).
  static let usage = ExitStatus(rawValue: 64)
  /// Something went wrong in burin itself (`EX_SOFTWARE`).
  static let internalError = ExitStatus(rawValue: 70)
  /// The one of several that asks for the most care; what ends them in its own way, such as a signal, before all.
  ///
  /// Where there are none, nothing is known to have succeeded.
  static func worst(of statuses: [ExitStatus]) -> ExitStatus {
    // A stick that lies is worse than one that fails, and one that was written in part worse than one left alone.
    let order: [ExitStatus] = [
      .different, .mediumBad, .deviceFailed, .imageRefused, .undoFailed, .targetRefused, .notPermitted,
      .notFound, .cancelled, .done,
    ]
    func rank(_ status: ExitStatus) -> Int { order.firstIndex(of: status) ?? -1 }
    return statuses.min { rank($0) < rank($1) } ?? .internalError
  }
  /// Stopped by a signal.
  static func signal(_ number: Int32) -> ExitStatus { ExitStatus(rawValue: 128 + number) }
}
