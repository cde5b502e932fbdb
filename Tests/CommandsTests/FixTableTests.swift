import BlockIO
import DiskFormats
import Documents
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import Writer

@Suite("burin write --fix-gpt")
struct FixTableTests {
  /// A directory with an image that has a GPT, and a larger virtual stick.
  private func bench() throws -> ScratchDirectory {
    for (tool, package) in [("sfdisk", "fdisk"), ("sgdisk", "gdisk")] {
      try #require(ScratchDirectory.hasTool(tool), "install the package \(package)")
    }
    let scratch = try ScratchDirectory()
    try scratch.run(
      """
      truncate -s 4M image; truncate -s 8M stick
      printf 'label: gpt\\nstart=2048,size=4096,type=L\\n' | sfdisk -q image
      """)
    return scratch
  }

  private func run(_ arguments: String...) async -> (status: Int32, text: String) {
    let world = FakeWorld()
    let status = await Burin.run(arguments, in: world.context).rawValue
    return (status, world.stdout.text + world.stderr.text)
  }

  @Test("moves the backup to the end, says which blocks differ, and verify accepts these and no others")
  func moved() async throws {
    let scratch = try bench()
    let (image, stick) = ("\(scratch.path)/image", "file:\(scratch.path)/stick")
    let written = await run("write", image, stick, "--yes", "--fix-gpt")
    #expect(written.status == 0, "\(written.text)")
    #expect(written.text.contains("bytes 0 to 511, bytes 512 to 1023 differ"), "\(written.text)")
    #expect(try scratch.run("sgdisk -v stick").contains("No problems found"))
    let same = await run("verify", image, stick)
    #expect(same.status == 0, "\(same.text)")
    #expect(same.text.contains("backup was moved"))
    let places = [
      (10, "boot code"), (459, "the length in the MBR"), (592, "the header"), (1_500_000, "a partition"),
      (8_371_800, "the entries of the copy"), (8_388_200, "the copy"),
    ]
    for (place, name) in places {
      try scratch.run("cp stick other; flip other \(place)")
      let differs = await run("verify", image, "file:\(scratch.path)/other")
      #expect(differs.status == 1, "\(name): \(differs.text)")
      #expect(differs.text.contains("the first difference is at byte \(place)"), "\(differs.text)")
      #expect(differs.text.contains("which was moved there") == name.contains("copy"), "\(differs.text)")
      let json = await run("verify", "--json", image, "file:\(scratch.path)/other").text
      #expect(json.contains(#""same":false,"tableMoved":true"#), "\(json)")
      #expect(json.contains(#""differingBytes":1,"differingRanges":1"#), "\(json)")
    }
    let plain = await run("verify", "--json", image, stick)
    #expect(plain.text.contains(#""same":true,"tableMoved":true"#), "\(plain.text)")
    try scratch.run("dd if=image of=stick conv=notrunc status=none")
    let back = await run("verify", "--json", image, stick)
    #expect(back.text.contains(#""same":true,"tableMoved":false"#), "\(back.text)")
  }

  @Test("what a packed image unpacks to is compared with the table as it was moved")
  func packed() async throws {
    let scratch = try bench()
    try scratch.run("gzip -k image")
    let (image, stick) = ("\(scratch.path)/image.gz", "file:\(scratch.path)/stick")
    #expect(await run("write", image, stick, "--yes", "--fix-gpt").status == 0)
    let same = await run("verify", image, stick)
    #expect(same.status == 0 && same.text.contains("backup was moved"), "\(same.text)")
    try scratch.run("flip stick 3000000")
    let differs = await run("verify", image, stick)
    #expect(differs.status == 1 && differs.text.contains("byte 3000000"), "\(differs.text)")
  }

  @Test("R45: a receipt tells of the table as it is in the end, the copy too")
  func receipt() async throws {
    let scratch = try bench()
    let (image, stick) = ("\(scratch.path)/image", "file:\(scratch.path)/stick")
    let written = await run("write", image, stick, "--yes", "--fix-gpt", "--receipt", "\(scratch.path)/r")
    #expect(written.status == 0, "\(written.text)")
    let same = await run("verify", "--receipt", "\(scratch.path)/r", stick)
    #expect(same.status == 0, "\(same.text)")
    #expect(
      same.text.contains("as it was moved to the end") && !same.text.contains("SHA-256"), "\(same.text)")
    for place in [592, 1_500_000, 8_388_200] {
      try scratch.run("cp stick other; flip other \(place)")
      let differs = await run("verify", "--receipt", "\(scratch.path)/r", "file:\(scratch.path)/other")
      #expect(differs.status == 1, "byte \(place): \(differs.text)")
    }
    // The image itself, as it was before the table was moved, is another content.
    try scratch.run("dd if=image of=stick conv=notrunc status=none")
    #expect(await run("verify", "--receipt", "\(scratch.path)/r", stick).status == 1)
  }

  @Test("R44: a table that was broken when it was moved is no success, and no receipt says so")
  func torn() throws {
    let error = SystemCallError(call: "pwrite", errno: .ioError)
    var outcome = try WriteOutcome.sample()
    let (change, proven) = (TableChange(), outcome.proof.chunks)
    #expect(change.state(after: .torn(error), of: proven) == .lost)
    #expect(change.state(after: .moved([]), of: proven) == .lost, "nobody has seen it")
    #expect(change.state(after: .failed(error, left: nil), of: proven) == .known(proven))
    #expect(change.state(after: nil, of: proven) == .known(proven))
    outcome.diagnostic = .tableBroken(.torn(error), outcome.order.names)
    let world = FakeWorld()
    let party = WriteParty(orders: [outcome.order], context: world.context)
    #expect(party.conclude([.proven(outcome)]) == .deviceFailed)
    #expect(world.stderr.text.contains("[table-broken]") && world.stdout.text.isEmpty)
    #expect(outcome.json["exitCode"] == .unsigned(4) && outcome.json["diagnostic"]?["id"] == "table-broken")
    #expect(TableRelocation.Outcome.torn(error).isTorn)
    #expect(!TableRelocation.Outcome.failed(error, left: nil).isTorn)
  }

  @Test("of several sticks each has its table at its own end")
  func several() async throws {
    let scratch = try bench()
    try scratch.run("truncate -s 6M small")
    let sticks = ["stick", "small"].map { "file:\(scratch.path)/\($0)" }
    let written = await run("write", "\(scratch.path)/image", sticks[0], sticks[1], "--yes", "--fix-gpt")
    #expect(written.status == 0, "\(written.text)")
    for stick in ["stick", "small"] {
      #expect(try scratch.run("sgdisk -v \(stick)").contains("No problems found"))
    }
  }

  @Test("without the option, or a whole GPT, everything is as in the image")
  func unchanged() async throws {
    let scratch = try bench()
    let (image, stick) = ("\(scratch.path)/image", "file:\(scratch.path)/stick")
    #expect(await run("write", image, stick, "--yes").status == 0)
    #expect(try scratch.run("cmp -n 4194304 image stick") == "")
    try scratch.run("flip image 600")
    let written = await run("write", image, stick, "--yes", "--fix-gpt", "--json")
    #expect(written.status == 0, "\(written.text)")
    #expect(written.text.contains(#""gpt":{"result":"refused","differs":[],"left":null}"#), "\(written.text)")
    #expect(try scratch.run("cmp -n 4194304 image stick") == "")
  }

  @Test("an image that is nearly as long as the stick keeps its last blocks, and verify finds it whole")
  func fullStick() async throws {
    let scratch = try bench()
    // The image's own backup ends 16 KiB before the end, and the copy would begin 16.5 KiB before it.
    try scratch.run("truncate -s $((4194304 + 16384)) stick")
    let (image, stick) = ("\(scratch.path)/image", "file:\(scratch.path)/stick")
    let written = await run("write", image, stick, "--yes", "--fix-gpt")
    #expect(written.status == 0 && written.text.contains("reaches into the last blocks"), "\(written.text)")
    #expect(try scratch.run("cmp -n 4194304 image stick") == "")
    #expect(await run("verify", image, stick).status == 0)
  }

  @Test("R51: --fix-gpt, --eject and --power-off are part of a plan, told in its steps, and carried out")
  func planned() async throws {
    let scratch = try bench()
    let (image, stick) = ("\(scratch.path)/image", "file:\(scratch.path)/stick")
    let rehearsed = await run("write", image, stick, "--dry-run", "--fix-gpt", "--eject")
    #expect(rehearsed.text.contains("move the backup of a GPT"), "\(rehearsed.text)")
    #expect(rehearsed.text.contains("give its medium out") && !rehearsed.text.contains("USB device off"))
    let file = "\(scratch.path)/plan"
    #expect(await run("plan", image, stick, "-o", file, "--fix-gpt", "--power-off").status == 0)
    let text = String(decoding: try scratch.contents("plan"), as: UTF8.self)
    for words in [#""fixGpt": true"#, #""eject": false"#, #""powerOff": true"#, "take its USB device off"] {
      #expect(text.contains(words), "\(text)")
    }
    let applied = await run("apply", file)
    #expect(applied.status == 0 && applied.text.contains("its backup lies at the end"), "\(applied.text)")
    #expect(applied.text.contains("powered off not: it is no USB device"))
    #expect(try scratch.run("sgdisk -v stick").contains("No problems found"))
  }

  @Test("R51: a plan does nothing to the table that it does not name")
  func unplanned() async throws {
    let scratch = try bench()
    let (image, stick) = ("\(scratch.path)/image", "file:\(scratch.path)/stick")
    let file = "\(scratch.path)/plan"
    #expect(await run("plan", image, stick, "-o", file).status == 0)
    #expect(await run("apply", file).status == 0)
    #expect(try scratch.run("cmp -n 4194304 image stick") == "")
  }

  @Test("a failure is told and is no result")
  func words() {
    let error = SystemCallError(call: "pwrite", errno: .ioError)
    #expect(TableRelocation.Outcome.failed(error, left: nil).text.string.hasPrefix("as it was"))
    #expect(TableRelocation.Outcome.torn(error).text.string.hasPrefix("BROKEN"))
    for reason in [GPTRelocationError.noTable, .farEntries, .atEnd, .noRoom, .damaged([])] {
      #expect(TableRelocation.Outcome.refused(reason).text.string.hasPrefix("as it was"))
    }
  }
}
