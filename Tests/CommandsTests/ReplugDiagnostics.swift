import BlockIO
import SystemPackage

@testable import Commands
@testable import Terminal
@testable import Writer

extension AllDiagnostics {
  /// Every error of `--verify=replug` that no other command has.
  static let replugged: [Diagnostic] = {
    guard let bench = try? ReplugBench(), let stick = try? bench.awaited(bench.stick) else { return [] }
    let back = ReplugBench.disk("sdc", 22)
    let endings: [ReplugOutcome.Ending] = [
      .differs(Differences(), .seconds(1), mounted: []),
      .failed(.device(SystemCallError(call: "pread", errno: .ioError), offset: 4096)), .stopped,
    ]
    let outcomes = endings.map {
      ReplugOutcome($0, of: stick, as: back, refused: ["/dev/sdd is another one"])
    }
    return outcomes.compactMap { Diagnostic($0, names, signal: 2, image: nil) } + [
      .replugNeedsRoot("/dev/sdb")
    ]
  }()
}
