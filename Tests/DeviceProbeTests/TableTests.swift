import BlockIO
import TestSupport
import Testing

@Suite("mountinfo and swaps")
struct TableTests {
  @Test("a row with every kind of escape and any number of optional fields")
  func row() throws {
    let line =
      #"36 35 98:0 /a\134b /m\040nt\011\012\043 rw shared:1 master:2 unbindable - fuse.x /dev/a\040b rw,x=\054"#
    let table = MountTable(parsing: line.utf8)
    let row = try #require(table.rows.first)
    #expect(table.malformedLineCount == 0 && table.rows.count == 1)
    #expect(row.id == 36 && row.parent == 35 && row.device == DeviceNumber(major: 98, minor: 0))
    #expect(row.root == #"/a\b"# && row.mountPoint == "/m nt\t\n#")
    #expect(row.fileSystem == "fuse.x" && row.source == "/dev/a b" && row.options == #"rw,x=\054"#)
    #expect(MountTable.values(of: "x", in: row.options) == [","])
  }

  @Test("a hyphen as source, an empty source, blanks in the options, no optional field")
  func oddities() {
    let table = MountTable(
      parsing: """
        1 2 8:1 / /a rw - ext4 - rw
        1 2 0:9 / /b rw - tmpfs  rw
        1 2 0:9 / /c rw shared:3 - tmpfs none rw,name=a b
        """.utf8)
    #expect(table.malformedLineCount == 0)
    #expect(table.rows.map(\.source) == ["-", "", "none"])
    #expect(table.rows.map(\.options) == ["rw", "rw", "rw,name=a b"])
  }

  @Test(
    "lines that the kernel does not write are counted",
    arguments: [
      "x", "1 2 8:1 / /a rw", "1 2 8:1 / /a rw - ext4", "1 2 8:1 / /a rw - ext4 /dev/sda",
      "-1 2 8:1 / /a rw - e s o",
      "1 2 8 / /a rw - e s o", "1 2 8:1 /  rw - e s o", "99999999999999999999 2 8:1 / /a rw - e s o", " ",
      "1 2 4294967296:1 / /a rw - e s o", "1 2 8:1 / /a rw -  s o",
    ])
  func malformed(line: String) {
    let table = MountTable(parsing: "\(line)\n1 2 8:1 / /a rw - ext4 /dev/sda1 rw\n".utf8)
    #expect(table.malformedLineCount == 1 && table.rows.count == 1)
  }

  @Test(
    "whatever a path is made of, what the kernel writes for it is read back",
    arguments: 0..<200 as Range<UInt64>)
  func escapes(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let alphabet = Array(" \t\n\\#,:-/0134ä€😀x".unicodeScalars)
    func text() -> String {
      var view = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        view.append(alphabet.randomElement(using: &random) ?? "x")
      }
      return "/" + String(view)
    }
    let (point, source) = (text(), text())
    let table = MountTable(parsing: "1 2 8:1 / \(mangled(point)) rw - ext4 \(mangled(source)) rw\n".utf8)
    #expect(table.rows.map(\.mountPoint) == [point] && table.rows.map(\.source) == [source])
    #expect(SwapTable(parsing: "\(mangled(point))   file\t1\t2\t3\n".utf8).rows.map(\.path) == [point])
  }

  /// `mangle` and `seq_escape` of the kernel.
  private func mangled(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      guard " \t\n\\#".unicodeScalars.contains(scalar) else {
        result.append(scalar)
        continue
      }
      let digits = String(scalar.value, radix: 8)
      result.append(
        contentsOf: "\\\(String(repeating: "0", count: 3 - digits.count))\(digits)".unicodeScalars)
    }
    return String(result)
  }

  @Test("mutated tables never trap, and every line is a row or counted", arguments: 0..<300 as Range<UInt64>)
  func mutations(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bytes = Array(
      #"22 27 0:21 / /proc rw,rel shared:5 - proc proc rw\#n27 1 254:0 /a\040b /\134 rw - ext4 /dev/vda rw\#n"#
        .utf8)
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      let index = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: index)
      default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
      }
    }
    let lines = bytes.split(separator: 10).count
    let table = MountTable(parsing: bytes)
    #expect(table.rows.count + table.malformedLineCount == lines)
    let swaps = SwapTable(parsing: bytes)
    #expect(swaps.rows.count + swaps.malformedLineCount == lines)
  }

  @Test("swaps as kernels old and new align them")
  func swaps() {
    let table = SwapTable(
      parsing: """
        Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
        /dev/dm-1                               partition\t8388604\t\t0\t\t-2
        /swap\\040file\\040(deleted)             file\t\t1024\t\t0\t\t-3
        /dev/sda zone 1 2 3
        alone
        """.utf8)
    #expect(
      table.rows.map(\.path) == ["/dev/dm-1", "/swap file (deleted)"]
        && table.rows.map(\.isFile) == [false, true])
    #expect(table.malformedLineCount == 2)
  }
}
