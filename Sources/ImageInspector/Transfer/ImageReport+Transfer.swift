public import DiskFormats

extension ImageReport {
  /// The report as bytes, for a process that does not look at the image itself.
  public var transferBytes: [UInt8] {
    var bytes: [UInt8] = []
    transfer(to: &bytes)
    return bytes
  }

  /// Reads a report that another process made; none of it is trusted beyond its form.
  ///
  /// - Throws: `FormatError` for bytes that ``transferBytes`` never gives, and where some are left over.
  public init(transferBytes bytes: [UInt8]) throws(FormatError) {
    var reader = TransferReader(bytes)
    self = try ImageReport(from: &reader)
    guard reader.remaining == 0 else { throw reader.malformed() }
  }
}

extension ImageReport.Kind: Transferable {}
extension ImageReport.Verdict: Transferable {}
extension ImageReport.ElToritoSummary.Platform: Transferable {}
extension ImageReport.ElToritoSummary.Emulation: Transferable {}
extension ImageReport.GPTSummary.Backup: Transferable {}
extension ImageReport.Architecture: Transferable {}
extension ImageReport.EFILoader.Place: Transferable {}
extension ImageReport.BootVerdicts.Answer.Value: Transferable {}
extension ImageReport.Finding.Severity: Transferable {}

extension ImageReport: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(byteCount: try .init(from: &reader))
    seenByteCount = try .init(from: &reader)
    leastByteCount = try .init(from: &reader)
    unpacked = try .init(from: &reader)
    compression = try .init(from: &reader)
    kind = try .init(from: &reader)
    content = try .init(from: &reader)
    volume = try .init(from: &reader)
    elTorito = try .init(from: &reader)
    mbr = try .init(from: &reader)
    gpt = try .init(from: &reader)
    apm = try .init(from: &reader)
    efi = try .init(from: &reader)
    truncatedBy = try .init(from: &reader)
    boots = try .init(from: &reader)
    verdict = try .init(from: &reader)
    findings = try .init(from: &reader)
    mountTraces = try .init(from: &reader)
  }

  func transfer(to bytes: inout [UInt8]) {
    byteCount.transfer(to: &bytes)
    seenByteCount.transfer(to: &bytes)
    leastByteCount.transfer(to: &bytes)
    unpacked.transfer(to: &bytes)
    compression.transfer(to: &bytes)
    kind.transfer(to: &bytes)
    content.transfer(to: &bytes)
    volume.transfer(to: &bytes)
    elTorito.transfer(to: &bytes)
    mbr.transfer(to: &bytes)
    gpt.transfer(to: &bytes)
    apm.transfer(to: &bytes)
    efi.transfer(to: &bytes)
    truncatedBy.transfer(to: &bytes)
    boots.transfer(to: &bytes)
    verdict.transfer(to: &bytes)
    findings.transfer(to: &bytes)
    mountTraces.transfer(to: &bytes)
  }
}

extension MountTraces: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(fileSystems: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) { fileSystems.transfer(to: &bytes) }
}

extension MountTraces.FileSystem: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      kind: try .init(from: &reader), partition: try .init(from: &reader), range: try .init(from: &reader),
      traces: try .init(from: &reader), explainsAll: try .init(from: &reader),
      others: try .init(from: &reader), witness: try .init(from: &reader), naming: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    kind.transfer(to: &bytes)
    partition.transfer(to: &bytes)
    range.transfer(to: &bytes)
    traces.transfer(to: &bytes)
    explainsAll.transfer(to: &bytes)
    others.transfer(to: &bytes)
    witness.transfer(to: &bytes)
    naming.transfer(to: &bytes)
  }
}

extension Range<UInt64>: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    let (lower, upper) = (try UInt64(from: &reader), try UInt64(from: &reader))
    guard lower <= upper else { throw reader.malformed() }
    self = lower..<upper
  }

  func transfer(to bytes: inout [UInt8]) {
    lowerBound.transfer(to: &bytes)
    upperBound.transfer(to: &bytes)
  }
}

extension ImageReport.BootVerdicts: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init()
    stickBIOS = try .init(from: &reader)
    stickUEFI = try .init(from: &reader)
    uefiArchitectures = try .init(from: &reader)
    discBIOS = try .init(from: &reader)
    discUEFI = try .init(from: &reader)
    secureBoot = try .init(from: &reader)
  }

  func transfer(to bytes: inout [UInt8]) {
    stickBIOS.transfer(to: &bytes)
    stickUEFI.transfer(to: &bytes)
    uefiArchitectures.transfer(to: &bytes)
    discBIOS.transfer(to: &bytes)
    discUEFI.transfer(to: &bytes)
    secureBoot.transfer(to: &bytes)
  }
}

extension ImageReport.BootVerdicts.Answer: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(try .init(from: &reader), try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    value.transfer(to: &bytes)
    evidence.transfer(to: &bytes)
  }
}

extension ImageReport.Finding: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      try .init(from: &reader), try .init(from: &reader), try .init(from: &reader),
      offset: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    id.transfer(to: &bytes)
    severity.transfer(to: &bytes)
    text.transfer(to: &bytes)
    offset.transfer(to: &bytes)
  }
}
