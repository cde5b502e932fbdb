import DiskFormats
import Testing

@Suite("EFI programs")
struct PortableExecutableTests {
  /// A PE32+ or PE32 file of headers, 512 bytes of content and certificates of the given types behind it.
  static func file(
    machine: UInt16 = 0x8664, wide: Bool = true, certificates: [(type: UInt16, count: Int)] = [],
    change: (inout ByteWriter) -> Void = { _ in }
  ) -> [UInt8] {
    let table = certificates.reduce(0) { $0 + ($1.count + 7) / 8 * 8 }
    var writer = ByteWriter(count: 1024 + table)
    writer.put("MZ".utf8, at: 0)
    writer.putLittleEndian(UInt32(0x80), at: 0x3C)
    writer.put([0x50, 0x45, 0, 0], at: 0x80)
    writer.putLittleEndian(machine, at: 0x84)
    writer.putLittleEndian(UInt16(1), at: 0x86)
    writer.putLittleEndian(UInt16(wide ? 240 : 224), at: 0x94)
    writer.putLittleEndian(UInt16(wide ? 0x20B : 0x10B), at: 0x98)
    writer.putLittleEndian(UInt32(0x1000), at: 0x98 + 32)
    writer.putLittleEndian(UInt32(0x2000), at: 0x98 + 56)
    writer.putLittleEndian(UInt32(0x200), at: 0x98 + 60)
    writer.putLittleEndian(UInt16(10), at: 0x98 + 68)
    let directories = 0x98 + (wide ? 112 : 96)
    writer.putLittleEndian(UInt32(16), at: directories - 4)
    if !certificates.isEmpty {
      writer.putLittleEndian(UInt32(1024), at: directories + 32)
      writer.putLittleEndian(UInt32(table), at: directories + 36)
    }
    let section = 0x98 + (wide ? 240 : 224)
    writer.put(".text".utf8, at: section)
    writer.putLittleEndian(UInt32(512), at: section + 8)
    writer.putLittleEndian(UInt32(0x1000), at: section + 12)
    writer.putLittleEndian(UInt32(512), at: section + 16)
    writer.putLittleEndian(UInt32(512), at: section + 20)
    var place = 1024
    for certificate in certificates {
      writer.putLittleEndian(UInt32(certificate.count), at: place)
      writer.putLittleEndian(UInt16(0x0200), at: place + 4)
      writer.putLittleEndian(certificate.type, at: place + 6)
      place += (certificate.count + 7) / 8 * 8
    }
    change(&writer)
    return writer.bytes
  }

  @Test(
    "machines by the names of their loaders",
    arguments: [
      (0x8664, "X64"), (0x014C, "IA32"), (0xAA64, "AA64"), (0x01C2, "ARM"), (0x01C4, "ARM"),
      (0x5064, "RISCV64"),
      (0x6264, "LOONGARCH64"), (0x1234, nil),
    ] as [(UInt16, String?)])
  func machines(_ number: UInt16, _ suffix: String?) throws {
    let file = try PortableExecutable(
      parsing: Self.file(machine: number, wide: ![0x014C, 0x01C2, 0x01C4].contains(number)))
    #expect(file.machine.bootFileSuffix == suffix)
    #expect(file.isEFIApplication)
    #expect(!file.isSigned)
    #expect(file.defects == [])
  }

  @Test(
    "two signatures of lengths that need padding, as Debian's shim carries them", arguments: [true, false])
  func twoSignatures(_ wide: Bool) throws {
    let bytes = Self.file(wide: wide, certificates: [(2, 100), (2, 203)])
    let file = try PortableExecutable(parsing: bytes)
    #expect(file.certificates.map(\.offset) == [1024, 1024 + 104])
    #expect(file.certificates.map(\.byteCount) == [100, 203])
    #expect(file.isSigned)
  }

  @Test("another kind of certificate is no signature for Secure Boot")
  func otherKind() throws {
    let file = try PortableExecutable(parsing: Self.file(certificates: [(1, 64)]))
    #expect(file.certificates.count == 1)
    #expect(!file.isSigned)
  }

  @Test("a length of zero ends the walk")
  func zeroLength() throws {
    let bytes = Self.file(certificates: [(2, 64), (2, 64)]) { $0.putLittleEndian(UInt32(0), at: 1024 + 64) }
    #expect(try PortableExecutable(parsing: bytes).certificates.count == 1)
  }

  @Test("a length below the header or beyond the table is a defect", arguments: [7, 65, UInt32.max])
  func wrongLength(_ length: UInt32) throws {
    let bytes = Self.file(certificates: [(2, 64)]) { $0.putLittleEndian(length, at: 1024) }
    let file = try PortableExecutable(parsing: bytes)
    #expect(!file.isSigned)
    #expect(file.defects == [.certificateLength(offset: 1024, byteCount: UInt64(length))])
  }

  @Test(
    "headers that contradict themselves or the file are damaged",
    arguments: [
      (0x98, 0x10B), (0x98, 0x30B), (0x98 + 108, 0), (0x98 + 108, 99), (0x98 + 60, 0x90000),
      (0x98 + 60, 0x500), (0x98 + 56, 0), (0x98 + 56, 0x100), (0x98 + 56, 0x200), (0x98 + 32, 0), (0x94, 0),
      // The headers end within the table of sections.
      (0x98 + 60, 0), (0x98 + 60, 0x1A0),
      // The section is too long, lies among the headers or behind the image.
      (0x188 + 8, 0x1001), (0x188 + 12, 0x100), (0x188 + 12, 0x2000), (0x188 + 20, 0x100),
      // The relocations and the certificates.
      (0x98 + 112 + 44, 0x7FFF_FFFF), (0x98 + 112 + 36, 4_000_000),
    ])
  func damagedHeader(_ place: Int, _ value: Int) throws {
    let isShort = place == 0x98 || place == 0x94
    let bytes = Self.file {
      if isShort {
        $0.putLittleEndian(UInt16(value), at: place)
      } else {
        $0.putLittleEndian(UInt32(value), at: place)
      }
    }
    let file = try PortableExecutable(parsing: bytes)
    #expect(file.hasDamagedHeader || file.isTruncated)
    #expect(try !PortableExecutable(parsing: Self.file()).hasDamagedHeader)
  }

  @Test("a program that cannot be moved says so")
  func relocations() throws {
    let stripped = Self.file { $0.putLittleEndian(UInt16(0x23), at: 0x96) }
    #expect(try !PortableExecutable(parsing: stripped).isRelocatable)
    #expect(try PortableExecutable(parsing: Self.file()).isRelocatable)
  }

  @Test("a file cut off at any byte is never a crash, and below the signature never signed")
  func truncated() throws {
    let whole = Self.file(certificates: [(2, 64)])
    for count in 0..<whole.count {
      let binary = try EFIBinary(parsing: Array(whole[..<count]))
      guard case .portableExecutable(let file) = binary else { continue }
      #expect(!file.isSigned)
      #expect(file.isTruncated || !file.defects.isEmpty)
    }
  }

  @Test("Apple's universal binary is no PE file but names its processors")
  func universal() throws {
    var writer = ByteWriter(count: 512)
    writer.put([0xB9, 0xFA, 0xF1, 0x0E, 2, 0, 0, 0], at: 0)
    for (index, processor) in [7, 0x0100_0007].enumerated() {
      writer.putLittleEndian(UInt32(processor), at: 8 + index * 20)
      writer.putLittleEndian(UInt32(4096 * (index + 1)), at: 16 + index * 20)
      writer.putLittleEndian(UInt32(100), at: 20 + index * 20)
    }
    guard case .appleUniversal(let slices) = try EFIBinary(parsing: writer.bytes) else {
      Issue.record("not recognised")
      return
    }
    #expect(slices.map(\.machine) == [.ia32, .x64])
    #expect(slices.map(\.offset) == [4096, 8192])
  }

  @Test("what is no program says why")
  func other() throws {
    #expect(try EFIBinary(parsing: [UInt8]()) == .other(.signatureMissing(.pe, offset: 0)))
    let bytes = Self.file { $0.putLittleEndian(UInt32.max, at: 0x3C) }
    #expect(try EFIBinary(parsing: bytes) == .other(.outOfBounds(offset: 0xFFFF_FFFF, count: 24)))
  }
}
