import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import ImageSource
import Reader
import SystemPackage
import Terminal
import Writer

/// One backup from end to end.
struct BackupSession {
  let order: BackupOrder
  let context: Context
  /// How long to bear with what cannot be read.
  var patience = Patience.standard

  private var place: BackupPlace { BackupPlace(file: order.file) }

  /// Reads the disk, proves the file, and tells what became of it.
  func run() async -> ExitStatus {
    do throws(Refusal) {
      return conclude(try await carryOut())
    } catch {
      let result = order.isJSON ? BackupOutcome.failed(order, error.diagnostic) : nil
      return context.report(error.diagnostic, json: result)
    }
  }

  private func carryOut() async throws(Refusal) -> BackupOutcome {
    try place.requireFree(replacing: order.replaces)
    let source = try BackupSource(order, in: context)
    let file: GrowingFile
    do throws(SystemCallError) { file = try GrowingFile(for: FilePath(order.file)) } catch {
      throw Refusal(diagnostic: .backupNotSaved(order.file, error, for: order))
    }
    announce(source)
    let start = context.now()
    let report = try await read(source, into: file)
    let changed = try requireSame(source)
    let sha256 = try await readBack(file, report)
    let size = try publish(file, source, report, sha256)
    return BackupOutcome(
      order: order, place: place, source: source, report: report, sha256: sha256, size: size,
      changedByteCount: changed, time: context.now() - start)
  }

  private func announce(_ source: BackupSource) {
    guard !order.isQuiet, !order.isJSON else { return }
    let text: SanitizedText = "reading \(source.found.path), \(source.name)"
    context.stdout.writeLine("\(text), \(SanitizedText(size: source.byteCount)), into \(order.file)")
  }

  // MARK: Reading

  private func read(_ source: BackupSource, into file: GrowingFile) async throws(Refusal) -> BackupReport {
    let plan = BackupPlan(
      byteCount: source.byteCount, form: order.form, toleratesUnreadable: order.toleratesUnreadable,
      patience: patience)
    let result = await onLane(.reading, total: plan.byteCount) {
      [now = context.now] meter -> Result<BackupReport, BackupError> in
      do throws(BackupError) {
        return .success(
          try DiskBackup.run(source.disk, into: file, plan, now: now) { meter.advance(by: $0) })
      } catch { return .failure(error) }
    }
    switch result {
    case .success(let report): return report
    case .failure(let error):
      throw Refusal(diagnostic: Diagnostic(error, order, signal: context.stopSignal()))
    }
  }

  /// R29: the disk that was looked up is the one that was read, and nobody has written to it.
  /// - Returns: how many bytes were written to it meanwhile, where that was accepted; nil where it is not known.
  private func requireSame(_ source: BackupSource) throws(Refusal) -> UInt64? {
    let changed: UInt64?
    do throws(BackupError) { changed = try source.disk.changedByteCount() } catch {
      throw Refusal(diagnostic: Diagnostic(error, order, signal: context.stopSignal()))
    }
    guard changed == 0 || order.acceptsUse else {
      throw Refusal(
        diagnostic: .sourceChanged(order.device, byteCount: changed, leaving: order.leftover))
    }
    return changed
  }

  // MARK: Proving

  /// Reads the file, unpacks it where it is packed, and compares it with what was read from the disk.
  /// - Returns: the SHA-256 of the file as it is.
  private func readBack(_ file: GrowingFile, _ report: BackupReport) async throws(Refusal) -> [UInt8] {
    let result = await onLane(.verifying, total: report.byteCount) {
      [order, unpack = context.unpack] meter -> Result<BackupProof, ImageSourceError> in
      do throws(ImageSourceError) {
        return .success(try BackupProof(of: file, order.form, unpack, meter))
      } catch { return .failure(error) }
    }
    let proof: BackupProof
    switch result {
    case .success(let found): proof = found
    case .failure(let error):
      throw Refusal(
        diagnostic: Task.isCancelled
          ? Diagnostic(BackupError.cancelled, order, signal: context.stopSignal())
          : .backupDiffers(
            order.file, Diagnostic(error, image: order.file).because, leaving: order.leftover))
    }
    guard proof.content == report.sha256 else {
      throw Refusal(diagnostic: .backupDiffers(order.file, [], leaving: order.leftover))
    }
    return proof.file
  }

  /// Gives the file its name, and puts beside it what belongs to it.
  private func publish(
    _ file: GrowingFile, _ source: BackupSource, _ report: BackupReport, _ sha256: [UInt8]
  ) throws(Refusal) -> BackupSize {
    if !report.unreadable.isEmpty || place.hasBadSectorMap {
      // Before the file, which never stands there without it.
      let map = BackupOutcome.map(order, source, report).indented.string
      try save(Array("\(map)\n".utf8), as: place.badSectors)
    }
    let size: BackupSize
    do throws(SystemCallError) {
      let (bytes, stored) = try file.size()
      size = BackupSize(byteCount: bytes, storedByteCount: stored)
      try file.publish(replacing: order.replaces)
    } catch {
      let isTaken = error.errno == .fileExists
      throw Refusal(
        diagnostic: isTaken
          ? .backupExists(order.file) : .backupNotSaved(order.file, error, for: order))
    }
    try save(
      place.checksumLine(sha256), as: place.checksum,
      leaving: "\(order.file), whole and compared, without its checksum beside it")
    return size
  }

  private func save(
    _ bytes: [UInt8], as path: String, leaving left: SanitizedText? = nil
  ) throws(Refusal) {
    do throws(SystemCallError) { try ReplacedFile.write(bytes, to: FilePath(path)) } catch {
      throw Refusal(diagnostic: .backupNotSaved(path, error, for: order, leaving: left))
    }
  }

  // MARK: Showing

  /// Does what blocks on a thread of its own, and shows how far it is.
  private func onLane<Success: Sendable, Failure: Error>(
    _ phase: WritePhase, total: UInt64,
    _ work: @escaping @Sendable (ProgressMeter) -> Result<Success, Failure>
  ) async -> Result<Success, Failure> {
    let meter = ProgressMeter()
    meter.begin(phase, total: total)
    let form: ProgressReporter.Form = order.isJSON ? .json : order.isQuiet ? .none : .text
    return await ProgressReporter.showing(meter, in: context, as: form) {
      await withTaskGroup(of: Result<Success, Failure>.self) { group in
        group.addTask(executorPreference: LaneExecutor("burin.backup")) {
          let result = work(meter)
          if case .success = result { meter.begin(.done) }
          return result
        }
        for await result in group { return result }
        preconditionFailure("a task without a result")
      }
    }
  }

  private func conclude(_ outcome: BackupOutcome) -> ExitStatus {
    if order.isJSON {
      context.stdout.writeLine(outcome.json.line)
    } else if !order.isQuiet {
      for line in outcome.lines(for: context.outputCapabilities) { context.stdout.writeLine(line) }
    }
    if let diagnostic = outcome.diagnostic { return context.report(diagnostic) }
    // The file is there whether or not somebody can read the report.
    if let failure = context.stdout.failure, failure != .brokenPipe {
      _ = context.report(.outputFailed(failure))
    }
    return .done
  }
}
