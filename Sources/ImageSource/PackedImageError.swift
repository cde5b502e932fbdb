public import BlockIO
public import Decompression
public import DiskContainers
public import Sandbox
public import Unpacking

/// Why a compressed file does not become an image; offsets are in bytes of the file.
public enum PackedImageError: Error, Hashable, Sendable {
  /// It is damaged, asks for too much, or holds nothing.
  case decoding(DecodingError)
  /// The same of what lies in so many layers around it; offsets are in bytes of what comes out of the innermost.
  case inside(DecodingError, layer: Int)
  /// It is an archive, and no member of it is the image.
  case archive(ArchiveError)
  /// It is a disk container, and does not become a disk.
  case container(ContainerError, ContainerFormat)
  /// The kernel could not read it.
  case unreadable(SystemCallError, offset: UInt64)
  /// It is not compressed any more, as it was when it was recognised.
  case unrecognised
  /// The decoder has worked longer than any honest file needs, and no byte of the image came of it.
  case fruitless
  /// The decoder could not be confined, and has read nothing.
  case unconfined(SystemCallError)
  /// The decoder could not be started, or ended without a good end; how much of the file it had used.
  case decoder(ConfinementError, offset: UInt64)
  /// The decoder said what no decoder says; how much of the file it had used before.
  case senseless(offset: UInt64)
  /// The run that wanted the image is over.
  case cancelled
}
