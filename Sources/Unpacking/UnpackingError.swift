public import BlockIO
public import Decompression
public import DiskContainers

/// Why a packed file does not become an image.
public enum UnpackingError: Error, Hashable, Sendable {
  /// It is damaged, asks for too much, or holds nothing.
  ///
  /// Offsets are in bytes of the file in the outermost layer, 0, and of what came out of the one before in another.
  case decoding(DecodingError, layer: Int)
  /// It is an archive, and what is the image in it cannot be told or had.
  case archive(ArchiveError)
  /// It is a disk container, and does not become a disk.
  case container(ContainerError, ContainerFormat)
  /// It could not be read.
  case reading(ByteReadError)
}

/// Why no member of an archive is written.
public enum ArchiveError: Error, Hashable, Sendable {
  /// No member is a file with anything in it.
  case noImage(MemberListing)
  /// Several members may be meant.
  case severalImages(MemberListing)
  /// No file among the members has the name that was asked for.
  case noSuchMember(MemberListing)
  /// A password is needed, which nobody asks for.
  case encrypted
  /// A directory at the end of what cannot be read from its end: it comes out of a decoder or a pipe.
  case notSeekable(ArchiveFormat)
  /// A member was asked for, and there are none: it is no archive.
  case noArchive
}

/// Some of the files in an archive, for people to choose from.
public struct MemberListing: Hashable, Sendable {
  /// One of them.
  public struct Member: Hashable, Sendable {
    /// Its name as the archive has it, foreign text; a very long one is cut off.
    public let name: String
    /// Its length in bytes.
    public let byteCount: UInt64

    /// Creates a member; a name is kept as far as ``longestName`` bytes reach.
    public init(name: String, byteCount: UInt64) {
      self.name =
        name.utf8.count <= Self.longestName
        ? name : String(decoding: name.utf8.prefix(Self.longestName), as: UTF8.self)
      self.byteCount = byteCount
    }

    /// In bytes.
    public static let longestName = 255
  }

  /// The first of them.
  public private(set) var members: [Member] = []
  /// How many there are.
  public private(set) var count: UInt64 = 0

  /// More are only counted.
  public static let mostMembers = 8

  /// Creates a list of nothing.
  public init() {}

  /// Creates a list; what does not fit is only counted.
  public init(_ members: [Member], count: UInt64) {
    self.members = Array(members.prefix(Self.mostMembers))
    self.count = max(count, UInt64(self.members.count))
  }

  /// The first name that only one of them has, as far as they are kept: the others name none.
  public var distinctName: String? {
    members.first { member in members.count(where: { $0.name == member.name }) == 1 }?.name
  }

  mutating func add(_ name: String, _ byteCount: UInt64) {
    count += 1
    if members.count < Self.mostMembers { members.append(Member(name: name, byteCount: byteCount)) }
  }
}

extension DecodingError {
  /// The same where offsets are counted from another place.
  func moved(by distance: (UInt64) -> UInt64) -> DecodingError {
    switch self {
    case .corrupt(let offset): .corrupt(offset: distance(offset))
    case .checksumWrong(let offset): .checksumWrong(offset: distance(offset))
    case .truncated(let offset): .truncated(offset: distance(offset))
    case .trailingGarbage(let offset): .trailingGarbage(offset: distance(offset))
    case .unsupported(let feature, let offset): .unsupported(feature, offset: distance(offset))
    case .memoryLimit, .windowTooLarge, .empty, .outOfMemory: self
    }
  }
}
