/// A file or directory of an ISO 9660 volume.
public struct ISO9660Node: FileTreeNode {
  /// The name that the tree gives it: of Rock Ridge, of Joliet, or plain without its version.
  public let name: String
  /// Whether it holds other nodes.
  public let isDirectory: Bool
  /// Whether it is marked as not to be shown.
  public let isHidden: Bool
  /// The target of a symbolic link, foreign text.
  public let linkTarget: String?
  /// Where its data lies, one piece for each directory record of a file of several extents.
  public internal(set) var extents: [ExtentBytes.Extent]
  /// Where its first directory record lies, in bytes.
  public let recordOffset: UInt64

  /// The first byte of its data.
  public var identity: UInt64 { extents.first?.start ?? recordOffset }

  /// The length in bytes.
  public var byteCount: UInt64 {
    // At most 2^32 pieces of less than 2^32 bytes each.
    extents.reduce(0) { $0 &+ $1.byteCount }
  }
}
