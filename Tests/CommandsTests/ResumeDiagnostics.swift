import BlockIO
import SystemPackage

@testable import Commands
@testable import Writer

extension AllDiagnostics {
  /// Every error of `burin resume` that no other command has, and of a write that can be resumed.
  static let resumed: [Diagnostic] =
    [
      .nothingToResume("/dev/sdb", others: 0), .nothingToResume("/dev/sdb", others: 2),
      .resumeImageChanged("a.iso", target: "/dev/sdb"), .resumeNoteUnusable("/dev/sdb"),
      .resumeUnknownAgain("/dev/sdb"), .ambiguousResume("/dev/sdb", other: "/dev/sdc"),
    ]
    + [
      WriteError.device(
        SystemCallError(call: "pwrite", errno: .noSuchAddressOrDevice), during: .compare, offset: 4096),
      .cancelled, .mismatch(Differences()),
    ].map {
      Diagnostic(
        WriteFailure(error: $0, medium: .erased), names, signal: nil, canResume: true)
    }
}
