import BlockIO
import Glibc
import Sandbox
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import DeviceSafety
@testable import ImageInspector
@testable import ImageSource
@testable import Terminal
@testable import Writer

/// Every error that a module can throw, with the words that it becomes.
enum AllDiagnostics {
  static let names = RunNames(image: "a.iso", target: "/dev/sdb")

  static let image: [Diagnostic] = [
    Diagnostic(ImageSourceError.notFound(path: "a.iso"), image: "a.iso"),
    Diagnostic(ImageSourceError.system(failure(EACCES, "open"), offset: nil), image: "a.iso"),
    Diagnostic(ImageSourceError.system(failure(EIO, "pread"), offset: 4096), image: "a.iso"),
    Diagnostic(ImageSourceError.wrongKind(path: "d", kind: .directory), image: "d"),
    Diagnostic(ImageSourceError.wrongKind(path: "p", kind: .fifo), image: "p"),
    Diagnostic(ImageSourceError.wrongKind(path: "/dev/null", kind: .characterDevice), image: "/dev/null"),
    Diagnostic(ImageSourceError.wrongKind(path: "s", kind: .socket), image: "s"),
    Diagnostic(
      ImageSourceError.wrongKind(path: "/dev/sda", kind: .blockDevice(DeviceNumber(major: 8, minor: 0))),
      image: "/dev/sda"),
    Diagnostic(ImageSourceError.empty(path: "a.iso"), image: "a.iso"),
    Diagnostic(ImageSourceError.shrank(expected: 9, found: 4), image: "a.iso"),
    Diagnostic(ImageSourceError.changed(path: "a.iso"), image: "a.iso"),
    .imageTooLarge("a.iso", bytes: 2_000_000, capacity: 1_000_000),
    Diagnostic(ConfinementError.killed(signal: 9), image: "a.iso"),
    Diagnostic(ConfinementError.failed(status: 1), image: "a.iso"),
    Diagnostic(ConfinementError.answerTooLong, image: "a.iso"),
    Diagnostic(ConfinementError.timedOut, image: "a.iso"),
    Diagnostic(ConfinementError.system(failure(EPERM, "capset")), image: "a.iso"),
    .inspectionSenseless(image: "a.iso"),
  ]

  static let suitability: [Diagnostic] = [
    report(bytes: 1) { _ in },
    report { $0.truncatedBy = 4096 },
    report { $0.verdict = .refuse },
    report {
      $0.verdict = .decompress; $0.compression = "xz"
    },
    report {
      $0.verdict = .convert; $0.compression = "qcow2"
    },
    report { $0.verdict = .fileCopy },
    report { $0.verdict = .notBootable },
  ].compactMap(\.self)

  static let gate: [Diagnostic] = [
    .notFound(path: "/dev/sdx"), .danglingLink(path: "/dev/disk/by-id/x"), .regularFile(path: "stick.img"),
    .directory(path: "/mnt"), .notBlockDevice(path: "/dev/null", kind: .characterDevice),
    .notRegularFile(path: "x", kind: .fifo), .partition(path: "/dev/sdb1", of: "/dev/sdb"),
    .unlistedDevice(path: "/tmp/node", number: DeviceNumber(major: 8, minor: 99)), .unknownID("usb-00000000"),
    .ambiguousID("usb-00000000", paths: ["/dev/sdb", "/dev/sdc"]), .noMedium(path: "/dev/sdd"),
    .readOnly(path: "/dev/sde"), .permission(failure(EACCES, "open")), .noDirectAccess(path: "stick.img"),
    .broker(.unavailable("there is no system bus (errno 2)")), .broker(.notAuthorized("Not authorized")),
    .broker(.failed("Error opening /dev/sdb: Device or resource busy")), .broker(.notAsAsked),
    .raggedSize(path: "stick.img", byteCount: 1000, blockSize: 512), .changed(.device),
    .changed(.medium(expected: 1, found: 2)), .changed(.size(expected: 1, found: 2)), .changed(.blockSize),
    .changed(.readOnly), .idMismatch(expected: "a", found: "b"),
    .notConfirmed(.id(expected: "a", found: nil)), .notConfirmed(.id(expected: "a", found: "b")),
    .notConfirmed(.serial(expected: "1", found: nil)), .tooSmall(needed: 2, capacity: 1),
    .system(failure(EMFILE, "open")), .system(failure(EINVAL, "open")), .system(failure(ENODEV, "open")),
  ].map { (error: GateError) in Diagnostic(error, target: "/dev/sdb") }

  static let objections: [Diagnostic] = Objection.ID.allCases.map { id in
    let severity: SafetyClass =
      id == .internalDisk ? .c : Objection(id, .a, rule: "", text: "").liftingOption == nil ? .x : .b
    let objection = Objection(id, severity, rule: "R0", text: "sdb is so", chain: ["sdb"])
    return Diagnostic(.refused(Assessment(objections: [objection])), target: "/dev/sdb")
  }

  static let write: [Diagnostic] = [
    Diagnostic(WritePlanError.tooLarge(image: 2, capacity: 1), names),
    Diagnostic(WritePlanError.unsupportedBlockSize(logical: 520, physical: 520), names),
    Diagnostic(WritePlanError.noCapacity, names),
    failed(.image(.changed(path: "a.iso")), .erased),
    failed(.device(failure(EIO, "pwrite"), during: .write, offset: 1 << 20), .erased),
    failed(.device(failure(ENODEV, "pwrite"), during: .write, offset: 4 << 20), .unknown),
    failed(.device(failure(ENOSPC, "pwrite"), during: .write, offset: 4 << 20), .erased),
    failed(.device(failure(EPERM, "pwrite"), during: .erase, offset: 0), .untouched),
    failed(.device(failure(ENOMEDIUM, "pread"), during: .readBack, offset: 0), .unknown),
    failed(.device(failure(EIO, "fsync"), during: .flush, offset: nil), .erased),
    failed(.device(failure(EINVAL, "pwrite"), during: .commit, offset: 0), .erased),
    failed(.mismatch(Differences()), .erased),
    failed(.identity(.changed(.medium(expected: 1, found: 2))), .unknown),
    failed(.identity(.changed(.readOnly)), .erased),
    failed(.identity(.system(failure(ENXIO, "ioctl BLKGETSIZE64"))), .unknown),
    failed(.cancelled, .untouched), failed(.cancelled, .erased, signal: SIGINT),
    failed(.cancelled, .untouched, signal: SIGTERM),
  ]

  static let verify: [Diagnostic] = [
    Diagnostic(.image(.shrank(expected: 2, found: 1)), names, signal: nil),
    Diagnostic(.device(failure(EIO, "pread"), offset: 512), names, signal: nil),
    Diagnostic(.device(failure(EACCES, "open"), offset: nil), names, signal: nil),
    Diagnostic(.device(failure(ENOENT, "open"), offset: nil), names, signal: nil),
    Diagnostic(.noDirectIO(path: "stick.img"), names, signal: nil),
    Diagnostic(.wrongKind(path: "/dev/null"), names, signal: nil),
    Diagnostic(.tooSmall(image: 2, capacity: 1), names, signal: nil),
    Diagnostic(.changed(path: "/dev/sdb"), names, signal: nil),
    Diagnostic(VerifyError.cancelled, names, signal: SIGINT),
    Diagnostic(Differences(), places: ["that is in partition 1, bytes 0 to 511"], names),
  ]

  static let run: [Diagnostic] = [
    .usage("Unknown option '--foo'", help: "burin write"), .outputFailed(.noSpace),
    .cannotAsk(id: "usb-00000000"),
    .declined(), .promptFailed(.ioError), .internalError("the target was handed over twice"),
    .cancelled(by: nil),
    .targetIsImage("file:a.iso"),
  ]

  static var all: [Diagnostic] { image + suitability + gate + objections + write + verify + run }

  private static func failure(_ errno: CInt, _ call: String) -> SystemCallError {
    SystemCallError(call: call, errno: Errno(rawValue: errno))
  }

  private static func failed(
    _ error: WriteError, _ medium: WriteFailure.MediumState, signal: Int32? = nil
  ) -> Diagnostic {
    Diagnostic(WriteFailure(error: error, medium: medium), names, signal: signal)
  }

  private static func report(bytes: UInt64 = 4096, _ change: (inout ImageReport) -> Void) -> Diagnostic? {
    var report = ImageReport(byteCount: bytes)
    report.verdict = .raw
    change(&report)
    return Unsuitability(report, path: "a.iso")?.diagnostic
  }
}

@Suite("Diagnostics")
struct DiagnosticTests {
  @Test("every error has its words, in text")
  func text() throws {
    let text = AllDiagnostics.all.map { diagnostic in
      "exit \(diagnostic.exit.rawValue)\n"
        + diagnostic.lines(for: Capabilities()).map { $0.string + "\n" }.joined()
    }.joined(separator: "\n")
    #expect(try Golden.difference(of: text, from: "diagnostics.text") == nil)
  }

  @Test("every id can come out, and none is only in the list")
  func identifiers() {
    let used = Set(AllDiagnostics.all.map(\.id))
    #expect(Set(DiagnosticID.allCases).subtracting(used).map(\.rawValue) == [])
  }

  @Test("every one is JSON", arguments: AllDiagnostics.all)
  func json(diagnostic: Diagnostic) {
    #expect(diagnostic.json["id"] == .string(diagnostic.id.rawValue))
    #expect(diagnostic.errorObject["exitCode"] == JSONValue(diagnostic.exit.rawValue))
  }

  @Test("an error that comes before the write never claims otherwise")
  func nothingWritten() {
    for diagnostic in AllDiagnostics.gate + AllDiagnostics.suitability + AllDiagnostics.image {
      let text = diagnostic.lines(for: Capabilities()).map(\.string).joined()
      #expect(!text.contains("old content"))
    }
  }

  @Test("after a cancelled write it is said what is left of the stick")
  func interrupted() {
    let failure = WriteFailure(error: .cancelled, medium: .erased)
    let diagnostic = Diagnostic(failure, AllDiagnostics.names, signal: SIGTERM)
    #expect(diagnostic.exit.rawValue == 128 + SIGTERM)
    let text = diagnostic.lines(for: Capabilities()).map(\.string).joined(separator: "\n")
    #expect(
      text.contains("incomplete") && text.contains("not bootable") && text.contains("old content is gone"))
  }

  @Test("a narrow terminal breaks the lines under their labels")
  func narrow() {
    let capabilities = Capabilities(isTerminal: true, width: 40)
    let lines = AllDiagnostics.gate[3].lines(for: capabilities).map(\.string)
    #expect(lines.dropFirst().allSatisfy { $0.count <= 40 })
    #expect(lines.contains { $0.hasPrefix("           ") })
  }
}
