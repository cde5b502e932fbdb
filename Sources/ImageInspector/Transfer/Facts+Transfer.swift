import DiskFormats

// The parts of a report, field by field in the order of their declaration.

extension ImageReport.Unpacked: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      kind: try .init(from: &reader), byteCount: try .init(from: &reader),
      seenByteCount: try .init(from: &reader), member: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    kind.transfer(to: &bytes)
    byteCount.transfer(to: &bytes)
    seenByteCount.transfer(to: &bytes)
    member.transfer(to: &bytes)
  }
}

extension ImageReport.Volume: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      identifier: try .init(from: &reader), systemIdentifier: try .init(from: &reader),
      publisher: try .init(from: &reader), created: try .init(from: &reader),
      blocks: try .init(from: &reader), joliet: try .init(from: &reader),
      rockRidge: try .init(from: &reader), udf: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    identifier.transfer(to: &bytes)
    systemIdentifier.transfer(to: &bytes)
    publisher.transfer(to: &bytes)
    created.transfer(to: &bytes)
    blocks.transfer(to: &bytes)
    joliet.transfer(to: &bytes)
    rockRidge.transfer(to: &bytes)
    udf.transfer(to: &bytes)
  }
}

extension ImageReport.ElToritoSummary: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      catalogLBA: try .init(from: &reader), checksumValid: try .init(from: &reader),
      entries: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    catalogLBA.transfer(to: &bytes)
    checksumValid.transfer(to: &bytes)
    entries.transfer(to: &bytes)
  }
}

extension ImageReport.ElToritoSummary.Entry: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      platform: try .init(from: &reader), bootable: try .init(from: &reader),
      emulation: try .init(from: &reader), loadSegment: try .init(from: &reader),
      sectorCount: try .init(from: &reader), lba: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    platform.transfer(to: &bytes)
    bootable.transfer(to: &bytes)
    emulation.transfer(to: &bytes)
    loadSegment.transfer(to: &bytes)
    sectorCount.transfer(to: &bytes)
    lba.transfer(to: &bytes)
  }
}

extension ImageReport.MBRSummary: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(loader: try .init(from: &reader), entries: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    loader.transfer(to: &bytes)
    entries.transfer(to: &bytes)
  }
}

extension ImageReport.MBRSummary.Entry: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      index: try .init(from: &reader), active: try .init(from: &reader), type: try .init(from: &reader),
      startLBA: try .init(from: &reader), sectors: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    index.transfer(to: &bytes)
    active.transfer(to: &bytes)
    type.transfer(to: &bytes)
    startLBA.transfer(to: &bytes)
    sectors.transfer(to: &bytes)
  }
}

extension ImageReport.GPTSummary: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      headerValid: try .init(from: &reader), entriesValid: try .init(from: &reader),
      backup: try .init(from: &reader), sectorSize: try .init(from: &reader),
      partitions: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    headerValid.transfer(to: &bytes)
    entriesValid.transfer(to: &bytes)
    backup.transfer(to: &bytes)
    sectorSize.transfer(to: &bytes)
    partitions.transfer(to: &bytes)
  }
}

extension ImageReport.GPTSummary.Partition: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      index: try .init(from: &reader), typeGUID: try .init(from: &reader), name: try .init(from: &reader),
      firstLBA: try .init(from: &reader), lastLBA: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    index.transfer(to: &bytes)
    typeGUID.transfer(to: &bytes)
    name.transfer(to: &bytes)
    firstLBA.transfer(to: &bytes)
    lastLBA.transfer(to: &bytes)
  }
}

extension ImageReport.APMSummary: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(blockSize: try .init(from: &reader), partitions: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    blockSize.transfer(to: &bytes)
    partitions.transfer(to: &bytes)
  }
}

extension ImageReport.APMSummary.Partition: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      name: try .init(from: &reader), type: try .init(from: &reader), start: try .init(from: &reader),
      blocks: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    name.transfer(to: &bytes)
    type.transfer(to: &bytes)
    start.transfer(to: &bytes)
    blocks.transfer(to: &bytes)
  }
}

extension ImageReport.EFILoader: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    self.init(
      path: try .init(from: &reader), place: try .init(from: &reader), architecture: try .init(from: &reader),
      signed: try .init(from: &reader))
  }

  func transfer(to bytes: inout [UInt8]) {
    path.transfer(to: &bytes)
    place.transfer(to: &bytes)
    architecture.transfer(to: &bytes)
    signed.transfer(to: &bytes)
  }
}
