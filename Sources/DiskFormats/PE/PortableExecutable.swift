public import BlockIO

/// A PE/COFF image such as an EFI loader: what it is for and whether it carries signatures.
///
/// ```
///   0  "MZ"   0x3C offset of the PE header (4)
/// +0 "PE\0\0"  +4 machine (2)  +6 sections (2)  +20 size of the optional header (2)  +22 characteristics (2)
/// +24 optional header:
///      0 magic 0x10B or 0x20B   32 alignment of sections (4)   56 size of the image (4)
///     60 size of all headers (4)   68 subsystem (2)   92 or 108 number of data directories (4)
///    128 or 144 certificate table: file offset (4), length (4)
/// ```
/// Source: Microsoft PE format; UEFI 2.10 §2.1.1.
public struct PortableExecutable: Hashable, Sendable {
  /// Something about the file that a whole one does not have.
  public enum Defect: Hashable, Sendable {
    /// The optional header is too short for what stands before its data directories.
    case optionalHeader(byteCount: Int)
    /// The optional header's magic is neither 0x10B nor 0x20B, or not the one of the machine.
    case optionalMagic(UInt16)
    /// As many data directories as it names do not fill the optional header, or are more than the 16 that there are.
    case directoryCount(UInt32)
    /// The image is said to have no length, or its sections no alignment.
    case emptyImage
    /// The headers are said to be longer than the file, as long as the image in memory, or shorter than they are.
    case headerSize(UInt32)
    /// A section lies among the headers, or not within the image in memory.
    case sectionPlace(name: String)
    /// The relocations do not lie within the image in memory.
    case relocationsBeyondEnd(end: UInt64)
    /// A section reaches beyond the end: the file is cut off.
    case sectionBeyondEnd(name: String, end: UInt64)
    /// There are more sections than the 96 that Windows loads.
    case tooManySections(Int)
    /// The certificate table reaches beyond the end.
    case certificatesBeyondEnd(offset: UInt64, byteCount: UInt64)
    /// A certificate's length is below its header's 8 bytes or beyond the table.
    case certificateLength(offset: UInt64, byteCount: UInt64)
  }

  /// One WIN_CERTIFICATE of the certificate table.
  public struct Certificate: Hashable, Sendable {
    /// Where it begins, in bytes of the file.
    public var offset: UInt64
    /// Its length with its header of 8 bytes.
    public var byteCount: UInt64
    /// 0x0200, or 0x0100 for the older kind.
    public var revision: UInt16
    /// 2 for PKCS#7, the only kind that Secure Boot knows.
    public var type: UInt16

    /// Whether it is a PKCS#7 signature.
    public var isPKCS7: Bool { type == 2 && byteCount > 8 }
  }

  /// COFF header, bytes 0–1: the kind of processor.
  public var machine: Machine
  /// How many sections the COFF header announces.
  public var sectionCount: Int
  /// COFF header, bit 0 of the characteristics unset: whether it can be moved from the address it was made for.
  public var isRelocatable = true
  /// Optional header, bytes 68–69: 10 for an EFI application, 11 and 12 for EFI drivers.
  public var subsystem: UInt16?
  /// The certificates that lie within the file, in order; at most 64.
  public var certificates: [Certificate] = []
  /// Everything that is wrong.
  public var defects: [Defect] = []

  /// Whether it carries at least one PKCS#7 signature; that it is valid or trusted is not said.
  public var isSigned: Bool { certificates.contains(where: \.isPKCS7) }
  /// Whether it is a program that firmware starts, rather than a driver or a Windows program.
  public var isEFIApplication: Bool { subsystem == 10 }
  /// Whether sections or certificates reach beyond the end.
  public var isTruncated: Bool {
    defects.contains { defect in
      switch defect {
      case .sectionBeyondEnd, .certificatesBeyondEnd: true
      default: false
      }
    }
  }

  /// Whether the headers contradict themselves or the file, so that firmware refuses them.
  ///
  /// PeCoffLoaderGetPeHeader, PeCoffLoaderLoadImage and PeCoffLoaderRelocateImage in EDK2's
  /// MdePkg/Library/BasePeCoffLib/BasePeCoff.c; seen with OVMF 2022.11.
  public var hasDamagedHeader: Bool {
    defects.contains { defect in
      switch defect {
      case .optionalHeader, .optionalMagic, .directoryCount, .emptyImage, .headerSize, .sectionPlace,
        .relocationsBeyondEnd:
        true
      case .sectionBeyondEnd, .tooManySections, .certificatesBeyondEnd, .certificateLength: false
      }
    }
  }

  /// Reads the headers of a file.
  ///
  /// - Throws: where it is no PE file, or ends before its COFF header does.
  public init(parsing file: some RandomAccessBytes) throws(FormatError) {
    let start = try file.prefixReader(at: 0, upTo: 64)
    guard start.has("MZ", at: 0) else { throw .signatureMissing(.pe, offset: 0) }
    let place: UInt32 = try start.littleEndian(at: 0x3C)
    let header = try file.reader(at: UInt64(place), count: 24)
    guard header.has([0x50, 0x45, 0, 0], at: 0) else { throw .signatureMissing(.pe, offset: UInt64(place)) }
    machine = Machine(rawValue: try header.littleEndian(at: 4))
    sectionCount = Int(try header.littleEndian(UInt16.self, at: 6))
    let optionalSize = Int(try header.littleEndian(UInt16.self, at: 20))
    isRelocatable = try header.littleEndian(UInt16.self, at: 22) & 1 == 0
    let optional = try file.prefixReader(at: UInt64(place) + 24, upTo: optionalSize)
    let table = UInt64(place) + 24 + UInt64(optionalSize)
    let layout = try readOptionalHeader(optional, byteCount: optionalSize)
    try readSections(in: file, at: table, layout)
    guard let layout else { return }
    check(layout, fileByteCount: file.byteCount, tableEnd: table + UInt64(sectionCount) * 40)
    if let (offset, count) = layout.certificates {
      try readCertificates(in: file, at: offset, byteCount: count)
    }
  }

  /// What the optional header says of lengths, in bytes.
  private struct Layout {
    /// Of the image in memory.
    var imageSize: UInt32
    /// Of all headers, in the file as in memory.
    var headerSize: UInt32
    /// Where the relocations are in memory, and how long they are; 0 where there are none.
    var relocations: (address: UInt32, count: UInt32)
    /// Where the certificate table is in the file, where there is one.
    var certificates: (offset: UInt64, count: UInt64)?
  }

  private mutating func readOptionalHeader(
    _ header: ByteReader, byteCount: Int
  ) throws(FormatError) -> Layout? {
    guard header.count >= 70 else {
      defects.append(.optionalHeader(byteCount: min(byteCount, header.count)))
      return nil
    }
    let magic: UInt16 = try header.littleEndian(at: 0)
    guard magic == 0x10B || magic == 0x20B else {
      defects.append(.optionalMagic(magic))
      return nil
    }
    subsystem = try header.littleEndian(at: 68)
    // NumberOfRvaAndSizes, then directories of 8 bytes of which the fifth is the certificate table.
    let directories = magic == 0x10B ? 96 : 112
    guard header.count >= directories else {
      defects.append(.optionalHeader(byteCount: header.count))
      return nil
    }
    if let expected = machine.optionalMagic, magic != expected { defects.append(.optionalMagic(magic)) }
    let count: UInt32 = try header.littleEndian(at: directories - 4)
    if count > 16 || UInt64(count) * 8 != UInt64(byteCount - directories) {
      defects.append(.directoryCount(count))
    }
    let alignment: UInt32 = try header.littleEndian(at: 32)
    let imageSize: UInt32 = try header.littleEndian(at: 56)
    if alignment == 0 || imageSize == 0 { defects.append(.emptyImage) }
    func directory(_ index: Int) -> (address: UInt32, count: UInt32) {
      guard count > index, let address: UInt32 = try? header.littleEndian(at: directories + index * 8),
        let size: UInt32 = try? header.littleEndian(at: directories + index * 8 + 4)
      else { return (0, 0) }
      return (address, size)
    }
    let certificates = directory(4)
    return Layout(
      imageSize: imageSize, headerSize: try header.littleEndian(at: 60), relocations: directory(5),
      certificates: certificates.count > 0
        ? (UInt64(certificates.address), UInt64(certificates.count)) : nil)
  }

  private mutating func check(_ layout: Layout, fileByteCount: UInt64, tableEnd: UInt64) {
    let headers = UInt64(layout.headerSize)
    if headers > fileByteCount || headers >= layout.imageSize || headers < tableEnd {
      defects.append(.headerSize(layout.headerSize))
    }
    let end = UInt64(layout.relocations.address) + UInt64(layout.relocations.count)
    if layout.relocations.count > 0, end > layout.imageSize {
      defects.append(.relocationsBeyondEnd(end: end))
    }
  }

  private mutating func readCertificates(
    in file: some RandomAccessBytes, at start: UInt64, byteCount: UInt64
  ) throws(FormatError) {
    // Two 32-bit numbers: their sum fits.
    let end = start + byteCount
    if end > file.byteCount { defects.append(.certificatesBeyondEnd(offset: start, byteCount: byteCount)) }
    guard start > 0 else { return }
    var offset = start
    while end - offset >= 8, certificates.count < 64 {
      guard let header = try? file.reader(at: offset, count: 8) else { return }
      let length = UInt64(try header.littleEndian(UInt32.self, at: 0))
      if length == 0 { return }
      guard length >= 8, length <= end - offset else {
        defects.append(.certificateLength(offset: offset, byteCount: length))
        return
      }
      guard offset + length <= file.byteCount else { return }
      certificates.append(
        Certificate(
          offset: offset, byteCount: length, revision: try header.littleEndian(at: 4),
          type: try header.littleEndian(at: 6)))
      // Each begins at a multiple of 8 from the table's start.
      let advance = (length + 7) / 8 * 8
      guard advance <= end - offset else { return }
      offset += advance
    }
  }

  private mutating func readSections(
    in file: some RandomAccessBytes, at start: UInt64, _ layout: Layout?
  ) throws(FormatError) {
    if sectionCount > 96 { defects.append(.tooManySections(sectionCount)) }
    let table = try file.prefixReader(at: start, upTo: min(sectionCount, 96) * 40)
    if table.count < min(sectionCount, 96) * 40 {
      defects.append(.sectionBeyondEnd(name: "", end: start + UInt64(min(sectionCount, 96)) * 40))
    }
    for offset in stride(from: 0, through: table.count - 40, by: 40) {
      let size: UInt32 = try table.littleEndian(at: offset + 16)
      let place: UInt32 = try table.littleEndian(at: offset + 20)
      let address: UInt32 = try table.littleEndian(at: offset + 12)
      let count: UInt32 = try table.littleEndian(at: offset + 8)
      if let layout {
        let isInHeaders = size > 0 && min(address, place) < layout.headerSize
        let isBeyondEnd = count > 0 && UInt64(address) + UInt64(count) > layout.imageSize
        if isInHeaders || isBeyondEnd {
          defects.append(.sectionPlace(name: try table.text(at: offset, count: 8)))
        }
      }
      let end = UInt64(size) + UInt64(place)
      guard size > 0, end > file.byteCount else { continue }
      defects.append(.sectionBeyondEnd(name: try table.text(at: offset, count: 8), end: end))
    }
  }
}

extension Machine {
  /// The magic of the optional header: 0x20B for 64 bits, 0x10B for 32; nil where it is not known.
  fileprivate var optionalMagic: UInt16? {
    switch self {
    case .x64, .aa64, .riscv64, .loongarch64: 0x20B
    case .ia32, .arm: 0x10B
    default: nil
    }
  }
}
