public import BlockIO
public import Decompression
public import DiskContainers

/// A format that keeps several files in one.
public enum ArchiveFormat: UInt8, Hashable, Sendable, CaseIterable {
  /// zip, with a directory at its end.
  case zip
  /// 7z, with a directory at its end.
  case sevenZip
  /// tar in all its dialects, with a header before every file.
  case tar
}

/// How a file is packed.
public enum PackedFormat: Hashable, Sendable {
  /// It is a compressed image, or whatever else.
  case compressed(CompressionFormat)
  /// It is an archive, and one of its members is the image.
  case archive(ArchiveFormat)
  /// It is a disk container, and the disk in it is the image.
  case container(ContainerFormat)

  /// How many bytes of a file are looked at; more make no difference.
  public static let prefixByteCount = 512

  /// How much of a file is unpacked at most to look at its beginning, in bytes.
  ///
  /// These formats take some 0.06 s for each MiB that does not become smaller; the others are ten times as fast. Most
  /// images begin with what packs well, so that all that is wanted comes out of less.
  package var lookedAtByteCount: UInt64 {
    switch self {
    case .compressed(.bzip2), .compressed(.lzma), .compressed(.xz), .archive(.sevenZip): 16 << 20
    case .compressed, .archive, .container: .max
    }
  }

  /// Recognises a format by the first bytes of a file, whatever the file is called.
  public init?(prefix: [UInt8]) {
    if let format = CompressionFormat(prefix: prefix) {
      self = .compressed(format)
    } else if let format = ArchiveFormat(prefix: prefix) {
      self = .archive(format)
    } else {
      return nil
    }
  }

  /// Recognises a format by the content of a file, of which hardly more than the beginning is read.
  /// - Throws: ``ByteReadError``, where the file cannot be read.
  public init?(of file: some RandomAccessBytes) throws(ByteReadError) {
    // Before all others: the pieces of a disk image of macOS may be streams that begin like a compressed file.
    if case .readable(let format) = try RecognisedContainer(in: file) {
      self = .container(format)
    } else if let format = try CompressionFormat(of: file) {
      self = .compressed(format)
    } else if let format = ArchiveFormat(prefix: try file.prefix(at: 0, upTo: Self.prefixByteCount)) {
      self = .archive(format)
    } else if try ZipDirectory.isLastVolume(file) {
      self = .archive(.zip)
    } else {
      return nil
    }
  }

  /// Its short name.
  public var name: String {
    switch self {
    case .compressed(let format): "\(format)"
    case .archive(.zip): "zip"
    case .archive(.sevenZip): "7z"
    case .archive(.tar): "tar"
    case .container(let format): format.name
    }
  }

  /// Whether it keeps several files in one.
  public var isArchive: Bool { if case .archive = self { true } else { false } }

  /// Whether it holds a disk.
  public var isContainer: Bool { if case .container = self { true } else { false } }

  /// Whether it cannot be unpacked without a look at its end before.
  public var needsEnd: Bool {
    switch self {
    case .compressed, .archive(.tar): false
    case .archive(.zip), .archive(.sevenZip), .container: true
    }
  }

  /// What a file says of the length of its image, in bytes, where that takes no decoding.
  public func statedByteCount(in file: some RandomAccessBytes) -> UInt64? {
    guard case .compressed(let format) = self else { return nil }
    // A length that cannot be read is not stated; reading on tells why.
    return (try? format.statedByteCount(in: file)) ?? nil
  }
}

extension ArchiveFormat {
  /// Recognises a format by the first bytes of a file.
  public init?(prefix: [UInt8]) {
    if ZipDirectory.beginnings.contains(where: prefix.starts(with:)) {
      self = .zip
    } else if prefix.starts(with: SevenZipStart.magic) {
      self = .sevenZip
    } else if prefix.count >= TarHeader.byteCount,
      TarHeader.hasMagic(prefix) || TarHeader.isHeader(Array(prefix.prefix(TarHeader.byteCount)))
    {
      self = .tar
    } else {
      return nil
    }
  }
}
