extension BlockMap {
  /// How long the file of a map may be, in bytes.
  public static let largestFile = 16 << 20

  /// Reads the file of a map in one of the versions 1.0 to 1.4 and 2.x of bmaptool.
  ///
  /// The file's own checksum must be right where its version has one, its counts must agree with its ranges, and
  /// these must ascend within the image.
  public init(parsing file: [UInt8]) throws(BlockMapError) {
    guard file.count <= Self.largestFile else { throw BlockMapError(.tooLarge, at: Self.largestFile) }
    try self.init(parsing: file, rangeLimit: Self.rangeLimit)
  }

  init(parsing file: [UInt8], rangeLimit: Int) throws(BlockMapError) {
    self = try MapDocument(reading: file, rangeLimit: rangeLimit).map(of: file)
  }
}
