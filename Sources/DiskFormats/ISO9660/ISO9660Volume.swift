public import BlockIO

/// An ISO 9660 volume with all of its trees.
public struct ISO9660Volume: Sendable {
  /// The image.
  public let bytes: any RandomAccessBytes
  /// Its descriptors.
  public let descriptors: VolumeDescriptorSet
  /// The primary descriptor.
  public let primary: VolumeDescriptor
  /// Bytes to skip in every System Use area; nil where the root does not announce any.
  private let systemUseSkip: Int?
  /// Whether the primary tree carries Rock Ridge.
  public let hasRockRidge: Bool
  /// Whether the root of the primary tree begins with the record for itself, as it must (ECMA-119 6.8.2.2).
  public let hasPrimaryRoot: Bool
  /// What is wrong with the System Use area of the root itself.
  public let anomalies: [TreeAnomaly]

  /// Opens the volume that the descriptors at byte 32768 describe; nil without a primary one.
  public init?(_ bytes: any RandomAccessBytes, descriptors: VolumeDescriptorSet) throws(FormatError) {
    guard let primary = descriptors.primary else { return nil }
    self.bytes = bytes
    self.descriptors = descriptors
    self.primary = primary
    let root = try Self.rootRecord(bytes, primary)
    hasPrimaryRoot = root != nil
    guard let root, let place = Self.announcement(in: root.systemUse),
      let skip = try? Int(root.systemUse.byte(at: place + 6))
    else {
      let isSpoilt = root?.systemUse.has("SP", at: 0) == true
      let anomaly = isSpoilt ? root.map { TreeAnomaly(.badSystemUseEntry, at: $0.offset) } : nil
      (systemUseSkip, hasRockRidge, anomalies) = (nil, false, anomaly.map { [$0] } ?? [])
      return
    }
    let area = try SystemUseArea(
      root.systemUse, skipping: place, in: bytes, blockSize: UInt64(primary.blockSize))
    let names = area.entries.contains { $0.isSigned("ER") || $0.isSigned("ES") }
    (systemUseSkip, hasRockRidge, anomalies) = (skip, names || RockRidge(area).isPresent, area.anomalies)
  }

  /// The tree whose names its author meant: Rock Ridge, then Joliet, then ISO 9660:1999, then plain.
  public var bestTree: ISO9660Tree? {
    if hasRockRidge, let tree = tree(.rockRidge) { return tree }
    return tree(.joliet) ?? tree(.enhanced) ?? tree(.plain)
  }

  /// One of the trees; nil where the volume has it not.
  public func tree(_ naming: ISO9660Tree.Naming) -> ISO9660Tree? {
    let descriptor: VolumeDescriptor? =
      switch naming {
      case .rockRidge: hasRockRidge ? primary : nil
      case .plain: primary
      case .joliet: descriptors.joliet
      case .enhanced: descriptors.enhanced
      }
    guard let descriptor else { return nil }
    return ISO9660Tree(bytes, descriptor: descriptor, naming: naming, systemUseSkip: systemUseSkip ?? 0)
  }

  /// The first record of the primary root, which stands for the root itself.
  private static func rootRecord(
    _ bytes: any RandomAccessBytes, _ primary: VolumeDescriptor
  ) throws(FormatError) -> DirectoryRecord? {
    guard let root = primary.root else { return nil }
    let reader = try bytes.prefixReader(at: root.dataOffset(blockSize: UInt64(primary.blockSize)), upTo: 256)
    guard let record = try? DirectoryRecord(parsing: reader), record.identifier == [0] else { return nil }
    return record
  }

  /// SP announces System Use areas: 7 bytes, version 1, BE EF (SUSP 1.12 section 5.3).
  private static func announcement(in area: ByteReader) -> Int? {
    guard let place = area.firstOffset(of: "SP", in: 0..<area.count),
      area.has([7, 1, 0xBE, 0xEF], at: place + 2)
    else { return nil }
    return place
  }
}
