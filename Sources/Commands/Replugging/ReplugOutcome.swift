import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import ImageInspector
import Terminal
import UndoStore
import Writer

/// What came of reading a stick once more after it was plugged in again.
struct ReplugOutcome: Sendable {
  /// How the wait for it ended.
  enum Ending: Sendable {
    /// All of it was read, and is equal.
    case equal(ChunkReport)
    /// All of it was read, and differs; the file systems whose mounting explains that are named.
    case differs(Differences, Duration, mounted: [MountTraces.FileSystem])
    /// It could not be read.
    case failed(VerifyError)
    /// The run was stopped before: nothing is known that was not known without this.
    case stopped
  }

  /// How it ended.
  let ending: Ending
  /// As which disk it came back; nil where it did not.
  let disk: BlockDevice?
  /// Whether its own number tells it from others of its kind.
  private let hasNumberOfItsOwn: Bool
  /// What was plugged in besides, one sentence each.
  let refused: [SanitizedText]

  init(_ ending: Ending, of stick: AwaitedStick, as disk: BlockDevice?, refused: [SanitizedText]) {
    (self.ending, self.disk, self.refused) = (ending, disk, refused)
    hasNumberOfItsOwn = stick.fingerprint.hasNumberOfItsOwn
  }

  /// Whether the level was not reached because somebody has stopped the run.
  var isStopped: Bool { if case .stopped = ending { true } else { false } }

  /// Whether what was proven before is not so any more, or cannot be read any more.
  var isRefuted: Bool {
    switch ending {
    case .differs, .failed: true
    case .equal, .stopped: false
    }
  }

  /// The item of a report; nil where the report is an error.
  var text: SanitizedText? {
    switch ending {
    case .equal(let report):
      let count = SanitizedText(exactBytes: report.differences.comparedByteCount)
      return
        "unplugged, plugged in again as \(disk?.path ?? ""), and \(count) read once more past every cache in \(SanitizedText(time: report.duration)), all with the same digests"
    case .stopped: return "NOT REACHED: it was not read once more after it was plugged in again"
    case .differs, .failed: return nil
    }
  }

  /// What a replug does not prove (R45).
  var doubts: [SanitizedText] {
    guard case .equal = ending else { return [] }
    var doubts: [SanitizedText] = [
      "that it was without power in between: burin sees only that it was gone"
    ]
    if !hasNumberOfItsOwn {
      doubts.append(
        "that it is the very stick, and not another one of its kind with the same image: it has no serial number of its own"
      )
    }
    return doubts
  }

  /// One line for whoever waits for the others.
  var word: SanitizedText {
    switch ending {
    case .equal: "plugged in again, read once more and equal"
    case .differs, .failed: "failed"
    case .stopped: "stopped"
    }
  }

  private var state: String {
    switch ending {
    case .equal: "equal"
    case .differs: "differs"
    case .failed: "failed"
    case .stopped: "not-reached"
    }
  }

  /// The object `replug` of a result and of a receipt.
  var json: JSONValue {
    var (found, time, mounted): (Differences?, Duration?, [MountTraces.FileSystem]) = (nil, nil, [])
    switch ending {
    case .equal(let report): (found, time) = (report.differences, report.duration)
    case .differs(let differences, let duration, let systems):
      (found, time, mounted) = (differences, duration, systems)
    case .failed, .stopped: break
    }
    return [
      "state": JSONValue(state), "found": disk.map(\.replugJSON) ?? .null,
      "differences": found?.json ?? .null, "mountedSince": .array(mounted.map(\.json)),
      "refused": JSONValue(refused), "seconds": JSONValue(time.map { $0 / .seconds(1) }),
    ]
  }
}
