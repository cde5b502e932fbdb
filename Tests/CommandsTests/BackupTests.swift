import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import ImageSource
import Sandbox
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import ImageInspector
@testable import Reader
@testable import Terminal

@Suite("burin backup")
struct BackupTests {
  private let scratch: ScratchDirectory
  private let content =
    [UInt8].random(1_500_000, seed: 3) + [UInt8](repeating: 0, count: 4_194_304 - 1_500_000)

  init() throws {
    scratch = try ScratchDirectory()
    try scratch.write(content, to: "stick")
  }

  private var stick: String { "file:\(scratch.path)/stick" }

  private func backup(
    _ device: String? = nil, _ file: String = "backup", _ options: String...,
    in world: FakeWorld = FakeWorld()
  ) async -> (status: Int32, out: String, error: String) {
    let arguments = ["backup", device ?? stick, "\(scratch.path)/\(file)"] + options
    let status = await Burin.run(arguments, in: world.context).rawValue
    return (status, world.stdout.text, world.stderr.text)
  }

  private func names() throws -> [Substring] {
    try scratch.run("ls -A -I output.text").split(separator: "\n")
  }

  /// A table whose only partition begins at 1 MiB and has so many sectors.
  private func table(sectors: UInt32) -> [UInt8] {
    var bytes = content
    bytes.replaceSubrange(0..<512, with: [UInt8](repeating: 0, count: 512))
    let entry: [UInt8] =
      [0, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: sectors >> ($0 * 8)) }
    bytes.replaceSubrange(446..<462, with: entry)
    bytes.replaceSubrange(510..<512, with: [0x55, 0xAA])
    return bytes
  }

  @Test("a raw one is the disk byte for byte, with its checksum beside it, and holes for zeros")
  func raw() async throws {
    let result = await backup()
    #expect(result.status == 0)
    #expect(result.out.contains("backup now holds"))
    #expect(try scratch.contents("backup") == content)
    #expect(try scratch.run("sha256sum --check --quiet --strict backup.sha256; stat -c %a backup") == "600\n")
    #expect(try names() == ["backup", "backup.sha256", "stick"])
    let blocks = try #require(Int(try scratch.run("stat -c %b backup").filter(\.isNumber)))
    #expect(blocks * 512 < 2_000_000)
    #expect(try scratch.contents("stick") == content)
  }

  @Test("one of zstd unpacks to the disk; its checksum is that of the file as it is")
  func zstd() async throws {
    let result = await backup(nil, "backup.zst", "--zstd", "--quiet")
    #expect(result.status == 0)
    #expect(result.out.isEmpty && result.error.isEmpty)
    try scratch.run("zstd -dcq backup.zst | cmp - stick && sha256sum --check --strict backup.zst.sha256")
  }

  @Test("a name that ends like a folder's is refused before anything is read")
  func slash() async throws {
    let result = await backup(nil, "backup/")
    #expect(result.status == 2)
    #expect(result.error.contains("[backup-not-a-file]"))
    #expect(try names() == ["stick"])
  }

  @Test("the report is JSON as well")
  func json() async throws {
    let result = await backup(nil, "backup", "--json")
    let line = try #require(result.out.split(separator: "\n").last)
    let object = try JSONParser.parse(Array(line.utf8))
    #expect(object["event"] == .string("result") && object["exitCode"] == .unsigned(0))
    #expect(object["bytesRead"] == .unsigned(4_194_304) && object["bytesLeftOut"] == .unsigned(0))
    #expect(object["unreadable"] == .array([]) && object["changedBytes"] == .unsigned(0))
    let sum = try scratch.run("sha256sum <stick").prefix(64)
    #expect(object["sha256"] == .string(String(sum)))
    #expect(object["file"]?["sha256"] == .string(String(sum)))
  }

  @Test("R3: a file that is there is replaced only where that is asked for, and what is no file never")
  func existing() async throws {
    try scratch.run("echo old >backup; echo old >other.sha256; mkdir folder; ln -s backup link; mkfifo pipe")
    for name in ["backup", "other"] {
      let result = await backup(nil, name)
      #expect(result.status == 2 && result.error.contains("[backup-exists]"), "\(name)")
    }
    for name in ["folder", "link", "pipe", "..", "../../dev/burin-no-such-node"] {
      let result = await backup(nil, name, "--force")
      #expect(result.status == 2 && result.error.contains("[backup-not-a-file]"), "\(name)")
    }
    #expect(try scratch.run("cat backup") == "old\n")
    #expect(await backup(nil, "missing/backup").status == 7)
    #expect(await backup(nil, "backup", "--force").status == 0)
    #expect(try scratch.contents("backup") == content)
  }

  @Test("an old map of bad places does not stay beside a new backup")
  func staleMap() async throws {
    try scratch.run("echo old >backup.bad.json")
    #expect(await backup().status == 2)
    #expect(await backup(nil, "backup", "--force").status == 0)
    let map = try JSONParser.parse(try scratch.contents("backup.bad.json"))
    #expect(map["unreadable"] == .array([]))
  }

  @Test("a disk is not read into itself")
  func ontoItself() async throws {
    let result = await backup(nil, "stick", "--force")
    #expect(result.status == 2 && result.error.contains("[backup-onto-itself]"))
    try scratch.run("ln stick twin")
    #expect(await backup(nil, "twin", "--force").status == 2)
    #expect(try scratch.contents("stick") == content)
  }

  @Test("up to the last partition: what is left out is told")
  func lastPartition() async throws {
    try scratch.write(table(sectors: 2048), to: "stick")
    let result = await backup(nil, "backup", "--to-last-partition")
    #expect(result.status == 0)
    #expect(result.out.contains("2 097 152 bytes behind the last partition"))
    #expect(try scratch.run("stat -c %s backup; cmp -n 2097152 backup stick") == "2097152\n")
  }

  @Test(
    "up to the last partition: a GPT of which only the second copy is sound is not left out",
    arguments: ["seek=1 count=1", "seek=2 count=32"])
  func onlySecondTable(place: String) async throws {
    try #require(ScratchDirectory.hasTool("sfdisk"), "install the package fdisk")
    try scratch.run(
      """
      truncate -s 0 stick; truncate -s 16M stick
      printf 'label: gpt\\nstart=2048,size=4096\\nstart=8192,size=2048\\n' | sfdisk -q stick
      """)
    let sound = await backup(nil, "sound", "--to-last-partition")
    #expect(sound.status == 0, "\(sound.error)")
    #expect(try scratch.run("stat -c %s sound") == "5242880\n")
    try scratch.run("dd if=/dev/zero of=stick bs=512 \(place) conv=notrunc status=none")
    let refused = await backup(nil, "backup", "--to-last-partition")
    #expect(refused.status == 3 && refused.error.contains("[backup-no-table]"), "\(refused.error)")
    #expect(refused.error.contains("leave out `--to-last-partition`"), "\(refused.error)")
    #expect(try names() == ["sound", "sound.sha256", "stick"])
    #expect(await backup().status == 0)
    #expect(try scratch.run("cmp backup stick") == "")
  }

  @Test("up to the last partition: an image that is longer than its table says is not cut off")
  func longerImage() async throws {
    try scratch.write(table(sectors: 2048), to: "stick")
    var world = FakeWorld()
    let inspect = world.context.inspect
    world.context.inspect = { (image, member) throws(Refusal) in
      var report = try inspect(image, member).report
      report.leastByteCount = 3_145_728
      return Inspected(report: report, confinement: Confinement())
    }
    #expect(await backup(nil, "backup", "--to-last-partition", in: world).status == 0)
    #expect(try scratch.run("stat -c %s backup") == "3145728\n")
  }

  @Test(
    "up to the last partition: where that cannot be looked for, the way out is told",
    arguments: [false, true])
  func unreadableTable(toleratesUnreadable: Bool) async throws {
    var world = FakeWorld()
    world.context.inspect = { (image, _) throws(Refusal) in
      let error = SystemCallError(call: "pread", errno: .ioError)
      throw Refusal(diagnostic: Diagnostic(ImageSourceError.system(error, offset: 512), image: image.path))
    }
    var arguments = ["backup", stick, "\(scratch.path)/backup", "--to-last-partition"]
    if toleratesUnreadable { arguments.append("--allow-bad-sectors") }
    let status = await Burin.run(arguments, in: world.context).rawValue
    let text = world.stderr.text
    #expect(status == 9)
    #expect(text.contains("[backup-unreadable]") && text.contains("at byte 512"), "\(text)")
    #expect(text.contains("leave out `--to-last-partition`"), "\(text)")
    #expect(text.contains("add `--allow-bad-sectors`") == !toleratesUnreadable, "\(text)")
    #expect(try names() == ["stick"])
  }

  /// What somebody wants to be kept, in this directory.
  private func order(_ form: BackupForm = .raw) -> BackupOrder {
    BackupOrder(
      device: stick, file: "\(scratch.path)/backup", form: form, endsWithPartitions: false, replaces: true,
      acceptsUse: false, toleratesUnreadable: true, isQuiet: false, isJSON: false)
  }

  @Test("a run that fails leaves an older backup, and says so; what was done already is no advice")
  func leftover() throws {
    func failed(_ error: BackupError, _ form: BackupForm = .raw) -> Diagnostic {
      Diagnostic(error, order(form), signal: nil)
    }
    for errno in [Errno.noSpace, .fileTooLarge] {
      let full = BackupError.output(SystemCallError(call: "pwrite", errno: errno))
      #expect(failed(full).toFix?.string.contains("--zstd") == true)
      #expect(failed(full, .zstd).toFix?.string.contains("--zstd") == false)
    }
    let errors = [
      BackupError.output(SystemCallError(call: "pwrite", errno: .noSpace)),
      .unreadable([512..<1024], reached: 4_194_304), .replaced, .cancelled,
    ]
    for error in errors { #expect(failed(error).leaves?.string == "no file", "\(error)") }
    try scratch.run("echo old >backup")
    for error in errors {
      let left = failed(error).leaves?.string ?? ""
      #expect(left.contains("backup, as it was before"), "\(error): \(left)")
    }
  }

  @Test("what could not be read does not count as read")
  func readByteCount() throws {
    let order = order()
    let source = try BackupSource(order, in: FakeWorld().context)
    let report = BackupReport(
      byteCount: 4_194_304, sha256: [], unreadable: [0..<512, 1_048_576..<4_194_304], hasGivenUp: false)
    let outcome = BackupOutcome(
      order: order, place: BackupPlace(file: order.file), source: source, report: report, sha256: [],
      size: BackupSize(byteCount: 4_194_304, storedByteCount: 1_048_576), changedByteCount: 0,
      time: .seconds(1))
    #expect(outcome.json["bytesRead"] == .unsigned(1_048_064))
    #expect(BackupOutcome.map(order, source, report)["bytesRead"] == .unsigned(1_048_064))
    let read = SanitizedText(exactBytes: 1_048_064).string
    #expect(outcome.lines(for: Capabilities()).contains { $0.string.contains("read        \(read)") })
  }

  @Test("a table that reaches beyond the disk leaves nothing out, and no table at all is told")
  func oddTables() async throws {
    try scratch.write(table(sectors: .max), to: "stick")
    #expect(await backup(nil, "backup", "--to-last-partition").status == 0)
    #expect(try scratch.run("cmp backup stick") == "")
    try scratch.write(content, to: "stick")
    let result = await backup(nil, "other", "--to-last-partition")
    #expect(result.status == 3 && result.error.contains("[backup-no-table]"))
  }

  @Test("a disk that begins like a packed file is not packed once more: it would not come back as it was")
  func packedTwice() async throws {
    try scratch.run("head -c 100000 stick | gzip -c | dd of=stick conv=notrunc status=none")
    let refused = await backup(nil, "backup.zst", "--zstd")
    #expect(refused.status == 3 && refused.error.contains("[backup-packed-twice]"), "\(refused.error)")
    #expect(try names() == ["stick"])
    #expect(await backup().status == 0)
    let world = FakeWorld()
    try scratch.run("cp stick before; cp --sparse=never stick copy; tr '\\0' x <before >copy")
    let (image, copy) = ("\(scratch.path)/backup", "file:\(scratch.path)/copy")
    #expect(await world.run("write", image, copy, "--yes", "--allow-packed") == 0, "\(world.stderr.text)")
    #expect(try scratch.run("cmp copy before") == "")
  }

  @Test("where a table ends is reckoned without overflow")
  func ends() {
    var report = ImageReport(byteCount: 1 << 30)
    #expect(report.lastPartitionEnd(blockSize: 512) == nil)
    let entry = ImageReport.MBRSummary.Entry(index: 1, active: false, type: 0x83, startLBA: 8, sectors: 8)
    let protective = ImageReport.MBRSummary.Entry(
      index: 2, active: false, type: 0xEE, startLBA: 1, sectors: .max)
    report.mbr = ImageReport.MBRSummary(loader: nil, entries: [entry, protective])
    #expect(report.lastPartitionEnd(blockSize: 4096) == 65_536)
    #expect(report.leastKeptEnd(blockSize: 4096) == 65_536)
    for (blocks, end) in [(UInt64(16), UInt64(65_536)), (1250, 2_560_000), (.max, .max)] {
      report.volume = ImageReport.Volume(
        identifier: "", systemIdentifier: "", publisher: "", created: nil, blocks: blocks, joliet: nil,
        rockRidge: false, udf: nil)
      #expect(report.leastKeptEnd(blockSize: 4096) == end)
    }
    for (last, end) in [(UInt64(99), UInt64(51_200)), (.max, .max), (UInt64.max / 2, .max)] {
      report.gpt = ImageReport.GPTSummary(
        headerValid: true, entriesValid: true, backup: .ok, sectorSize: 512,
        partitions: [.init(index: 1, typeGUID: "", name: "", firstLBA: 34, lastLBA: last)])
      #expect(report.lastPartitionEnd(blockSize: 4096) == end)
    }
  }

  @Test("a disk that is mounted for writing is not read, nor one that is not there or empty")
  func refused() async throws {
    var snapshot = Machines.workstation
    let number = try #require(snapshot.devices.first { $0.name == "sdb" }?.number)
    snapshot.mounts.append(
      Mount(
        device: number, mountPoint: "/mnt", root: "/", fileSystem: "ext4", source: "/dev/sdb", options: "rw"))
    let disk = try #require(snapshot.devices.first { $0.number == number })
    let used = await backup(TargetID(of: disk).description, in: FakeWorld(snapshot))
    #expect(used.status == 3 && used.error.contains("[source-in-use]") && used.error.contains("/mnt"))
    #expect(await backup("/dev/burin-no-such-node").status == 7)
    let plain = await backup("\(scratch.path)/stick")
    #expect(plain.status == 2 && plain.error.contains("[target-is-file]"))
    try scratch.write([], to: "stick")
    #expect(await backup().error.contains("[target-ragged-size]"))
    #expect(try names() == ["stick"])
  }

  @Test("names with special characters are in the checksum file as sha256sum wants them")
  func oddNames() async throws {
    #expect(await backup(nil, "a b\\c\nd").status == 0)
    try scratch.run("sha256sum --check --strict ./*.sha256")
  }
}
