import BlockIO
import DeviceProbe
import TestSupport
import Testing

@Suite("the running system")
struct LiveSnapshotTests {
  /// Other tests attach loop devices meanwhile: only what both looks show alike is compared.
  private func stable(_ look: () throws -> String, around take: () -> DeviceSnapshot) throws -> (
    rows: [[Substring]], snapshot: DeviceSnapshot
  ) {
    let before = Set(try look().split(separator: "\n"))
    let snapshot = take()
    let after = try look().split(separator: "\n")
    return (after.filter { before.contains($0) }.map { $0.split(separator: " ") }, snapshot)
  }

  @Test("every device of lsblk, with the same facts")
  func lsblk() throws {
    let scratch = try ScratchDirectory()
    let columns = "MAJ:MIN,KNAME,RO,RM,ROTA,LOG-SEC,PHY-SEC,SIZE"
    let (rows, snapshot) = try stable(
      { try scratch.run("lsblk -arnbd -o \(columns); lsblk -arnb -o \(columns)") },
      around: { DeviceProbe.snapshot() })
    #expect(rows.count > 1)
    for row in rows where row.count == 8 {
      let device = try #require(DeviceNumber(row[0]).flatMap { snapshot[$0] }, "\(row)")
      #expect(device.name == row[1])
      #expect(device.isReadOnly == (row[2] == "1") && device.isRemovable == (row[3] == "1"), "\(row)")
      #expect(device.isRotational == (row[4] == "1"), "\(row)")
      #expect(device.logicalBlockSize == Int(row[5]) && device.physicalBlockSize == Int(row[6]), "\(row)")
      #expect(device.byteCount == UInt64(row[7]), "\(row)")
    }
  }

  @Test("every device of /proc/partitions")
  func partitions() throws {
    let scratch = try ScratchDirectory()
    let (rows, snapshot) = try stable(
      { try scratch.run("tail -n +3 /proc/partitions") }, around: { DeviceProbe.snapshot() })
    for row in rows {
      let device = try #require(DeviceNumber("\(row[0]):\(row[1])").flatMap { snapshot[$0] }, "\(row)")
      #expect(device.name == row[3] && device.byteCount.map { $0 / 1024 } == UInt64(row[2]))
    }
  }

  @Test("every mount of findmnt")
  func findmnt() throws {
    let scratch = try ScratchDirectory()
    let (rows, snapshot) = try stable(
      { try scratch.run("findmnt -rn -o MAJ:MIN,FSTYPE,TARGET") }, around: { DeviceProbe.snapshot() })
    #expect(rows.count > 1)
    let own = snapshot.mounts.filter { $0.process == nil }
    for row in rows where !row[2].contains("\\") {
      #expect(
        own.contains {
          $0.device == DeviceNumber(row[0]) && $0.fileSystem == row[1] && $0.mountPoint == row[2]
        },
        "\(row)")
    }
  }

  @Test("the root directory and the program are anchored where stat says")
  func anchors() throws {
    let scratch = try ScratchDirectory()
    let root = DeviceNumber(try scratch.run("mountpoint -d / | tr -d '\\n'"))
    let snapshot = DeviceProbe.snapshot()
    let anchor = try #require(snapshot.anchors.first { $0.path == "/" })
    if let root, snapshot[root] != nil { #expect(anchor.devices == [root]) }
    #expect(snapshot.anchors.contains { $0.purpose == .executable })
    #expect(snapshot.anchors.contains { $0.purpose == .workingDirectory })
    #expect(!snapshot.unreadable.contains { $0.path.hasPrefix("/sys") || $0.path.hasPrefix("/proc/self") })
  }

  @Test("the text of the running system is read back")
  func dump() throws {
    let snapshot = DeviceProbe.snapshot()
    #expect(try DeviceSnapshot(parsing: snapshot.text) == snapshot)
  }

  @Test("the mounts of every process are seen, with rights or without")
  func namespaces() {
    // The kernel lets everybody read the table of everybody: the number of the first mount tells them apart.
    let processes = DeviceProbe.snapshot().unreadable.filter { $0.path.hasPrefix("/proc/") }
    #expect(processes.isEmpty)
  }
}
