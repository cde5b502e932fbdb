import BlockIO
import Glibc
import Sandbox

@testable import Commands
@testable import ImageSource

extension AllDiagnostics {
  /// What is wrong with an image before a byte of it is looked at, or while it is.
  static let image: [Diagnostic] = [
    Diagnostic(ImageSourceError.notFound(path: "a.iso"), image: "a.iso"),
    Diagnostic(ImageSourceError.system(failure(EACCES, "open"), offset: nil), image: "a.iso"),
    Diagnostic(ImageSourceError.system(failure(ELOOP, "open"), offset: nil), image: "a.iso"),
    Diagnostic(ImageSourceError.system(failure(EIO, "pread"), offset: 4096), image: "a.iso"),
    Diagnostic(ImageSourceError.wrongKind(path: "d", kind: .directory), image: "d"),
    Diagnostic(ImageSourceError.wrongKind(path: "p", kind: .fifo), image: "p"),
    Diagnostic(ImageSourceError.wrongKind(path: "/dev/null", kind: .characterDevice), image: "/dev/null"),
    Diagnostic(ImageSourceError.wrongKind(path: "s", kind: .socket), image: "s"),
    Diagnostic(
      ImageSourceError.wrongKind(path: "/dev/sda", kind: .blockDevice(DeviceNumber(major: 8, minor: 0))),
      image: "/dev/sda"),
    Diagnostic(ImageSourceError.empty(path: "a.iso"), image: "a.iso"),
    Diagnostic(ImageSourceError.lengthless(path: "/proc/version"), image: "/proc/version"),
    Diagnostic(ImageSourceError.shrank(expected: 9, found: 4), image: "a.iso"),
    Diagnostic(ImageSourceError.changed(path: "a.iso"), image: "a.iso"),
    .imageTooLarge("a.iso", .exact(2_000_000), capacity: 1_000_000),
    Diagnostic(ConfinementError.killed(signal: 9), image: "a.iso"),
    Diagnostic(ConfinementError.failed(status: 1), image: "a.iso"),
    Diagnostic(ConfinementError.answerTooLong, image: "a.iso"),
    Diagnostic(ConfinementError.timedOut, image: "a.iso"),
    Diagnostic(ConfinementError.system(failure(EPERM, "capset")), image: "a.iso"),
    .inspectionSenseless(image: "a.iso"),
  ]
}
