import BlockIO
import DiskContainers

extension ImageInspector {
  /// How many pieces of a disk are followed through the tables after the disk was looked at: most disks have fewer.
  private static let surveyedExtents = 50_000

  /// Whether it is a text that says where the tracks of a disc lie.
  static func isCueSheet(_ bytes: some RandomAccessBytes) throws(InspectionError) -> Bool {
    do throws(ByteReadError) { return try RecognisedContainer(in: bytes) == .cueSheet } catch {
      guard case .system(let call, let offset) = error else { return false }
      throw .unreadable(call, offset: offset)
    }
  }

  /// Inspects the disk in a container.
  static func inspect(
    _ file: some RandomAccessBytes, heldBy format: ContainerFormat
  ) throws(InspectionError) -> ImageReport {
    var report: ImageReport
    do throws(ContainerError) {
      report = try self.report(on: GuestDisk(format, in: file))
    } catch {
      if case .unreadable(let call, let offset) = error { throw .unreadable(call, offset: offset) }
      report = refusal([ContainerFindings.fault(error, format)])
    }
    report.byteCount = file.byteCount
    report.compression = format.name
    report.kind = .container
    return report
  }

  /// The report on a CUE sheet, whatever its length.
  static func inspect(cueSheet bytes: some RandomAccessBytes) throws(InspectionError) -> ImageReport {
    let text: [UInt8]
    do throws(ByteReadError) { text = try bytes.prefix(at: 0, upTo: CueSheet.longest) } catch {
      guard case .system(let call, let offset) = error else {
        return refusal([ContentFindings.shrunk(to: 0)])
      }
      throw .unreadable(call, offset: offset)
    }
    var facts = BootFacts(byteCount: bytes.byteCount)
    facts.content = .container("cue")
    var report = self.report(on: facts)
    report.findings = [ContainerFindings.cueSheet(text)]
    return report
  }

  private static func report(on disk: GuestDisk) throws(ContainerError) -> ImageReport {
    var inspection = Inspection(disk)
    do throws(InspectionError) { try inspection.run() } catch {
      switch error {
      case .unreadable(let call, let offset): throw .unreadable(call, offset: offset)
      }
    }
    var report = self.report(on: inspection.facts, disk)
    try survey(disk)
    if let fault = disk.fault { throw fault }
    report.unpacked = ImageReport.Unpacked(
      kind: report.kind, byteCount: disk.byteCount, seenByteCount: disk.byteCount)
    if report.kind == .compressed || report.kind == .container {
      // A stick gets what comes out, which would have to be unpacked as well.
      report.verdict = .notBootable
      report.findings = [PackedFindings.inside(report.compression ?? "")]
      report.unpacked?.kind = .compressed
    }
    if report.verdict == .raw { report.verdict = .decompress }
    report.content = report.content ?? report.compression
    var notes = disk.notes.sorted { $0.rawValue < $1.rawValue }.map(ContainerFindings.note)
    if disk.leftOutSectorCount > 0 { notes.append(ContainerFindings.leftOut(disk.leftOutSectorCount)) }
    report.findings = [.error, .warning, .note].flatMap { severity in
      (report.findings + notes).filter { $0.severity == severity }
    }
    return report
  }

  private static func survey(_ disk: GuestDisk) throws(ContainerError) {
    do throws(ContainerError) {
      try disk.stream().survey(mostExtents: surveyedExtents)
    } catch .budgetExhausted {
      // As far as it came, nothing was wrong.
      return
    } catch { throw error }
  }
}
