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
          "schema": 1, "runs": .array(runs.map { json($0, disk(of: $0, in: snapshot)) }),
        ]
        return context.finish([listing.indented])
      }
      let lines = runs.flatMap { self.lines($0, disk(of: $0, in: snapshot)) }
      return context.finish(
        lines.isEmpty ? ["No write was interrupted, or none was noted."] : lines)
    } catch {
      return context.report(error.diagnostic, json: isJSON ? error.diagnostic.errorObject : nil)
    }
  }

  private func interrupted() throws(Refusal) -> [StoredRun] {
    let store = try context.undo.store()
    let runs: [StoredRun]
    do throws(UndoError) { runs = try store.runs() } catch {
      throw Refusal(diagnostic: Diagnostic(stateDirectory: error))
    }
    var newest: [StoredRun] = []
    for run in runs where run.progress.stage != .saved {
      guard !newest.contains(where: { $0.run.disk.isSameDisk(as: run.run.disk) }) else { continue }
      newest.append(run)
    }
    return newest.filter(\.isInterrupted)
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

  private func lines(_ stored: StoredRun, _ disk: BlockDevice?) -> [SanitizedText] {
    let place: SanitizedText =
      disk.map { ", now \($0.path), ID \(TargetID(of: $0).description)" } ?? ""
    return [
      "\(SanitizedText(utc: stored.run.time))  \(SanitizedText(foreign: stored.run.image, limit: 200))",
      "  disk   \(stored.run.disk.text)\(place)",
      "  came   to \(SanitizedText(size: stored.progress.upTo)) at most",
    ]
  }

  private func json(_ stored: StoredRun, _ disk: BlockDevice?) -> JSONValue {
    [
      "time": JSONValue(stored.run.time), "image": JSONValue(stored.run.image),
      "upTo": JSONValue(stored.progress.upTo), "disk": JSONValue(stored.run.disk.text),
      "undo": JSONValue(stored.run.undo),
      "target": JSONValue(disk.map { TargetID(of: $0).description }),
    ]
  }
}
