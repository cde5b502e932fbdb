/// One magic number at a fixed place, all others being in `ContentSignature`.
struct Magic: Sendable {
  var id: String
  var category: ContentSignature.Category
  var offset: Int
  var bytes: [UInt8]
  /// A check beyond the magic, for those of few bytes.
  var isPlausible: @Sendable (ByteReader) -> Bool = { _ in true }

  init(
    _ id: String, _ category: ContentSignature.Category, _ bytes: [UInt8], at offset: Int = 0,
    where isPlausible: @escaping @Sendable (ByteReader) -> Bool = { _ in true }
  ) {
    self.id = id
    self.category = category
    self.bytes = bytes
    self.offset = offset
    self.isPlausible = isPlausible
  }

  init(
    _ id: String, _ category: ContentSignature.Category, _ text: StaticString, at offset: Int = 0,
    where isPlausible: @escaping @Sendable (ByteReader) -> Bool = { _ in true }
  ) {
    self.init(id, category, Array(text.description.utf8), at: offset, where: isPlausible)
  }

  func matches(_ head: ByteReader) -> Bool { head.has(bytes, at: offset) && isPlausible(head) }

  /// Sources: each format's specification; for file systems libblkid's superblock probers.
  static let table: [Magic] = compressed + archives + containers + fileSystems + others

  private static let compressed: [Magic] = [
    // RFC 1952: method 8 is the only one, the upper flags are reserved.
    Magic("gzip", .compressed, [0x1F, 0x8B, 0x08]) { (try? $0.byte(at: 3)).map { $0 < 0x20 } ?? true },
    Magic("xz", .compressed, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
    Magic("zstd", .compressed, [0x28, 0xB5, 0x2F, 0xFD]),
    Magic("bzip2", .compressed, "BZh") { head in
      (try? head.byte(at: 3)).map { (0x31...0x39).contains($0) } ?? false
        && (head.has([0x31, 0x41, 0x59, 0x26, 0x53, 0x59], at: 4)
          || head.has([0x17, 0x72, 0x45, 0x38, 0x50, 0x90], at: 4))
    },
    Magic("lz4", .compressed, [0x04, 0x22, 0x4D, 0x18]),
    Magic("lz4-legacy", .compressed, [0x02, 0x21, 0x4C, 0x18]),
    Magic("lzip", .compressed, "LZIP") { $0.has([1], at: 4) || $0.has([0], at: 4) },
    Magic("lrzip", .compressed, "LRZI"),
    Magic("lzop", .compressed, [0x89, 0x4C, 0x5A, 0x4F, 0x00, 0x0D, 0x0A, 0x1A, 0x0A]),
    Magic("compress", .compressed, [0x1F, 0x9D]),
    Magic("lzma", .compressed, [0x5D, 0x00, 0x00]) { isLZMA($0) },
  ]

  private static let archives: [Magic] = [
    // APPNOTE 6.3, 8.5.4: the first of several volumes; the mark of one that has none is another.
    Magic("zip-part", .archive, [0x50, 0x4B, 0x07, 0x08, 0x50, 0x4B, 0x03, 0x04]),
    Magic("zip", .archive, [0x50, 0x4B, 0x03, 0x04]),
    Magic("zip", .archive, [0x50, 0x4B, 0x05, 0x06]),
    Magic("zip", .archive, [0x50, 0x4B, 0x07, 0x08]),
    Magic("7z", .archive, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
    Magic("rar", .archive, [0x52, 0x61, 0x72, 0x21, 0x1A, 0x07]),
    Magic("tar", .archive, "ustar", at: 257),
    Magic("cab", .archive, [0x4D, 0x53, 0x43, 0x46, 0, 0, 0, 0]),
    Magic("wim", .archive, [0x4D, 0x53, 0x57, 0x49, 0x4D, 0, 0, 0]),
    Magic("wim-pipable", .archive, [0x57, 0x4C, 0x50, 0x57, 0x4D, 0, 0, 0]),
    Magic("deb", .archive, "!<arch>\ndebian-binary"),
    Magic("ar", .archive, "!<arch>\n") { !$0.has("debian-binary", at: 8) },
    Magic("rpm", .archive, [0xED, 0xAB, 0xEE, 0xDB]),
    Magic("xar", .archive, [0x78, 0x61, 0x72, 0x21, 0x00, 0x1C]),
  ]

  private static let containers: [Magic] = [
    Magic("qcow2", .container, [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 2]),
    Magic("qcow2", .container, [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3]),
    Magic("qcow", .container, [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 1]),
    Magic("qed", .container, [0x51, 0x45, 0x44, 0x00]),
    Magic("vmdk", .container, "KDMV"),
    Magic("vmdk", .container, "COWD"),
    Magic("vmdk-descriptor", .container, "# Disk DescriptorFile"),
    Magic("vhd", .container, "conectix"),
    Magic("vhdx", .container, "vhdxfile"),
    Magic("vdi", .container, [0x7F, 0x10, 0xDA, 0xBE], at: 64),
    Magic("parallels", .container, "WithoutFreeSpace"),
    Magic("parallels", .container, "WithouFreSpacExt"),
    Magic("android-sparse", .container, [0x3A, 0xFF, 0x26, 0xED]),
    Magic("ffu", .container, "SignedImage ", at: 4),
    Magic("dmg-encrypted", .container, "encrcdsa"),
    Magic("bochs", .container, "Bochs Virtual HD Image"),
    Magic("ewf", .container, [0x45, 0x56, 0x46, 0x09, 0x0D, 0x0A, 0xFF, 0x00]),
    Magic("ewf", .container, [0x45, 0x56, 0x46, 0x32, 0x0D, 0x0A, 0x81, 0x00]),
    Magic("chd", .container, "MComprHD"),
    Magic("cue", .container, "FILE \"") { $0.firstOffset(of: "TRACK", in: 0..<$0.count) != nil },
    Magic("ccd", .container, "[CloneCD]"),
    Magic("mds", .container, "MEDIA DESCRIPTOR"),
    // A raw 2352-byte sector begins with its sync pattern.
    Magic("raw-cd", .container, [0x00] + [UInt8](repeating: 0xFF, count: 10) + [0x00]),
  ]

  private static let fileSystems: [Magic] = [
    Magic("exfat", .fileSystem, "EXFAT   ", at: 3),
    Magic("ntfs", .fileSystem, "NTFS    ", at: 3),
    Magic("bitlocker", .fileSystem, "-FVE-FS-", at: 3),
    Magic("ext", .fileSystem, [0x53, 0xEF], at: 0x438) { isExt($0) },
    Magic("squashfs", .fileSystem, "hsqs"),
    Magic("erofs", .fileSystem, [0xE2, 0xE1, 0xF5, 0xE0], at: 1024),
    Magic("cramfs", .fileSystem, [0x45, 0x3D, 0xCD, 0x28]),
    Magic("romfs", .fileSystem, "-rom1fs-"),
    Magic("xfs", .fileSystem, "XFSB"),
    Magic("f2fs", .fileSystem, [0x10, 0x20, 0xF5, 0xF2], at: 1024),
    Magic("hfsplus", .fileSystem, [0x48, 0x2B, 0x00, 0x04], at: 1024),
    Magic("hfsplus", .fileSystem, [0x48, 0x58, 0x00, 0x05], at: 1024),
    Magic("apfs", .fileSystem, "NXSB", at: 32),
    Magic("luks", .fileSystem, [0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE]),
    Magic("lvm", .fileSystem, "LABELONE", at: 512),
    Magic("swap", .fileSystem, "SWAPSPACE2", at: 4086),
    Magic("swap", .fileSystem, "SWAP-SPACE", at: 4086),
    Magic("swap-suspend", .fileSystem, "S1SUSPEND", at: 4086),
    Magic("linux-raid", .fileSystem, [0xFC, 0x4E, 0x2B, 0xA9], at: 4096),
    Magic("ubi", .fileSystem, "UBI#"),
    Magic("ubifs", .fileSystem, [0x31, 0x18, 0x10, 0x06]),
  ]

  private static let others: [Magic] = [
    Magic("linux-kernel", .notAnImage, "HdrS", at: 0x202) { isLinuxKernel($0) },
    Magic("pe", .notAnImage, "MZ") { isPE($0) },
    // The new form, that with checksums, and the old form in characters (cpio.h; Linux, buffer-format.rst).
    Magic("cpio", .notAnImage, "070701"),
    Magic("cpio", .notAnImage, "070702"),
    Magic("cpio", .notAnImage, "070707"),
    Magic("elf", .notAnImage, [0x7F, 0x45, 0x4C, 0x46]),
    Magic("pdf", .notAnImage, "%PDF-"),
    Magic("png", .notAnImage, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
    Magic("jpeg", .notAnImage, [0xFF, 0xD8, 0xFF]),
    Magic("torrent", .notAnImage, "d8:announce"),
    Magic("pgp-signature", .notAnImage, "-----BEGIN PGP SIGNATURE-----"),
    Magic("uimage", .notAnImage, [0x27, 0x05, 0x19, 0x56]),
    Magic("device-tree", .notAnImage, [0xD0, 0x0D, 0xFE, 0xED]),
  ]
}

/// xz's own test: a dictionary size that encoders choose, and a length that is unknown or below 256 GiB; of nothing,
/// which is 0 bytes, there is no image.
private func isLZMA(_ head: ByteReader) -> Bool {
  guard let dictionary: UInt32 = try? head.littleEndian(at: 1),
    let size: UInt64 = try? head.littleEndian(at: 5)
  else { return false }
  let isUsual = dictionary.nonzeroBitCount == 1 || dictionary.nonzeroBitCount == 2
  return isUsual && (size == .max || size > 0 && size < 1 << 38)
}

/// Two bytes are few: the block size must make sense and there must be inodes and blocks.
private func isExt(_ head: ByteReader) -> Bool {
  guard let inodes: UInt32 = try? head.littleEndian(at: 1024), inodes > 0,
    let blocks: UInt32 = try? head.littleEndian(at: 1028), blocks > 0,
    let logBlockSize: UInt32 = try? head.littleEndian(at: 1048)
  else { return false }
  return logBlockSize <= 6
}

/// `MZ` with a PE header behind it, or a DOS program with a believable header of its own.
private func isPE(_ head: ByteReader) -> Bool {
  guard let place: UInt32 = try? head.littleEndian(at: 0x3C) else { return false }
  guard place < UInt32(head.count) else { return true }
  return head.has([0x50, 0x45, 0, 0], at: Int(place)) || (try? head.byte(at: 24)) == 0x40
}

/// Whether the first sector of what boots by the protocol of Linux does not boot by itself: it is empty, that of an EFI
/// program, or says that it needs a boot loader (Linux, arch/x86/boot/header.S).
///
/// memtest86+ and kernels before 2.6 have the same header behind a boot sector of a floppy.
private func isLinuxKernel(_ head: ByteReader) -> Bool {
  head.has([0x55, 0xAA], at: 510)
    && (head.has("MZ", at: 0) || head.isZero(in: 0..<440)
      || head.firstOffset(of: "boot loader", in: 0..<497) != nil)
}
