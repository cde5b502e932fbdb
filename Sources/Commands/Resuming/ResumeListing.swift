import DeviceProbe
import DeviceSafety
import Documents
import Terminal
import UndoStore

/// `burin resume` without a target: the writes that were interrupted, the newest of each disk.
struct ResumeListing {
  let isJSON: Bool
  let context: Context

  /// Looks and prints; nothing is opened for writing.
  func run() -> ExitStatus {
    do throws(Refusal) {
      let runs = try interrupted()
      let snapshot = context.snapshot([], nil)
      if isJSON {
        let listing: JSONValue = [
          "schema": 1, "runs": .array(runs.map { json($0, disk(of: $0.stored, in: snapshot)) }),
        ]
        return context.finish([listing.indented])
      }
      let lines = runs.flatMap { self.lines($0, disk(of: $0.stored, in: snapshot)) }
      return context.finish(
        lines.isEmpty ? ["No write was interrupted, or none was noted."] : lines)
    } catch {
      return context.report(error.diagnostic, json: isJSON ? error.diagnostic.errorObject : nil)
    }
  }

  private func interrupted() throws(Refusal) -> [LatestRun] {
    let store = try context.undo.store()
    do throws(UndoError) {
      return try store.latestRuns().filter { $0.isInterrupted && !$0.isRunning }
    } catch {
      throw Refusal(diagnostic: Diagnostic(stateDirectory: error))
    }
  }

  /// The disk that a run went onto, where it is plugged in and no other one could be it.
  private func disk(of stored: StoredRun, in snapshot: DeviceSnapshot) -> BlockDevice? {
    let matches = snapshot.devices.filter {
      $0.isWholeDisk
        && DiskFingerprint(of: $0, bootID: context.undo.bootID)?.isSameDisk(as: stored.run.disk)
          == true
    }
    return matches.count == 1 ? matches.first : nil
  }

  private func lines(_ latest: LatestRun, _ disk: BlockDevice?) -> [SanitizedText] {
    let run = latest.stored.run
    let place: SanitizedText =
      disk.map { ", now \($0.path), ID \(TargetID(of: $0).description)" } ?? ""
    return [
      "\(SanitizedText(utc: run.time))  \(SanitizedText(foreign: run.image, limit: 200))",
      "  disk   \(run.disk.text)\(place)",
      "  came   to \(SanitizedText(size: latest.upTo)) at most",
    ]
  }

  private func json(_ latest: LatestRun, _ disk: BlockDevice?) -> JSONValue {
    let run = latest.stored.run
    return [
      "time": JSONValue(run.time), "image": JSONValue(run.image),
      "upTo": JSONValue(latest.upTo), "disk": JSONValue(run.disk.text),
      "undo": JSONValue(run.undo),
      "target": JSONValue(disk.map { TargetID(of: $0).description }),
    ]
  }
}
