import BlockIO
import DeviceProbe
import DeviceSafety
import Sandbox
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// An image and a virtual stick in a directory of their own.
private struct Bench {
  let directory: ScratchDirectory
  let image: String
  let stick: String

  init(imageBytes: Int = 1_300_001, stickBytes: Int = 4 << 20) throws {
    directory = try ScratchDirectory()
    image = "\(directory.path)/image"
    stick = "\(directory.path)/stick"
    try directory.run(
      """
      head -c \(imageBytes) /dev/zero | tr '\\0' '\\245' >image
      yes old content | head -c \(stickBytes) >stick && cp stick before
      """)
  }

  func write(_ world: FakeWorld, _ options: String...) async -> Int32 {
    await Burin.run(["write", image, "file:\(stick)"] + options, in: world.context)
      .rawValue
  }

  var isUntouched: Bool {
    (try? directory.run("cmp stick before")) != nil
  }

  /// Whether the stick begins with the image, by another program.
  var holdsImage: Bool {
    (try? directory.run("cmp -n $(stat -c %s image) image stick")) != nil
  }
}

@Suite("burin write")
struct WriteTests {
  @Test("R45: with --yes writes, proves, and says what is not proven")
  func success() async throws {
    let bench = try Bench()
    let world = FakeWorld()
    #expect(await bench.write(world, "--yes") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage)
    for word in ["now holds", "proven", "SHA-256", "not proven"] { #expect(world.stdout.text.contains(word)) }
    #expect(world.stdout.text.contains("beyond the image: nothing written there was lost"))
    #expect(world.stdout.text.contains("some places were probed, not every block"), "R43")
    let verified = FakeWorld()
    #expect(await verified.run("verify", bench.image, "file:\(bench.stick)") == 0)
  }

  @Test(
    "R47: the process confines itself once, with the record saved and nothing written, and says what it lacks"
  )
  func confinement() async throws {
    let bench = try Bench()
    let world = FakeWorld()
    let entered = Mutex<[WriterConfinement.Exceptions]>([])
    let isReady = Mutex(false)
    let records = try #require(world.context.undo.directory)
    var context = world.context
    context.confineWriter = { exceptions in
      entered.withLock { $0.append(exceptions) }
      let saved = (try? bench.directory.run("ls '\(records)'")) ?? ""
      isReady.withLock { $0 = bench.isUntouched && saved.contains(".undo") }
      return WriterConfinement(missing: [.callFilter])
    }
    let status = await Burin.run(["write", bench.image, "file:\(bench.stick)", "--yes"], in: context)
    #expect(status == .done, "\(world.stderr.text)")
    let (calls, ready) = (entered.withLock { $0 }, isReady.withLock { $0 })
    #expect(calls == [WriterConfinement.Exceptions()])
    #expect(ready)
    #expect(world.stdout.text.contains("(seccomp): this system does not allow that"))
    #expect(!world.stdout.text.contains("(capset)"))
  }

  @Test("R49: --allow-packed writes what is packed as it is, even where it cannot be unpacked")
  func packed() async throws {
    let bench = try Bench()
    try bench.directory.run("gzip -c image | head -c 1000 >packed; mv packed image")
    let world = FakeWorld()
    #expect(await bench.write(world, "--yes", "--allow-packed") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage)
  }

  @Test("R49: what cannot be unpacked is refused before anything is written")
  func damaged() async throws {
    let bench = try Bench()
    try bench.directory.run("gzip -c image | head -c 1000 >packed; mv packed image")
    let world = FakeWorld()
    #expect(await bench.write(world, "--yes") == 3)
    #expect(bench.isUntouched)
  }

  @Test("as JSON gives a start, and a result with the digest")
  func json() async throws {
    let bench = try Bench()
    let world = FakeWorld()
    #expect(await bench.write(world, "--yes", "--json") == 0)
    let lines = world.stdout.text.split(separator: "\n").map(String.init)
    #expect(try JSONOracle.accepts(lines: lines))
    #expect(lines.first?.contains(#""event":"start""#) == true)
    #expect(lines.last?.contains(#""event":"result","exitCode":0"#) == true)
    #expect(lines.last?.contains(#""sha256":""#) == true)
    #expect(lines.last?.contains(#""isFake":false"#) == true)
  }

  @Test("--quiet says nothing but warnings when all is well")
  func quiet() async throws {
    let bench = try Bench()
    let world = FakeWorld()
    #expect(await bench.write(world, "--yes", "--quiet") == 0)
    #expect(world.stdout.text.isEmpty)
    let lines = world.stderr.text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("burin: warning: ") || $0.hasPrefix("  ") })
  }

  @Test("the typed ID writes")
  func typed() async throws {
    let bench = try Bench()
    let world = FakeWorld(answers: [.line("file:\(bench.stick)")])
    #expect(await bench.write(world) == 0)
    #expect(world.prompter.text.contains("everything on it destroyed"))
    #expect(world.prompter.text.contains("Type file:\(bench.stick)"))
  }

  @Test(
    "any other answer cancels, nothing is written",
    arguments: [.line(""), .line("yes"), .line("y"), .line("file:"), .endOfInput] as [PromptAnswer])
  func declined(answer: PromptAnswer) async throws {
    let bench = try Bench()
    let world = FakeWorld(answers: [answer])
    #expect(await bench.write(world) == 5)
    #expect(world.stderr.text.contains("[cancelled]"))
    #expect(bench.isUntouched)
  }

  @Test("R8: after a wrong answer nothing is asked again, and the right one comes too late")
  func noSecondChance() async throws {
    let bench = try Bench()
    let right = PromptAnswer.line("file:\(bench.stick)")
    let world = FakeWorld(answers: [.line("file:\(bench.stick)x"), right, right])
    #expect(await bench.write(world) == 5)
    #expect(world.prompter.text.split(separator: "Type ").count == 2)
    #expect(bench.isUntouched)
  }

  @Test("R7: a question whose disk has gone ends by itself, nothing is written")
  func disturbed() async throws {
    let bench = try Bench()
    let world = FakeWorld(answers: [.disturbed, .line("file:\(bench.stick)")])
    #expect(await bench.write(world) == 2)
    #expect(world.stderr.text.contains("[target-changed]"))
    #expect(bench.isUntouched)
  }

  @Test("no terminal never means yes")
  func noTerminal() async throws {
    let bench = try Bench()
    let world = FakeWorld(answers: nil)
    #expect(await bench.write(world) == 2)
    #expect(world.stderr.text.contains("[confirmation-impossible]"))
    #expect(bench.isUntouched)
  }

  @Test("a signal at the prompt ends with its own status, nothing is written")
  func signalAtPrompt() async throws {
    let bench = try Bench()
    let world = FakeWorld(answers: [.interrupted], signal: 15)
    #expect(await bench.write(world) == 143)
    #expect(bench.isUntouched)
  }

  @Test("a wrong --confirm is refused")
  func wrongConfirmation() async throws {
    let bench = try Bench()
    let world = FakeWorld()
    #expect(await bench.write(world, "--yes", "--confirm", "usb-00000000") == 2)
    #expect(world.stderr.text.contains("[confirmation-wrong]"))
    #expect(bench.isUntouched)
  }

  @Test("--dry-run prints the plan and touches nothing", arguments: [[], ["--json"]])
  func dryRun(options: [String]) async throws {
    let bench = try Bench()
    let world = FakeWorld()
    let arguments =
      ["write", bench.image, "file:\(bench.stick)", "--dry-run"] + options
    #expect(await Burin.run(arguments, in: world.context) == .done)
    #expect(world.stdout.text.contains("zero bytes 0 to 1048575"))
    #expect(world.stdout.text.contains("to probe the capacity"), "R43: what is marked is lost too")
    #expect(bench.isUntouched)
  }

  @Test("R10: an empty virtual stick is told how to be made, before a write and for its plan")
  func emptyStick() async throws {
    let bench = try Bench()
    try bench.directory.run("truncate -s 0 \(bench.stick)")
    for option in ["--yes", "--dry-run"] {
      let world = FakeWorld()
      let arguments = ["write", bench.image, "file:\(bench.stick)", option]
      #expect(await Burin.run(arguments, in: world.context) == .targetRefused)
      let error = world.stderr.text
      #expect(error.contains("[target-ragged-size]"), "\(error)")
      #expect(error.contains("truncate --size=8G FILE"), "\(error)")
    }
  }

  @Test("what does not boot is written after a warning that says so, and why")
  func unbootable() async throws {
    let bench = try Bench()
    let world = FakeWorld()
    #expect(await world.run("write", bench.image, "file:\(bench.stick)", "--yes") == 0)
    #expect(
      world.stderr.text.contains("burin: warning: nothing in \(bench.image) boots [image-not-bootable]"))
    #expect(world.stderr.text.contains("  because  BIOS: "))
    #expect(!bench.isUntouched)
  }

  @Test(
    "R49: what is called packed and has lost the mark by which it is known is refused",
    arguments: [("mac.dmg", "DMG"), ("IMAGE.IMG.GZ", "gzip"), ("disk.vhd", "VHD")])
  func lostMark(name: String, format: String) async throws {
    let bench = try Bench()
    try bench.directory.run("cp image '\(name)'")
    let world = FakeWorld()
    let path = "\(bench.directory.path)/\(name)"
    #expect(await world.run("write", path, "file:\(bench.stick)", "--yes") == 3)
    #expect(world.stderr.text.contains("[image-damaged]"), "\(world.stderr.text)")
    #expect(world.stderr.text.contains("the format \(format)"))
    #expect(bench.isUntouched)
    #expect(await world.run("write", path, "file:\(bench.stick)", "--yes", "--allow-damaged") == 0)
    #expect(bench.holdsImage)
  }

  @Test("an image that does not fit is refused")
  func tooLarge() async throws {
    let bench = try Bench(imageBytes: 3 << 20, stickBytes: 2 << 20)
    let world = FakeWorld()
    #expect(await bench.write(world, "--yes") == 3)
    #expect(world.stderr.text.contains("[image-too-large]"))
    #expect(bench.isUntouched)
  }

  @Test("an image is not written onto itself")
  func ontoItself() async throws {
    let bench = try Bench(imageBytes: 2 << 20)
    let world = FakeWorld()
    let status = await world.run("write", bench.image, "file:\(bench.image)", "--yes")
    #expect(status == 2)
    #expect(world.stderr.text.contains("[target-holds-image]"))
  }

  @Test("a lost report does not make a proven stick a failure")
  func lostOutput() async throws {
    let bench = try Bench()
    let world = FakeWorld(outputFailure: .noSpace)
    #expect(await bench.write(world, "--yes") == 0)
    #expect(world.stderr.text.contains("[output-failed]"))
  }
}

@Suite("Images that are none")
struct WrongImageTests {
  @Test("each gets its own error, and nothing is written")
  func wrongImages() async throws {
    let bench = try Bench()
    let directory = bench.directory
    try directory.write([], to: "empty")
    try directory.write([0x42], to: "short")
    try directory.run("mkfifo pipe; mkdir folder")
    let cases: [(String, Int32, String)] = [
      ("\(directory.path)/missing", 7, "image-not-found"), ("\(directory.path)/empty", 3, "image-empty"),
      ("\(directory.path)/short", 3, "image-too-short"),
      ("\(directory.path)/folder", 3, "image-is-directory"),
      ("\(directory.path)/pipe", 3, "image-is-pipe"), ("/dev/null", 3, "image-is-character-device"),
      ("\(directory.path)/a\u{1B}[31m\nb", 7, "image-not-found"),
    ]
    for (image, status, id) in cases {
      let world = FakeWorld()
      #expect(await world.run("write", image, "file:\(bench.stick)", "--yes") == status, "\(id)")
      #expect(world.stderr.text.contains("[\(id)]"), "\(world.stderr.text)")
      #expect(world.stderr.text.unicodeScalars.allSatisfy { $0.isPlain || $0 == "\n" })
      #expect(bench.isUntouched)
    }
  }
}

@Suite("Targets that are none")
struct WrongTargetTests {
  @Test("each gets its own error")
  func wrongTargets() async throws {
    let bench = try Bench()
    let directory = bench.directory
    try directory.run("ln -s nowhere dangling; mkdir folder; mkfifo pipe")
    let cases: [(String, Int32, String)] = [
      ("\(directory.path)/missing", 7, "target-not-found"), (bench.stick, 2, "target-is-file"),
      ("\(directory.path)/dangling", 7, "target-link-dangling"),
      ("\(directory.path)/folder", 2, "target-is-directory"),
      ("/dev/null", 2, "target-not-block-device"),
      ("file:\(directory.path)/pipe", 2, "target-not-block-device"),
      ("usb-00000000", 7, "target-id-unknown"), ("file:\(directory.path)/missing", 7, "target-not-found"),
    ]
    for (target, status, id) in cases {
      for options in [["--yes"], ["--dry-run"]] {
        let world = FakeWorld(Machines.workstation)
        let arguments = ["write", bench.image, target] + options
        #expect(await Burin.run(arguments, in: world.context).rawValue == status, "\(target) \(options)")
        #expect(world.stderr.text.contains("[\(id)]"), "\(world.stderr.text)")
      }
    }
    #expect(bench.isUntouched)
  }

  @Test("a disk of the system is refused by its ID too, with the chain down to its use, whatever the options")
  func systemDisk() async throws {
    let bench = try Bench()
    let all = FakeWorld(Machines.workstation)
    let device = try #require(Machines.workstation.devices.first { $0.name == "nvme0n1" })
    let disk = DeviceEntry(
      device, in: Machines.workstation, assessment: SafetyPolicy.assess(device, in: Machines.workstation))
    let options = [
      "--allow-internal", "--allow-large", "--allow-fixed", "--allow-rotational", "--allow-external",
      "--allow-configured", "--allow-clone", "--allow-booted",
    ]
    let arguments = ["write", bench.image, disk.id.description, "--yes"] + options
    #expect(await Burin.run(arguments, in: all.context).rawValue == 2)
    for word in ["nvme0n1p1", "LUKS", "vg0", "/"] { #expect(all.stderr.text.contains(word)) }
  }
}
