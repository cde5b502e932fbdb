public import BlockIO

/// A part of a container.
public enum ContainerPart: UInt8, Hashable, Sendable, CaseIterable {
  /// What it begins with.
  case header
  /// What it ends with.
  case footer
  /// What says where the pieces of the disk lie.
  case table
  /// A text about the disk.
  case descriptor
  /// A piece of the disk.
  case data
  /// The length of the disk.
  case length
}

/// What a container needs that is not there.
public enum ContainerNeed: UInt8, Hashable, Sendable, CaseIterable {
  /// Another file, over which this one lies.
  case parentFile
  /// Another file, in which the disk's bytes lie.
  case dataFile
  /// The key of an encrypted disk.
  case key
  /// That changes are carried out that are only noted so far.
  case journal
  /// A method of packing that is not known here.
  case method
  /// A version or a feature that is not known here.
  case feature
  /// That it is mended: it is marked as damaged.
  case repair
  /// A track with a computer's data; music, for instance, is none.
  case dataTrack
  /// A file that can be read at any place; a pipe, for instance, is none.
  case wholeFile
}

/// Why a container does not become a disk; offsets are in bytes of the file.
public enum ContainerError: Error, Hashable, Sendable {
  /// The kernel could not read it.
  case unreadable(SystemCallError, offset: UInt64)
  /// A part makes no sense.
  case damaged(ContainerPart, offset: UInt64)
  /// A part does not have the checksum that it should have.
  case checksumWrong(ContainerPart, offset: UInt64)
  /// A part should lie where the file has ended already.
  case cutOff(ContainerPart, offset: UInt64)
  /// Bytes of the file are used twice.
  case usedTwice(offset: UInt64)
  /// The disk, or what describes it, is longer than any honest one, in bytes.
  case tooLong(ContainerPart, byteCount: UInt64)
  /// It needs what is not there.
  case needs(ContainerNeed)
  /// The system has no memory left.
  case outOfMemory
  /// More had to be read than whoever looks at it allows.
  case budgetExhausted
}

/// What is odd about a container that can be read all the same.
public enum ContainerNote: UInt8, Hashable, Sendable, CaseIterable {
  /// Nobody closed it properly; the disk may be as after a power cut.
  case notClosed
  /// Older states of the disk are kept in it, which are left out.
  case hasSnapshots
}
