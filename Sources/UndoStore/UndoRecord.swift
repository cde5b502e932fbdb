/// What was saved of a disk before it was written, and where in the record's file it lies.
public struct UndoRecord: Hashable, Sendable {
  /// A partition of the old table, so that people can be told what is lost.
  public struct Partition: Hashable, Sendable {
    /// Its number, 1-based.
    public var number: Int
    /// Its bytes on the disk.
    public var range: Range<UInt64>
    /// The file system that was in it, such as `vfat`; foreign text.
    public var fileSystem: String?
    /// The file system's label or the name in the table; foreign text.
    public var name: String?

    /// Creates a partition.
    public init(number: Int, range: Range<UInt64>, fileSystem: String?, name: String?) {
      self.number = number
      self.range = range
      self.fileSystem = fileSystem
      self.name = name
    }
  }

  /// A run of bytes that can be brought back.
  public struct Piece: Hashable, Sendable {
    /// What was there.
    public enum Content: Hashable, Sendable {
      /// Zeros, which take no room.
      case zeros
      /// Bytes that lie in the file from an offset on, with their SHA-256.
      case stored(at: UInt64, sha256: [UInt8])
    }
    /// Where on the disk.
    public var range: Range<UInt64>
    /// What was there.
    public var content: Content

    /// Creates a piece.
    public init(range: Range<UInt64>, content: Content) {
      self.range = range
      self.content = content
    }
  }

  /// The record's name, by which it can be chosen; the file is called so too.
  public var id: String
  /// Counts the records and runs of a state directory; the order of their beginning, whatever the clock said.
  public var number: UInt64 = 0
  /// The disk.
  public var disk: DiskFingerprint
  /// When it was saved, in seconds since 1970-01-01 UTC.
  public var time: Int64
  /// The path of the image that was to be written; foreign text.
  public var image: String
  /// How many bytes from the first on the image was to overwrite; the whole disk where its length was not known.
  public var writtenByteCount: UInt64
  /// What was to be zeroed first: both ends, and stale signatures.
  public var erased: ByteRanges
  /// The kind of the old partition table, such as `gpt`.
  public var table: String
  /// The partitions of the old table.
  public var partitions: [Partition]
  /// What was saved, in the order of the disk; the runs do not overlap.
  public var pieces: [Piece]
  /// What was to be saved and could not be read.
  public var unreadable: ByteRanges

  /// Creates a record from its parts.
  public init(
    id: String, disk: DiskFingerprint, time: Int64, image: String, writtenByteCount: UInt64,
    erased: ByteRanges, table: String, partitions: [Partition], pieces: [Piece] = [],
    unreadable: ByteRanges = ByteRanges()
  ) {
    self.id = id
    self.disk = disk
    self.time = time
    self.image = image
    self.writtenByteCount = writtenByteCount
    self.erased = erased
    self.table = table
    self.partitions = partitions
    self.pieces = pieces
    self.unreadable = unreadable
  }

  /// Everything that can be brought back.
  public var saved: ByteRanges { ByteRanges(pieces.map(\.range)) }
}
