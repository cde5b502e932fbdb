public import Decompression
public import Unpacking

/// How far a packed file was unpacked to be looked at, and why no further (R49).
public struct UnpackedSight: Hashable, Sendable {
  /// What ended it.
  public enum End: Hashable, Sendable {
    /// The image ended, and everything that speaks for that was found true.
    case whole
    /// A limit was reached.
    case limit
    /// The file cannot be unpacked.
    case damaged(DecodingError, layer: Int)
    /// No member of an archive is the image.
    case noMember(ArchiveError)
    /// The file became shorter than it was; its length now, in bytes.
    case shrunk(available: UInt64)
  }

  /// How the file is packed.
  public let format: PackedFormat
  /// The length of the file, in bytes.
  public let fileByteCount: UInt64
  /// Why no more of it was unpacked.
  public let end: End
  /// How much of the image was seen, in bytes.
  public let seenByteCount: UInt64
  /// What the file says of the length of the image, in bytes; nil where that is nothing.
  public let statedByteCount: UInt64?
  /// The member of an archive that is the image, foreign text; nil where there is no archive.
  public let member: String?

  /// Creates a sight from its parts.
  public init(
    _ format: PackedFormat, fileByteCount: UInt64, end: End, seenByteCount: UInt64, statedByteCount: UInt64?,
    member: String?
  ) {
    (self.format, self.fileByteCount, self.end) = (format, fileByteCount, end)
    (self.seenByteCount, self.statedByteCount, self.member) = (seenByteCount, statedByteCount, member)
  }

  /// The length of the image in bytes, as far as it is known.
  var imageByteCount: UInt64? {
    switch end {
    case .whole: seenByteCount
    // It is longer than what was looked at, and whoever says otherwise is wrong.
    case .limit: statedByteCount.flatMap { $0 > seenByteCount ? $0 : nil }
    case .damaged, .noMember, .shrunk: nil
    }
  }

  /// Why nothing was seen of the image; nil where some of it was.
  var obstacle: ImageReport.Finding? {
    switch end {
    case .whole, .limit: nil
    case .damaged(let error, let layer): PackedFindings.damaged(error, layer: layer)
    case .noMember(let error): PackedFindings.noMember(error)
    case .shrunk(let available): ContentFindings.shrunk(to: available)
    }
  }
}

extension ImageReport {
  /// The report on a packed file.
  /// - Parameters:
  ///   - sight: how far it was unpacked.
  ///   - image: what was found of the image in it, as ``ImageInspector/inspect(unpacked:isWhole:)`` does; nil where
  ///     nothing of it was seen.
  public init(on sight: UnpackedSight, _ image: ImageReport?) {
    self =
      if let obstacle = sight.obstacle {
        ImageInspector.refusal([obstacle])
      } else {
        (image ?? ImageReport(byteCount: 0)).unpacked(to: sight)
      }
    byteCount = sight.fileByteCount
    compression = sight.format.name
    kind = .compressed
  }

  /// The report on an image, with what becomes of it where it comes out of a packed file.
  private func unpacked(to sight: UnpackedSight) -> ImageReport {
    var report = self
    report.unpacked = Unpacked(
      kind: kind, byteCount: sight.imageByteCount, seenByteCount: sight.seenByteCount, member: sight.member)
    if kind == .compressed {
      // It is unpacked so often and no more, and a stick gets what then comes out.
      report.verdict = .notBootable
      report.findings =
        [PackedFindings.inside(compression ?? "")]
        + findings.filter { $0.id != FindingID.compressed.rawValue }
    }
    if report.verdict == .raw { report.verdict = .decompress }
    report.content = content ?? compression
    return report
  }
}
