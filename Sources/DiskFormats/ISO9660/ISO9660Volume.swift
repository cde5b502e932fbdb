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

  /// Opens the volume that the descriptors at byte 32768 describe; nil without a primary one.
  public init?(_ bytes: any RandomAccessBytes, descriptors: VolumeDescriptorSet) throws(FormatError) {
    guard let primary = descriptors.primary else { return nil }
    self.bytes = bytes
    self.descriptors = descriptors
    self.primary = primary
    (systemUseSkip, hasRockRidge) = try Self.rockRidge(bytes, primary)
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

  /// SP in the first record of the root announces System Use areas (SUSP 1.12 section 5.3).
  private static func rockRidge(
    _ bytes: any RandomAccessBytes, _ primary: VolumeDescriptor
  ) throws(FormatError) -> (skip: Int?, isPresent: Bool) {
    guard let root = primary.root else { return (nil, false) }
    let blockSize = UInt64(primary.blockSize)
    let reader = try bytes.prefixReader(at: root.dataOffset(blockSize: blockSize), upTo: 256)
    guard let record = try? DirectoryRecord(parsing: reader), record.identifier == [0],
      let place = record.systemUse.firstOffset(of: "SP", in: 0..<record.systemUse.count),
      record.systemUse.has([7, 1, 0xBE, 0xEF], at: place + 2),
      let skip = try? Int(record.systemUse.byte(at: place + 6))
    else { return (nil, false) }
    let area = try SystemUseArea(record.systemUse, skipping: place, in: bytes, blockSize: blockSize)
    let names = area.entries.contains { $0.isSigned("ER") || $0.isSigned("ES") }
    return (skip, names || RockRidge(area).isPresent)
  }
}
