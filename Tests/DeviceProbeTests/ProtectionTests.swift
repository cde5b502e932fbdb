import DeviceProbe
import SystemPackage
import TestSupport
import Testing

@Suite("Lists of protected disks")
struct ProtectionTests {
  private func list(_ text: String) -> ProtectionList { ProtectionList(parsing: Array(text.utf8), file: "f") }

  @Test("entries, notes, comments and empty lines are read")
  func entries() {
    let text = """
      # the disks of the archive

      serial=4C53#0001 B # the backup
      \t wwn = 0x5000c500a1b2c3d4 \r
      gpt=1F9C6E10-2F9C-4C0B-9AD4-1A1B1C1D1E1F
      uuid=1234-ABCD
      """
    let list = list(text)
    #expect(list.faults.isEmpty)
    #expect(
      list.protections == [
        Protection(.serial, "4C53#0001 B", note: "the backup", file: "f", line: 3),
        Protection(.wwn, "0x5000c500a1b2c3d4", file: "f", line: 4),
        Protection(.gpt, "1F9C6E10-2F9C-4C0B-9AD4-1A1B1C1D1E1F", file: "f", line: 5),
        Protection(.uuid, "1234-ABCD", file: "f", line: 6),
      ])
  }

  @Test(
    "R6: a line that cannot be understood is a fault with its number, and the others count all the same",
    arguments: [
      ("seriel=1", .kind("seriel")), ("serial", .form), ("serial=", .value("")), ("4C53", .form),
      ("serial= # note", .value("")), ("gpt=1234", .value("1234")), ("uuid=a b", .value("a b")),
      ("Serial=1", .kind("Serial")), ("serial=a\u{1B}b", .value("a\u{1B}b")),
    ] as [(String, ProtectionFault.Reason)])
  func faults(line: String, reason: ProtectionFault.Reason) {
    let list = list("serial=1\n\(line)\nserial=2\n")
    #expect(list.faults == [ProtectionFault(file: "f", line: 2, reason)])
    #expect(list.protections.map(\.value) == ["1", "2"])
  }

  @Test("bytes that are no text are a fault")
  func encoding() {
    let list = ProtectionList(parsing: [0x73, 0xFF, 0x0A, 0x23], file: "f")
    #expect(list.faults == [ProtectionFault(file: "f", line: 1, .encoding)])
  }

  @Test("what is written as a line is read back", arguments: 0..<200 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("aF09-:# .\t=é😀\\\"\n\r")
    let text = String((0..<12).compactMap { _ in alphabet.randomElement(using: &random) })
    let kind = Protection.Kind.allCases.randomElement(using: &random) ?? .serial
    guard let (kind, value) = try? ProtectionList.identity(parsing: "\(kind.rawValue)=\(text)") else {
      return
    }
    let list = list(ProtectionList.line(kind, value, note: text))
    #expect(list.faults.isEmpty)
    let entry = try #require(list.protections.first)
    #expect(list.protections.count == 1 && entry.kind == kind && entry.value == value)
  }

  @Test("a value is the same in either case, a world wide name with any prefix")
  func sameValues() {
    #expect(Protection(.uuid, "1234-ABCD", file: "f", line: 1).means("1234-abcd"))
    #expect(Protection(.wwn, "wwn-0x5000C500", file: "f", line: 1).means("naa.5000c500"))
    #expect(!Protection(.serial, "0x12", file: "f", line: 1).means("12"))
    #expect(!Protection(.serial, "12", file: "f", line: 1).means(nil))
  }

  @Test("every list is read; what is there and cannot be read is a fault, what is missing is none (R6)")
  func files() throws {
    let scratch = try ScratchDirectory()
    try scratch.run(
      """
      mkdir -p d/folder.conf; echo serial=1 >d/a.conf; echo serial=2 >d/b.txt; ln -s nowhere d/c.conf
      mkfifo d/pipe.conf; echo serial=3 >one; ln -s one two
      """)
    let folder = FilePath(scratch.path)
    let files = ProtectionFiles(
      folder: folder.appending("d"),
      files: ["missing", "two", "one/below"].map { folder.appending($0) })
    let (protections, faults) = files.read()
    #expect(protections.map(\.value) == ["1", "3"])
    let named = faults.map { "\($0.file.split(separator: "/").last ?? "") \($0.reason)" }
    #expect(faults.count == 3)
    for (name, reason) in [("c.conf", "unreadable"), ("folder.conf", "notAFile"), ("pipe.conf", "notAFile")] {
      #expect(named.contains { $0.hasPrefix(name) && $0.contains(reason) }, "\(named)")
    }
    let nothing = ProtectionFiles(folder: folder.appending("none"), files: [])
    #expect(nothing.read() == ([], []))
    let broken = ProtectionFiles(folder: folder.appending("one"), files: [folder.appending("d")]).read()
    #expect(broken.faults.map(\.reason) == [.notAFile])
  }
}
