import Decompression

/// A piece of the file that has to be unpacked.
struct PackedCluster: Hashable, Sendable {
  /// How it is packed.
  enum Method: Hashable, Sendable {
    case piece(PieceMethod, mayGoOn: Bool)
    /// Raw sectors of a disc, whose data is taken out; the first one has this number by its own address.
    case sectors(from: UInt64)
  }

  /// Where it begins in the file, in bytes.
  var offset: UInt64
  /// Its length in the file, in bytes.
  var packedByteCount: Int
  /// How it is packed.
  var method: Method
  /// The most bytes of the disk that it holds.
  var byteCount: Int
}

/// What comes next of a disk.
struct GuestExtent: Hashable, Sendable {
  enum Content: Hashable, Sendable {
    /// Zeros.
    case zeros
    /// Zeros, of which the container says that nobody wants them, and which its checksums may leave out.
    case unused
    /// Bytes of the file, from an offset on.
    case stored(UInt64)
    /// Bytes of what is unpacked, from an offset in it on.
    case packed(PackedCluster, from: Int)
  }

  /// What it is.
  var content: Content
  /// How many bytes of the disk it is; at least one.
  var byteCount: UInt64
  /// The bytes of the file that belong to this place of the disk alone.
  var allocation: Allocation?
  /// The table that was asked, where it belongs to this part of the disk alone.
  var table: Allocation?
}

/// Bytes of the file that were given to one place of the disk.
struct Allocation: Hashable, Sendable {
  /// The bytes of the file.
  var range: Range<UInt64>
  /// The place: the number of the cluster or of the table.
  var owner: UInt64
}

/// A checksum of a part of the disk.
struct GuestChecksum: Hashable, Sendable {
  /// The part, in bytes of the disk.
  var range: Range<UInt64>
  /// Its CRC-32.
  var crc: UInt32
  /// Where the checksum lies in the file, in bytes.
  var offset: UInt64
}

/// Where the bytes of a disk lie in a container.
///
/// A map holds numbers of a header that was checked; everything else it reads when it is asked, so that a disk of any
/// size takes no more memory than another.
protocol GuestMap: Sendable {
  /// The length of the disk in bytes.
  var byteCount: UInt64 { get }
  /// The unit in which places of the file are given away, in bytes; nil where the same one may be used twice.
  var allocationUnit: UInt64? { get }
  /// What belongs to the container itself: its header and its first table.
  var reserved: [Range<UInt64>] { get }
  /// Checksums of parts of the disk, in their order and without overlaps.
  var checksums: [GuestChecksum] { get }
  /// What is odd about it.
  var notes: Set<ContainerNote> { get }
  /// How many sectors of the file belong to no volume, have no data of a computer and are left out.
  var leftOutSectorCount: UInt64 { get }

  /// What the disk has from an offset below its length on.
  mutating func extent(
    at offset: UInt64, in file: inout MetadataReader
  ) throws(ContainerError) -> GuestExtent
}

extension GuestMap {
  var allocationUnit: UInt64? { nil }
  var reserved: [Range<UInt64>] { [] }
  var checksums: [GuestChecksum] { [] }
  var notes: Set<ContainerNote> { [] }
  var leftOutSectorCount: UInt64 { 0 }
}
