import BlockIO
import DiskFormats

/// Finds ISO 9660 and UDF.
enum OpticalDetector {
  static func detect(in bytes: CachedBytes, _ facts: inout BootFacts) throws(FormatError) {
    let descriptors = try VolumeDescriptorSet(reading: bytes)
    let recognition = try UDFRecognition(reading: bytes)
    if let relative = descriptors.relative {
      var optical = OpticalFacts(volume: .unnamed)
      optical.hasISO9660 = false
      optical.relative = relative.rawValue
      facts.optical = optical
      return
    }
    guard descriptors.primary != nil || recognition != nil else { return }
    var optical = OpticalFacts(volume: .unnamed)
    optical.hasISO9660 = descriptors.primary != nil
    optical.hasUDF = recognition != nil
    optical.isTerminated = descriptors.isTerminated
    if let primary = descriptors.primary { try describe(primary, descriptors, bytes, &optical) }
    facts.optical = optical
    guard let recognition else { return }
    let udf = try unlessUnseen { () throws(FormatError) in
      try unlessMalformed { () throws(FormatError) in try UDFVolume(bytes, recognition: recognition) }
    }.flatMap { $0 }.flatMap { $0 }
    optical.volume.udf = udf?.revision ?? (recognition.isSecondGeneration ? "2" : "1")
    if let udf {
      optical.udfEnd = udf.byteCount
      optical.isUDFReadable =
        try unlessUnseen { () throws(FormatError) in try udf.tree() }.flatMap { $0 } != nil
      if !optical.hasISO9660 {
        optical.volume.identifier = udf.volumeIdentifier
        optical.volume.blocks = udf.byteCount / VolumeDescriptorSet.sectorSize
      }
    }
    facts.optical = optical
  }

  private static func describe(
    _ primary: VolumeDescriptor, _ descriptors: VolumeDescriptorSet, _ bytes: CachedBytes,
    _ optical: inout OpticalFacts
  ) throws(FormatError) {
    let seen = try unlessUnseen { () throws(FormatError) in
      try ISO9660Volume(bytes, descriptors: descriptors)
    }
    let volume = seen.flatMap { $0 }
    optical.volume = ImageReport.Volume(
      identifier: primary.volumeIdentifier, systemIdentifier: primary.systemIdentifier,
      publisher: primary.publisher, created: primary.created?.description,
      blocks: primary.byteCount / VolumeDescriptorSet.sectorSize, joliet: descriptors.jolietLevel,
      rockRidge: volume?.hasRockRidge ?? false, udf: nil)
    optical.isoEnd = primary.byteCount
    optical.blockSize = Int(primary.blockSize)
    optical.byteOrdersAgree = primary.byteOrdersAgree
    optical.hasReadableRoot = volume?.hasPrimaryRoot ?? (seen == nil)
    for anomaly in volume?.anomalies ?? [] { optical.note(.damaged, at: anomaly.offset) }
  }
}

extension ImageReport.Volume {
  /// A volume of which nothing is known.
  static let unnamed = ImageReport.Volume(
    identifier: "", systemIdentifier: "", publisher: "", created: nil, blocks: 0, joliet: nil,
    rockRidge: false, udf: nil)
}
