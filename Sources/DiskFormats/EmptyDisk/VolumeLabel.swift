/// The name of a file system that FAT and exFAT can keep.
public struct VolumeLabel: Hashable, Sendable {
  /// The name.
  public let text: String

  /// The most letters that either of them has room for, in UTF-16.
  public static let limit = 11
  private static let forbidden = Set("\"*/:<>?\\|".utf16)
  private static let forbiddenInFAT = Set("+,.;=[]".utf16)

  /// Takes a name for a file system; nil where it cannot have it.
  ///
  /// FAT32 knows capitals alone, and of those only such as every country's version of it has.
  public init?(_ text: String, for fileSystem: EmptyDisk.FileSystem) {
    let name = fileSystem == .fat32 ? text.uppercased() : text
    let units = Array(name.utf16)
    guard (1...Self.limit).contains(units.count), units.first != 0x20, units.last != 0x20,
      units.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && !Self.forbidden.contains($0) })
    else { return nil }
    if fileSystem == .fat32 {
      guard units.allSatisfy({ $0 < 0x7F && !Self.forbiddenInFAT.contains($0) }) else { return nil }
    }
    self.text = name
  }

  /// The eleven bytes that FAT keeps.
  var fatName: [UInt8] { Array(text.utf8) + [UInt8](repeating: 0x20, count: Self.limit - text.utf8.count) }

  /// The entry of the root directory that holds the name.
  var fatEntry: [UInt8] { fatName + [0x08] + [UInt8](repeating: 0, count: 20) }
}
