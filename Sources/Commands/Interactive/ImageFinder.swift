import BlockIO
import SystemPackage
import Terminal

/// Finds the images that somebody may mean: those in some folders, by what is in them and not by their names.
///
/// Bounded in files and in time, because a folder may be a server's; no link is followed, so that what is in a folder
/// names nothing outside of it.
struct ImageFinder {
  /// The folders; those below them are not looked at.
  let folders: [FilePath]
  /// The time since some moment.
  let now: () -> Duration

  /// As many files as are looked at.
  private static let mostFiles = 200
  /// As long as is looked.
  private static let patience = Duration.milliseconds(100)

  /// The images, the newest first.
  func find() -> [FoundImage] {
    let end = now() + Self.patience
    var (found, count): ([FoundImage], Int) = ([], 0)
    for folder in folders {
      guard Self.isFolder(folder) else { continue }
      for name in (try? SmallFile.names(in: folder)) ?? [] where !name.hasPrefix(".") {
        guard count < Self.mostFiles, now() < end else { return Self.sorted(found) }
        count += 1
        // What cannot be opened is nothing to be offered.
        if let image = try? Self.image(at: folder.appending(name), name) { found.append(image) }
      }
    }
    return Self.sorted(found)
  }

  private static func sorted(_ images: [FoundImage]) -> [FoundImage] {
    images.sorted { ($1.modified, $0.path) < ($0.modified, $1.path) }
  }

  /// Whether something is a folder itself, and no link to one.
  private static func isFolder(_ path: FilePath) -> Bool {
    do throws(SystemCallError) {
      return try FileState(of: OwnedDescriptor(opening: path, [.directory, .noFollow])).kind == .directory
    } catch { return false }
  }

  private static func image(at path: FilePath, _ name: String) throws(SystemCallError) -> FoundImage? {
    // What is no UTF-8 was repaired on the way, and is the name of no file.
    guard !name.unicodeScalars.contains("\u{FFFD}"), try FileState(ofLink: path).kind == .regular else {
      return nil
    }
    let file = try OwnedDescriptor(opening: path, [.noFollow, .nonBlocking])
    let state = try FileState(of: file)
    guard state.kind == .regular,
      let kind = try ImageMagic.kind(of: file, byteCount: state.byteCount, name: name)
    else { return nil }
    return FoundImage(
      path: path.string, byteCount: state.byteCount, kind: kind, modified: state.modified.seconds)
  }
}

/// What the first bytes of a file say it is; only a hint, which decides nothing.
enum ImageMagic {
  /// Up to the first volume descriptor of ISO 9660 (ECMA-119 section 6.2.1: sector 16).
  private static let beginning = 32_774
  /// What is packed and smaller than this holds no system.
  private static let smallestPacked: UInt64 = 1 << 20

  private static var packed: [([UInt8], SanitizedText)] {
    [
      ([0x1F, 0x8B], "gzip"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz"),
      ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), (Array("BZh".utf8), "bzip2"), ([0x04, 0x22, 0x4D, 0x18], "lz4"),
      ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7z archive"),
    ]
  }
  private static var containers: [(Int, [UInt8], SanitizedText)] {
    [
      (0, [0x51, 0x46, 0x49, 0xFB], "qcow2 container"), (0, Array("KDMV".utf8), "VMDK container"),
      (0, Array("vhdxfile".utf8), "VHDX container"), (0x40, [0x7F, 0x10, 0xDA, 0xBE], "VDI container"),
    ]
  }

  /// What a file may be; nil where it looks like no image.
  /// - Parameter name: leaves out what is packed and calls itself something else; an image may have any name.
  static func kind(
    of file: borrowing OwnedDescriptor, byteCount: UInt64, name: String
  ) throws(SystemCallError) -> SanitizedText? {
    var bytes = [UInt8](repeating: 0, count: beginning)
    let count = try file.read(at: 0, into: &bytes)
    return kind(of: Array(bytes.prefix(count)), byteCount: byteCount, name: name)
  }

  /// What some first bytes may be the beginning of.
  static func kind(of bytes: [UInt8], byteCount: UInt64, name: String) -> SanitizedText? {
    func has(_ text: [UInt8], at offset: Int) -> Bool { bytes.dropFirst(offset).starts(with: text) }
    if has(Array("CD001".utf8), at: 32_769) { return "ISO 9660" }
    if has(Array("BEA01".utf8), at: 32_769) { return "UDF" }
    if has(Array("EFI PART".utf8), at: 512) || has(Array("EFI PART".utf8), at: 4096) { return "disk image" }
    if let container = containers.first(where: { has($0.1, at: $0.0) }) { return container.2 }
    if byteCount >= smallestPacked, !isKnownOtherwise(name) {
      if let form = packed.first(where: { has($0.0, at: 0) }) { return form.1 }
      if has([0x50, 0x4B, 0x03, 0x04], at: 0), holdsImage(bytes) { return "zip archive" }
    }
    return isBootRecord(bytes) ? "disk image" : nil
  }

  /// A master boot record: its signature, and four entries that are empty, or active or not (UEFI 2.10 section 5.2.1).
  private static func isBootRecord(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 512, bytes[510] == 0x55, bytes[511] == 0xAA else { return false }
    return (0..<4).allSatisfy { [0x00, 0x80].contains(bytes[446 + 16 * $0]) }
  }

  /// Sources and packages are packed too, and come in greater numbers.
  private static func isKnownOtherwise(_ name: String) -> Bool {
    let name = name.lowercased()
    let ends = [".tgz", ".txz", ".tbz2", ".svgz", ".deb", ".rpm", ".cpio.gz", ".gguf.gz"]
    return name.contains(".tar.") || ends.contains { name.hasSuffix($0) }
  }

  /// Documents and programs are zip archives as well: the first member tells (APPNOTE.TXT section 4.3.7).
  private static func holdsImage(_ bytes: [UInt8]) -> Bool {
    guard bytes.count > 30 else { return false }
    let length = Int(bytes[26]) | Int(bytes[27]) << 8
    let name = String(decoding: bytes.dropFirst(30).prefix(length), as: UTF8.self).lowercased()
    return [".iso", ".img", ".raw", ".wic", ".bin", ".vhd", ".vmdk", ".qcow2", "/"].contains {
      name.hasSuffix($0)
    }
  }
}
