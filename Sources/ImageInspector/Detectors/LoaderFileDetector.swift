import BlockIO
import DiskFormats

/// Looks for the file that a known boot sector starts: every stick that Windows formats has its boot sector.
enum LoaderFileDetector {
  /// What the boot sector of a file system starts.
  /// - Parameters:
  ///   - loader: whose boot sector it is.
  ///   - name: that in words.
  ///   - offset: where the file system begins, in bytes.
  static func bootSector(
    of loader: BootSectorLoader, named name: String, at offset: UInt64, _ bytes: CachedBytes
  ) throws(FormatError) -> BootSector {
    let volume = SubrangeBytes(bytes, start: offset, byteCount: .max)
    let found = try unlessUnseen { () throws(FormatError) in try bootSector(of: loader, name, volume) }
    return found ?? .unseen
  }

  private static func bootSector(
    of loader: BootSectorLoader, _ name: String, _ volume: SubrangeBytes
  ) throws(FormatError) -> BootSector {
    let sectors = try volume.prefixReader(at: 0, upTo: 1024)
    let files = loader.files(namedIn: sectors)
    guard let file = files.first else { return .loader(name) }
    let names = try sectors.has("NTFS    ", at: 3) ? namesOfNTFS(volume) : namesOfFAT(volume)
    if names.found.contains(where: { found in files.contains { $0.lowercased() == found } }) {
      return .loader(name)
    }
    return names.isWhole ? .withoutFile(loader: name, file: file) : .unreadableRoot(loader: name, file: file)
  }

  /// What SYSLINUX's boot sector starts.
  ///
  /// The number in its code decides, since ldlinux.sys may lie in any directory (`syslinux --directory`), and only where
  /// that is not found the root directory.
  /// - Parameters:
  ///   - sector: the boot sector.
  ///   - offset: where the file system begins, in bytes.
  static func syslinux(
    _ sector: ByteReader, at offset: UInt64, _ bytes: CachedBytes
  ) throws(FormatError) -> BootSector {
    let name = "SYSLINUX"
    guard let code = SYSLINUXBootSector(sector) else {
      return try hasInRoot("ldlinux.sys", at: offset, bytes) ? .loader(name) : .unsure(loader: name)
    }
    guard let place = code.sector.multiplied(by: 512)?.adding(offset),
      place.end(count: 512, limit: bytes.byteCount) != nil
    else { return .astray(loader: name) }
    let seen = try unlessUnseen { () throws(FormatError) in try bytes.reader(at: place, count: 512) }
    guard let first = seen else { return .unseen }
    let mark = try first.littleEndian(UInt32.self, at: code.markOffset)
    return mark == code.mark ? .loader(name) : .astray(loader: name)
  }

  /// Whether a FAT or an NTFS has a file in its root directory, as far as that can be read.
  /// - Parameters:
  ///   - name: the name in small letters.
  ///   - offset: where the file system begins, in bytes.
  static func hasInRoot(
    _ name: String, at offset: UInt64, _ bytes: CachedBytes
  ) throws(FormatError) -> Bool {
    let volume = SubrangeBytes(bytes, start: offset, byteCount: .max)
    let found = try unlessUnseen { () throws(FormatError) -> Bool in
      let sector = try volume.prefixReader(at: 0, upTo: 512)
      let names = try sector.has("NTFS    ", at: 3) ? namesOfNTFS(volume) : namesOfFAT(volume)
      return names.found.contains(name)
    }
    return found ?? false
  }

  /// Whether a disc has no file of a name in any directory; false where that is not certain.
  /// - Parameter name: the name in small letters.
  static func isMissingOnDisc(_ name: String, _ bytes: CachedBytes) throws(FormatError) -> Bool {
    let isMissing = try unlessUnseen { () throws(FormatError) in
      try unlessMalformed { () throws(FormatError) -> Bool in
        guard let volume = try ISO9660Volume(bytes, descriptors: VolumeDescriptorSet(reading: bytes)),
          let tree = volume.bestTree
        else { return false }
        // Where it nearly always is: a walk over a large tree costs much.
        for directory in ["isolinux", "boot/isolinux"] {
          if try tree.node(at: "\(directory)/\(name)") != nil { return false }
        }
        var isThere = false
        let anomalies = try TreeWalk().visit(tree) { (node, _) throws(FormatError) in
          if node.name.lowercased() == name { isThere = true }
        }
        return !isThere && anomalies.isEmpty
      }
    }
    return (isMissing ?? nil) ?? false
  }

  /// Names in small letters, and whether they are all.
  private typealias Names = (found: Set<String>, isWhole: Bool)

  private static func namesOfFAT(_ bytes: SubrangeBytes) throws(FormatError) -> Names {
    let root = try unlessMalformed { () throws(FormatError) in try FATVolume(bytes).rootDirectory() }
    guard let root else { return ([], false) }
    // Boot sectors compare the short names.
    let names = Set(root.entries.filter { !$0.isDirectory }.map { $0.shortName.lowercased() })
    if let damage = root.damage, damage.isUnseen { throw damage }
    return (names, root.damage == nil)
  }

  /// Entries have at most 592 bytes, so that a directory with few of them is read whole
  /// (``SurveyLimits/bytesPerDirectory``), even where its blocks are half empty.
  private static func namesOfNTFS(_ bytes: SubrangeBytes) throws(FormatError) -> Names {
    let entries = try unlessMalformed { () throws(FormatError) in try NTFSVolume(bytes).rootEntries() }
    guard let entries else { return ([], false) }
    let names = Set(entries.filter { !$0.isDirectory }.map { $0.name.lowercased() })
    return (names, entries.count < SurveyLimits.bytesPerDirectory / 2048)
  }
}
