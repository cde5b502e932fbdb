public import BlockIO
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
    let sight = UnpackedSight(
      format, fileByteCount: file.byteCount, end: unpacked.end, seenByteCount: UInt64(unpacked.bytes.count),
      statedByteCount: unpacked.statedByteCount, member: unpacked.member)
    let image =
      sight.obstacle == nil ? try inspect(unpacked: unpacked.bytes, isWhole: unpacked.end == .whole) : nil
    return ImageReport(on: sight, image)
  }

  /// Inspects what has come so far of an image that somebody else unpacks.
  ///
  /// What lies behind these bytes counts as unknown, and not as missing.
  /// - Parameters:
  ///   - beginning: its first bytes.
  ///   - isWhole: whether nothing follows them.
  public static func inspect(
    unpacked beginning: some RandomAccessBytes, isWhole: Bool
  ) throws(InspectionError) -> ImageReport {
    let bytes = UnpackedBytes(beginning, isWhole: isWhole)
    var inspection = Inspection(bytes, seenByteCount: bytes.seenByteCount)
    try inspection.run()
    return report(on: inspection.facts, bytes)
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
