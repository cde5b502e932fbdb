/// A file or directory as a survey sees it: its name, and when it was last written where that is at hand.
public struct VolumeEntry: Hashable, Sendable {
  /// Where the contents of a directory begin, in the terms of its format.
  public struct Place: Hashable, Sendable {
    /// The inode, MFT record, first cluster, or byte.
    public var first: UInt64
    /// The length in bytes where the format needs it; 0 elsewhere.
    public var byteCount: UInt64
    /// Whether the clusters lie in one piece (exFAT's NoFatChain).
    public var isContiguous: Bool

    /// Creates a place.
    public init(first: UInt64, byteCount: UInt64 = 0, isContiguous: Bool = false) {
      self.first = first
      self.byteCount = byteCount
      self.isContiguous = isContiguous
    }
  }

  /// The name; foreign text.
  public var name: String
  /// Whether it is a directory.
  public var isDirectory: Bool
  /// When it was last written, in seconds since 1970; nil where the directory does not say.
  public var modified: Int64?
  /// Where its contents begin.
  public var place: Place

  /// Creates an entry.
  public init(name: String, isDirectory: Bool, modified: Int64?, place: Place) {
    self.name = name
    self.isDirectory = isDirectory
    self.modified = modified
    self.place = place
  }
}

/// A file system of which a few cheap reads tell how full it is, when it was written and what is at its top.
///
/// Every function is bounded by ``SurveyLimits``: a survey is a glance, not a reading of everything.
public protocol SurveyableVolume: Sendable {
  /// The bytes in use, as its own bookkeeping says; nil where that would cost too much or cannot be read.
  var usedByteCount: UInt64? { get }
  /// When the file system as a whole was last written, in seconds since 1970; nil where it does not say.
  var lastWritten: Int64? { get }
  /// The entries of the root directory, without those for itself and its parent.
  func rootEntries() throws(FormatError) -> [VolumeEntry]
  /// The entries of a directory that one of these functions has returned.
  func entries(of directory: VolumeEntry) throws(FormatError) -> [VolumeEntry]
}

/// How much of a file system a survey reads.
public enum SurveyLimits {
  /// The most runs of free clusters that are told apart.
  static let freeRanges = 256
  /// The longest part of a directory that is looked at, in bytes.
  public static let bytesPerDirectory = 128 << 10
  /// The most entries of a directory that are looked at.
  public static let entriesPerDirectory = 4096
  /// The longest allocation bitmap or table that is counted, in bytes.
  public static let bytesPerBitmap = 2 << 20
  /// The longest table of which it is told which entries lead to files, in bytes.
  static let bytesPerNamingTable = 512 << 10
  /// The most pieces that these entries may lie in.
  static let namingRanges = 1024
  /// The most pieces that a directory or a bitmap may lie in.
  public static let extents = 256
}

extension [UInt8] {
  /// How many bits are set, up to a number of bits.
  func setBitCount(of bitCount: UInt64) -> UInt64 {
    let whole = Int(Swift.min(UInt64(count), bitCount / 8))
    var sum: UInt64 = 0
    for byte in self[..<whole] { sum += UInt64(byte.nonzeroBitCount) }
    let rest = bitCount % 8
    if rest > 0, whole < count, UInt64(whole) == bitCount / 8 {
      sum += UInt64((self[whole] & (1 << UInt8(rest) - 1)).nonzeroBitCount)
    }
    return sum
  }
}
