import BlockIO
import DeviceProbe
import Foundation
import Testing

@Suite("who has a device open")
struct OpenerTests {
  private func report(_ system: FakeSystem, withFiles: Bool = false) -> OpenerReport {
    DeviceProbe.openers(of: system.snapshot().devices, withFiles: withFiles, root: system.root)
  }

  private func system() throws -> FakeSystem {
    let system = try FakeSystem()
    let disk = "\(try system.usb())/block/sdb"
    try system.disk(disk, "8:16")
    try system.partition(disk, "sdb1", "8:17", index: 1, start: 1 << 20, bytes: 1 << 29)
    return system
  }

  private func open(
    _ system: FakeSystem, process: Int, descriptor: Int, _ target: String, info: String
  ) throws {
    try system.file("proc/\(process)/comm", "cmd\(process)\n")
    try system.file("proc/\(process)/fdinfo/\(descriptor)", info)
    try system.symbolicLink("proc/\(process)/fd/\(descriptor)", to: target)
  }

  @Test("R17: for reading, for writing, with a lock, each process once for each")
  func descriptors() throws {
    let system = try system()
    try open(system, process: 200, descriptor: 3, "/dev/sdb", info: "pos:\t0\nflags:\t0100000\nmnt_id:\t25\n")
    try open(system, process: 100, descriptor: 3, "/dev/sdb", info: "pos:\t0\nflags:\t0100002\nmnt_id:\t25\n")
    try open(
      system, process: 100, descriptor: 4, "/dev/sdb", info: "pos:\t0\nflags:\t02100002\nmnt_id:\t25\n")
    try open(
      system, process: 300, descriptor: 9, "/dev/sdb1",
      info: "flags:\t0100001\nlock:\t1: OFDLCK  ADVISORY  READ -1 00:05:93 100 100\n")
    try open(system, process: 400, descriptor: 0, "/dev/null", info: "flags:\t0100002\n")
    let (stick, part) = (DeviceNumber(major: 8, minor: 16), DeviceNumber(major: 8, minor: 17))
    #expect(
      report(system)
        == OpenerReport([
          Opener(ProcessName(id: 100, command: "cmd100"), device: stick, .writing),
          Opener(ProcessName(id: 200, command: "cmd200"), device: stick, .reading),
          Opener(ProcessName(id: 300, command: "cmd300"), device: part, .writing, holdsLock: true),
        ]))
  }

  @Test("R6, R17: flags that make no sense count as writing")
  func nonsense() throws {
    let system = try system()
    try open(system, process: 5, descriptor: 3, "/dev/sdb", info: "flags:\t9\n")
    #expect(report(system).openers.map(\.access) == [.writing])
  }

  @Test("files that are mapped, by the hexadecimal number of their device")
  func mappings() throws {
    let system = try system()
    try system.file("proc/7/comm", "player\n")
    try system.file("proc/7/fd/none", "")
    try system.file(
      "proc/7/maps",
      """
      7f00-7f01 r--p 00000000 08:11 12                         /mnt/a file
      7f01-7f02 r--p 00000000 08:17 12                         /elsewhere
      7f02-7f03 rw-p 00000000 00:00 0
      """)
    #expect(report(system).openers.isEmpty)
    #expect(report(system, withFiles: true).openers.map(\.access) == [.file("/mnt/a file")])
  }

  @Test("burin itself is not among those who have a device open")
  func own() {
    let name = ProcessName(id: Int(ProcessInfo.processInfo.processIdentifier), command: "")
    let devices = DeviceProbe.snapshot().devices
    let openers = DeviceProbe.openers(of: devices, withFiles: true).openers
    #expect(!openers.contains { $0.process.id == name.id })
  }
}
