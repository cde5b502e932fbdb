import DeviceProbe
import TestSupport
import Testing

/// Variables of a firmware, made byte by byte (UEFI 2.10 sections 3.1.3 and 10.3.5.1).
enum EFIBytes {
  /// `C12A7328-F81F-11D2-BA4B-00A0C93EC93B` as it is stored.
  static let guid: [UInt8] = [
    0x28, 0x73, 0x2A, 0xC1, 0x1F, 0xF8, 0xD2, 0x11, 0xBA, 0x4B, 0x00, 0xA0, 0xC9, 0x3E, 0xC9, 0x3B,
  ]
  static let partition = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
  static let end: [UInt8] = [0x7F, 0xFF, 4, 0]

  static func text(_ text: String) -> [UInt8] {
    text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
  }

  static func drive(_ signature: [UInt8] = guid, number: UInt8 = 1, kind: UInt8 = 2) -> [UInt8] {
    [4, 1, 42, 0, number, 0, 0, 0] + [UInt8](repeating: 7, count: 16) + signature + [kind, kind]
  }

  static func entry(_ path: [UInt8], name: String = "debian", extra: [UInt8] = [1, 2, 3]) -> [UInt8] {
    [1, 0, 0, 0, UInt8(path.count & 0xFF), UInt8(path.count >> 8)] + text(name) + [0, 0] + path + extra
  }

  static func file(_ data: [UInt8]) -> [UInt8] { [7, 0, 0, 0] + data }
}

@Suite("Variables of the firmware")
struct EFIVariableTests {
  @Test("R21: a boot entry names the partition that it loads from")
  func entry() throws {
    let pci: [UInt8] = [1, 1, 6, 0, 0, 0x1D]
    let path = pci + EFIBytes.drive() + [4, 4, 6, 0, 0x5C, 0] + EFIBytes.end
    let entry = try #require(EFIBootEntry(parsing: EFIBytes.entry(path)))
    #expect(entry.partition == EFIBytes.partition)
    #expect(entry.description == "debian")
  }

  @Test("a partition of an MBR has the name that the kernel gives it")
  func masterBootRecord() throws {
    let signature: [UInt8] = [0x0D, 0x3C, 0x2B, 0x1A] + [UInt8](repeating: 0, count: 12)
    let path = EFIBytes.drive(signature, number: 17, kind: 1) + EFIBytes.end
    #expect(EFIBootEntry(parsing: EFIBytes.entry(path))?.partition == "1a2b3c0d-11")
  }

  @Test("an entry without a signature names no partition")
  func withoutSignature() throws {
    let paths: [[UInt8]] = [
      EFIBytes.end, [], [1, 1, 6, 0, 0, 0x1D] + EFIBytes.end,
      EFIBytes.drive([UInt8](repeating: 0, count: 16)) + EFIBytes.end, EFIBytes.drive(kind: 0) + EFIBytes.end,
      // What follows the end is the loader's.
      EFIBytes.end + EFIBytes.drive(),
    ]
    for path in paths {
      let entry = try #require(EFIBootEntry(parsing: EFIBytes.entry(path)), "\(path)")
      #expect(entry.partition == nil, "\(path)")
    }
  }

  @Test("the next instance of a path is looked at too")
  func instances() throws {
    let path: [UInt8] = [1, 1, 6, 0, 0, 0x1D, 0x7F, 0x01, 4, 0] + EFIBytes.drive() + EFIBytes.end
    #expect(EFIBootEntry(parsing: EFIBytes.entry(path))?.partition == EFIBytes.partition)
  }

  @Test("hostile lengths are no entry")
  func hostile() {
    let paths: [[UInt8]] = [
      [4, 1, 0, 0], [4, 1, 3, 0], [4, 1, 41, 0] + [UInt8](repeating: 1, count: 37), [4, 1, 43, 0],
      [4, 1, 0xFF, 0xFF], [1], [1, 1, 4], [1, 1, 5, 0],
      [1, 1, 0xFF, 0xFF], [4, 1, 42, 0, 1], [UInt8](repeating: 1, count: 3),
    ]
    for path in paths { #expect(EFIBootEntry(parsing: EFIBytes.entry(path)) == nil, "\(path)") }
    let endless = (0..<300).flatMap { _ in [1, 1, 4, 0] as [UInt8] }
    #expect(EFIBootEntry(parsing: EFIBytes.entry(endless)) == nil)
    // The length of the path leads beyond the end; the description has no end.
    var entry = EFIBytes.entry(EFIBytes.drive(), extra: [])
    entry[4] += 1
    #expect(EFIBootEntry(parsing: entry) == nil)
    #expect(EFIBootEntry(parsing: [1, 0, 0, 0, 0, 0, 0x41, 0, 0x42]) == nil)
    #expect(EFIBootEntry(parsing: []) == nil)
  }

  @Test("every cut of an entry is read or refused, never more than it was")
  func cuts() {
    let whole = EFIBytes.entry(EFIBytes.drive() + EFIBytes.end)
    for count in 0..<(whole.count - 3) {
      #expect(EFIBootEntry(parsing: Array(whole.prefix(count))) == nil, "\(count)")
    }
  }

  @Test("the attributes come first, and must let an operating system see the variable")
  func attributes() {
    #expect(EFIVariable(file: [6, 0, 0, 0, 3, 0])?.number == 3)
    #expect(EFIVariable(file: EFIBytes.file(EFIBytes.text("añ\0x")))?.text == "añ")
    for bytes: [UInt8] in [[], [7, 0, 0], [7, 0, 0, 0], [3, 0, 0, 0, 1, 0], [7, 0, 0, 1, 1, 0]] {
      #expect(EFIVariable(file: bytes) == nil, "\(bytes)")
    }
    #expect(EFIVariable(file: EFIBytes.file([1]))?.number == nil)
    #expect(EFIVariable(file: EFIBytes.file([1, 0, 0]))?.number == nil)
    #expect(EFIVariable(file: EFIBytes.file([1]))?.text == nil)
  }
}
