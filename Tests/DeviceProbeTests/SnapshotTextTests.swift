import BlockIO
import DeviceProbe
import TestSupport
import Testing

@Suite("a snapshot as text")
struct SnapshotTextTests {
  @Test("any snapshot is read back as it was", arguments: 0..<100 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var random = SnapshotGenerator(seed: seed)
    let snapshot = random.snapshot()
    #expect(try DeviceSnapshot(parsing: snapshot.text) == snapshot)
  }

  @Test("nothing in it can act on a terminal or begin a line of its own", arguments: 0..<20 as Range<UInt64>)
  func visible(seed: UInt64) {
    var random = SnapshotGenerator(seed: seed)
    let text = random.snapshot().text
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(
        ![.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory))
    }
  }

  @Test("the form that people see and write")
  func golden() throws {
    let text = """
      burin-devices 1
      # a stick with one partition
      device 8:16 "sdb" "/dev/sdb" usb "devices/pci0000:00/usb1/1-1/block/sdb"
        bytes 31457280
        read-only no
        usb "1-1" 480.0 "2.00" "0781" "5581" - "usb-storage"
        contents mbr clear - - -
          entry 1 1048576 30408704 "0x0c" - "vfat" "A \\"B\\"\\u{1b}" "1234-5678" -

      mount 8:17 "/mnt" "/" "vfat" "/dev/sdb1" "rw"
      """
    let snapshot = try DeviceSnapshot(parsing: text)
    #expect(snapshot.devices.count == 1 && snapshot.mounts.count == 1)
    #expect(snapshot.devices[0].contents?.partitions.first?.label == "A \"B\"\u{1b}")
    #expect(snapshot.devices[0].usb?.removable == nil && snapshot.devices[0].usb?.speed == 480)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
    #expect(snapshot.text == lines + "\n")
  }

  @Test(
    "what is wrong is named with its line",
    arguments: [
      ("", 1, SnapshotTextError.Reason.header), ("burin-devices 2", 1, .header),
      ("burin-devices 1\nfoo", 2, .keyword("foo")), ("burin-devices 1\n  bytes 1", 2, .keyword("bytes")),
      ("burin-devices 1\nmount", 2, .value), ("burin-devices 1\n\nswap \"a", 3, .quotation),
      ("burin-devices 1\nswap \"\\q\" - file", 2, .quotation),
      ("burin-devices 1\nswap \"\\u{110000}\" - file", 2, .quotation),
      ("burin-devices 1\nswap \"\\u{+41}\" - file", 2, .quotation),
      ("burin-devices 1\nswap \"a\" - file more", 2, .value), ("burin-devices 1\n\"swap\"", 2, .value),
      ("burin-devices 1\ndevice 8:0 \"a\" \"b\" usb \"c\"\n  bytes -1", 3, .value),
      (
        "burin-devices 1\ndevice 8:0 \"a\" \"b\" usb \"c\"\n  entry 1 2 3 \"x\" - - - - -", 3,
        .keyword("entry")
      ),
      ("burin-devices 1\ndevice 8:0 \"a\" \"b\" usb \"c\"\n  usb \"1\" nan - - - - -", 3, .value),
    ])
  func errors(text: String, line: Int, reason: SnapshotTextError.Reason) {
    let error = #expect(throws: SnapshotTextError.self) { try DeviceSnapshot(parsing: text) }
    #expect(error?.line == line && error?.reason == reason)
  }

  @Test(
    "mutated text is an error or a snapshot that is written and read alike",
    arguments: 0..<200 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    var snapshots = SnapshotGenerator(seed: seed)
    var random = SeededGenerator(seed: seed)
    var scalars = Array(snapshots.snapshot().text.unicodeScalars)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let index = Int.random(in: 0..<scalars.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: scalars[index] = "\" \\-0\n{".unicodeScalars.randomElement(using: &random) ?? "x"
      case 1: scalars.remove(at: index)
      default: scalars.insert(scalars[index], at: index)
      }
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    guard let snapshot = try? DeviceSnapshot(parsing: String(text)) else { return }
    #expect(try DeviceSnapshot(parsing: snapshot.text) == snapshot)
  }
}
