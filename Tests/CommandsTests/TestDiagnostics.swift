import BlockIO
import DeviceSafety
import Glibc
import SystemPackage

@testable import Commands
@testable import Writer

extension AllDiagnostics {
  /// What a test can end with.
  static let tests: [Diagnostic] =
    stops.map { Diagnostic($0, names, signal: SIGINT) }
    + [
      tested(.full, .blank) { $0.surface.append(4096..<8192, .zeros) },
      tested(.full, .unknown) { $0.size = .ends(at: 8_000_000_000) },
      tested(.readOnly, .untouched) { $0.surface.append(4096..<8192, .unreadable) },
      tested(.quick, .notRestored([4096..<8192])) { $0.surface.append(0..<4096, nil) },
      tested(.full, .blank) { $0.stop = .gaveUp(failures: 2000) },
      tested(.full, .unknown) { $0.surface.append(0..<4096, nil) },
      tested(.full, .blank) { $0.repeatedCount = 3 },
    ].compactMap(\.self)

  private static let stops: [TestStop] = [
    .cancelled, .tooSmall, .gaveUp(failures: 2000), .identity(.changed(.device)),
    .identity(
      .inUse(
        Assessment(objections: [
          Objection(.busy, .x, rule: "R17", text: "process 7 (dd) has sdb open for writing", chain: ["sdb"])
        ]))),
    .device(SystemCallError(call: "pread", errno: .ioError), during: .readBack, offset: 4096),
    .journal(SystemCallError(call: "pwrite", errno: .noSpace)),
  ]

  private static func tested(
    _ mode: TestMode, _ state: TestedState, _ change: (inout TestReport) -> Void
  ) -> Diagnostic? {
    var report = TestReport(mode, claimed: 64_000_000_000)
    report.state = state
    change(&report)
    let order = TestOrder(
      target: "/dev/sdb", mode: mode, request: SafetyRequest(), isYes: true, saves: true, seed: 1,
      isQuiet: false, isJSON: false)
    return TestOutcome(
      order: order, path: "/dev/sdb", id: "usb-00000000", name: "", report: report, signal: nil, unproven: [],
      canUndo: true
    ).diagnostic
  }
}
