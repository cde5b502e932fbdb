import BlockIO
import Unpacking

extension ImageInspector {
  /// How an image is packed and unpacked from while it is written; nil for all other files.
  ///
  /// The first bytes decide alone, as they do where the file is written, whatever stands behind them.
  static func packing(of bytes: some RandomAccessBytes) throws(InspectionError) -> PackedFormat? {
    do throws(ByteReadError) { return try PackedFormat(of: bytes) } catch {
      guard case .system(let call, let offset) = error else { return nil }
      throw .unreadable(call, offset: offset)
    }
  }

  /// Inspects what a file unpacks to.
  static func inspect(
    _ file: some RandomAccessBytes, packedAs format: PackedFormat, member: String?, _ limits: UnpackingLimits
  ) throws(InspectionError) -> ImageReport {
    let unpacked = try UnpackedBeginning(file, format, member: member, limits)
    var report: ImageReport
    switch unpacked.end {
    case .whole: report = try self.report(inside: unpacked, byteCount: UInt64(unpacked.bytes.count))
    case .limit:
      // It is longer than what was looked at, and whoever says otherwise is wrong.
      let isPossible = unpacked.statedByteCount.map { $0 > UInt64(unpacked.bytes.count) } ?? false
      report = try self.report(inside: unpacked, byteCount: isPossible ? unpacked.statedByteCount : nil)
    case .damaged(let error, let layer): report = refusal([PackedFindings.damaged(error, layer: layer)])
    case .noMember(let error): report = refusal([PackedFindings.noMember(error)])
    case .shrunk(let available): report = refusal([ContentFindings.shrunk(to: available)])
    }
    report.byteCount = file.byteCount
    report.compression = format.name
    report.kind = .compressed
    return report
  }

  private static func report(
    inside unpacked: UnpackedBeginning, byteCount: UInt64?
  ) throws(InspectionError) -> ImageReport {
    let bytes = UnpackedBytes(unpacked.bytes, isWhole: unpacked.end == .whole)
    var inspection = Inspection(bytes, seenByteCount: bytes.seenByteCount)
    try inspection.run()
    var report = self.report(on: inspection.facts, bytes)
    report.unpacked = ImageReport.Unpacked(
      kind: report.kind, byteCount: byteCount, seenByteCount: UInt64(unpacked.bytes.count),
      member: unpacked.member)
    if report.kind == .compressed {
      // It is unpacked so often and no more, and a stick gets what then comes out.
      report.verdict = .notBootable
      report.findings =
        [PackedFindings.inside(report.compression ?? "")]
        + report.findings.filter {
          $0.id != FindingID.compressed.rawValue
        }
    }
    if report.verdict == .raw { report.verdict = .decompress }
    report.content = report.content ?? report.compression
    return report
  }

  /// The report on a file that nothing can be unpacked from.
  static func refusal(_ findings: [ImageReport.Finding]) -> ImageReport {
    var report = ImageReport(byteCount: 0)
    report.unpacked = ImageReport.Unpacked(kind: .unknown, byteCount: nil, seenByteCount: 0)
    report.boots = report.boots.replacingNo(with: .init(.no, "the file cannot be unpacked"))
    report.verdict = .refuse
    report.findings = findings
    return report
  }
}

extension ImageReport {
  /// The report on a packed file that is written as it is, which does not boot then, whatever is inside; on any
  /// other file the same.
  public var asItIs: ImageReport {
    guard unpacked != nil, let compression else { return self }
    var facts = BootFacts(byteCount: byteCount)
    facts.content = kind == .container ? .container(compression) : .compressed(compression)
    return ImageInspector.report(on: facts)
  }
}
