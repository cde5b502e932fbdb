public import DiskFormats

/// A file or directory of an image, and the first bytes of those that somebody asked about that lie in it.
public struct NamedFile: Hashable, Sendable {
  /// Its path from the root, with slashes; foreign text.
  public let path: String
  /// Whether it is a directory, whose list of names it is then.
  public let isDirectory: Bool
  /// The kind of its file system, such as `FAT32` or `ISO 9660`.
  public let fileSystem: String
  /// The partition of that; nil where it is not in one.
  public let partition: Int?
  /// The first of the bytes that were asked about, from the start of the image.
  public let offset: UInt64

  /// How many are named at most.
  public static let mostNamed = 16
  /// The longest path that is kept, in bytes.
  static let longestPath = 1024
}

extension NamedFile: Transferable {
  init(from reader: inout TransferReader) throws(FormatError) {
    path = try String(from: &reader)
    isDirectory = try Bool(from: &reader)
    fileSystem = try String(from: &reader)
    partition = try Int?(from: &reader)
    offset = try UInt64(from: &reader)
    guard path.utf8.count <= Self.longestPath, fileSystem.utf8.count <= 16 else { throw reader.malformed() }
  }

  func transfer(to bytes: inout [UInt8]) {
    path.transfer(to: &bytes)
    isDirectory.transfer(to: &bytes)
    fileSystem.transfer(to: &bytes)
    partition.transfer(to: &bytes)
    offset.transfer(to: &bytes)
  }

  /// Files as bytes, for a process that does not trust this one.
  public static func transferBytes(of files: [NamedFile]) -> [UInt8] {
    var bytes: [UInt8] = []
    files.transfer(to: &bytes)
    return bytes
  }

  /// Reads ``transferBytes(of:)``.
  /// - Throws: `FormatError` for anything that those never are.
  public static func files(transferBytes: [UInt8]) throws(FormatError) -> [NamedFile] {
    var reader = TransferReader(transferBytes)
    let files = try [NamedFile](from: &reader)
    guard reader.remaining == 0, files.count <= mostNamed else { throw reader.malformed() }
    return files
  }
}
