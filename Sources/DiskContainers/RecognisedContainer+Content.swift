public import BlockIO

extension RecognisedContainer {
  /// How many bytes are looked at from the start.
  private static let headByteCount = 1 << 12
  /// The footers of VHD and DMG lie in the last bytes, and so do those of others.
  private static let tailByteCount = 512

  /// Recognises a container by its content, whatever the file is called.
  ///
  /// - Returns: nil for all other files, a disk's own bytes among them.
  /// - Throws: ``ByteReadError``, where the file cannot be read.
  public init?(in file: some RandomAccessBytes) throws(ByteReadError) {
    let head = Fields(try file.prefix(at: 0, upTo: Self.headByteCount))
    if let known = Self.known(byHead: head, fileByteCount: file.byteCount) {
      self = known
      return
    }
    guard file.byteCount >= UInt64(Self.tailByteCount) else { return nil }
    let start = file.byteCount - UInt64(Self.tailByteCount)
    let tail: Fields
    do throws(ByteReadError) { tail = Fields(try file.bytes(at: start, count: Self.tailByteCount)) } catch {
      // What comes in order has no end yet that could be looked at.
      if case .notLookedAt = error { return nil }
      throw error
    }
    guard let known = Self.known(byTail: tail, fileByteCount: file.byteCount) else { return nil }
    self = known
  }

  private static func known(byHead head: Fields, fileByteCount: UInt64) -> RecognisedContainer? {
    for (format, magic, offset) in magics where head.has(magic, at: offset) { return .readable(format) }
    for (format, magic, offset) in foreignMagics where head.has(magic, at: offset) { return .foreign(format) }
    if head.has(RawSector.sync, at: 0), head.bytes.count > 15, (1...2).contains(head.bytes[15]) {
      return .readable(.rawDisc)
    }
    return CueSheet.isLikely(head.bytes, fileByteCount: fileByteCount) ? .cueSheet : nil
  }

  private static func known(byTail tail: Fields, fileByteCount: UInt64) -> RecognisedContainer? {
    if tail.has("koly", at: 0), tail.big(UInt32.self, at: 8) == 512 { return .readable(.dmg) }
    // A disk's own bytes end with this only by chance, if it were not for the checksum and the length.
    if let footer = VHDFooter(tail), footer.isFixed, footer.byteCount == fileByteCount - 512 {
      return .readable(.vhd)
    }
    if tail.has("NER5", at: 500) || tail.has("NERO", at: 504) { return .foreign(.nrg) }
    return tail.has("cdsaencr", at: 504) ? .foreign(.encryptedDMG) : nil
  }

  private static let magics: [(ContainerFormat, [UInt8], Int)] = [
    (.qcow2, [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 2], 0),
    (.qcow2, [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3], 0),
    (.vmdk, Array("KDMV".utf8), 0),
    (.vhd, Array("conectix".utf8), 0),
    (.vhdx, Array("vhdxfile".utf8), 0),
    (.vdi, [0x7F, 0x10, 0xDA, 0xBE], 64),
  ]

  private static let foreignMagics: [(ForeignContainer, [UInt8], Int)] = [
    (.qcow, [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 1], 0),
    (.qed, [0x51, 0x45, 0x44, 0], 0),
    (.vmdkDescriptor, Array("# Disk DescriptorFile".utf8), 0),
    (.vmdkCOWD, Array("COWD".utf8), 0),
    (.parallels, Array("WithoutFreeSpace".utf8), 0),
    (.parallels, Array("WithouFreSpacExt".utf8), 0),
    (.bochs, Array("Bochs Virtual HD Image".utf8), 0),
    (.wim, [0x4D, 0x53, 0x57, 0x49, 0x4D, 0, 0, 0], 0),
    (.ffu, Array("SignedImage ".utf8), 4),
    (.androidSparse, [0x3A, 0xFF, 0x26, 0xED, 1, 0], 0),
    (.ewf, [0x45, 0x56, 0x46, 0x09, 0x0D, 0x0A, 0xFF, 0x00], 0),
    (.ewf, [0x45, 0x56, 0x46, 0x32, 0x0D, 0x0A, 0x81, 0x00], 0),
    (.mds, Array("MEDIA DESCRIPTOR".utf8), 0),
    (.ccd, Array("[CloneCD]".utf8), 0),
    (.chd, Array("MComprHD".utf8), 0),
    (.encryptedDMG, Array("encrcdsa".utf8), 0),
  ]
}
