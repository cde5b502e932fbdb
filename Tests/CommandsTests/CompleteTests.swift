import ArgumentParser
import DeviceProbe
import Synchronization
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// The candidates that the program gives for a command line, without what they are.
private func candidates(_ words: String..., in snapshot: DeviceSnapshot = Machines.workstation) async
  -> [String]
{
  let world = FakeWorld(snapshot)
  #expect(await Burin.run(["__complete", "--"] + words, in: world.context) == .done)
  #expect(world.stderr.text.isEmpty)
  return world.stdout.text.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "\t" }) }
}

/// A clock on which each look takes a while.
private final class TickingClock: Sendable {
  private let time = Mutex(Duration.zero)
  private let step: Duration

  init(step: Duration) { self.step = step }

  func now() -> Duration {
    time.withLock { time in
      defer { time += step }
      return time
    }
  }
}

/// The kind that the program gives.
private func kind(_ words: String...) async -> Substring? {
  let world = FakeWorld(Machines.workstation)
  #expect(await Burin.run(["__complete", "--"] + words, in: world.context) == .done)
  return world.stdout.text.split(separator: "\n").first
}

@Suite("Completing a command line")
struct CompleteTests {
  @Test("commands, and the commands below them")
  func commands() async {
    let all = await candidates("")
    #expect(Set(all).isSuperset(of: ["list", "write", "protect", "help"]))
    #expect(!all.contains { $0.hasPrefix("_") || $0.hasPrefix("-") })
    #expect(await candidates("wr") == ["write"])
    #expect(await candidates("help", "ver") == ["verify"])
    #expect(await candidates("protect", "") == ["add", "remove", "list"])
    #expect(await candidates("protect", "ad") == ["add"])
    #expect(await candidates("--v") == ["--version"])
    #expect(await candidates("frobnicate", "") == [])
    #expect(
      await candidates("list", "") == ["--all", "--dump", "--json", "--no-color", "--help"])
    #expect(await candidates() == [])
  }

  @Test(
    "options are those that the help has, of every command",
    arguments: BurinCommand.configuration.subcommands.filter { $0.configuration.shouldDisplay }.map {
      $0._commandName
    })
  func options(command: String) async {
    let below = ["protect": "add", "bmap": "create"][command]
    let help = BurinCommand.help(for: [command] + [below].compactMap(\.self))
    let told = help.split(separator: "\n").compactMap { $0.firstMatch(of: /^  (?:-\w, )?(--[a-z0-9-]+)/)?.1 }
    #expect(told.contains("--help"))
    // Every help has it, and it means the program.
    let expected = Set(told).subtracting(["--version"])
    let world = FakeWorld()
    let words = [command] + [below].compactMap(\.self) + ["--"]
    #expect(await Burin.run(["__complete", "--"] + words, in: world.context) == .done)
    let offered = world.stdout.text.split(separator: "\n").dropFirst().map { $0.prefix { $0 != "\t" } }
    #expect(Set(offered) == expected)
  }

  @Test("an option is offered once, one that may come again always, and none behind a separator")
  func usedOptions() async {
    #expect(await candidates("write", "--ye") == ["--yes"])
    #expect(await candidates("write", "--yes", "--ye") == [])
    #expect(await candidates("write", "--checksum", "sha256:00", "--checks") == ["--checksum"])
    #expect(await candidates("test", "-q", "--qui") == ["--quick"])
    #expect(await candidates("write", "--", "--ye") == [])
  }

  @Test("values of options: words that the help has, IDs, files, nothing where nothing is known")
  func values() async {
    #expect(await candidates("write", "--digest", "") == ["sha256", "none"])
    #expect(await candidates("write", "--digest=n") == ["--digest=none"])
    #expect(await candidates("restore", "--fs", "e") == ["exfat"])
    #expect(await kind("write", "--keyring", "") == "files")
    #expect(await kind("plan", "a.iso", "usb-00000000", "-o", "") == "files")
    #expect(await kind("apply", "") == "files")
    #expect(await candidates("write", "--size", "") == [])
    let ids = await candidates("write", "--confirm", "")
    #expect(!ids.isEmpty)
    #expect(ids.allSatisfy { $0.contains("-") })
  }

  @Test("R4: sticks that may be written, each with model and size, and no other disk; a file as a stick")
  func targets() async {
    let world = FakeWorld(Machines.workstation)
    let listed = FakeWorld(Machines.workstation)
    #expect(await listed.run("list") == 0)
    #expect(await world.run("__complete", "write", "a.iso", "") == 0)
    let lines = world.stdout.text.split(separator: "\n")
    #expect(lines.first == "words")
    #expect(lines.last == "file:\tA file in the place of a stick.")
    let sticks = lines.dropFirst().dropLast()
    #expect(sticks.contains { $0.hasSuffix("\tSanDisk Ultra Fit, 15.5 GB") })
    for stick in sticks { #expect(listed.stdout.text.contains(stick.prefix { $0 != "\t" })) }
    #expect(sticks.count == listed.stdout.text.split(separator: "\n").count { $0.contains("/dev/") })
    #expect(await candidates("write", "a.iso", "fi") == ["file:"])
    // One after the other, each once.
    let ids = sticks.map { line in String(line.prefix { $0 != "\t" }) }
    let others = Array(ids[1...]) + ["file:"]
    #expect(await candidates("write", "a.iso", ids[0], "") == others)
    #expect(await kind("verify", "a.iso", "/dev/") == "files")
    #expect(await candidates("write", "a.iso", "", in: DeviceSnapshot()) == ["file:"])
  }

  @Test("R48: what a stick says of itself, and names of files, act on no terminal")
  func hostileText() async throws {
    let scratch = try ScratchDirectory()
    try scratch.run(#"truncate -s 9 $(printf 'a\033[2Jb') $(printf 'a\377b') "$(printf 'a\nb')" plain"#)
    #expect(
      await candidates("write", "a", "file:\(scratch.path)/") == [
        "file:\(scratch.path)/output.text", "file:\(scratch.path)/plain",
      ])
    let world = FakeWorld(Machines.workstation)
    #expect(await world.run("__complete", "write", "a.iso", "") == 0)
    #expect(world.stdout.text.unicodeScalars.allSatisfy { $0.isPlain || $0 == "\n" || $0 == "\t" })
  }
}

@Suite("Completing images")
struct CompleteImageTests {
  private let scratch: ScratchDirectory

  init() throws { scratch = try ScratchDirectory() }

  /// The candidates in the scratch directory, without its path.
  private func names(_ prefix: String, in world: FakeWorld = .quick) async -> [String] {
    let directory = scratch.path + "/"
    #expect(await world.run("__complete", "write", directory + prefix) == 0)
    return world.stdout.text.split(separator: "\n").dropFirst().map {
      String($0.dropFirst(directory.utf8.count))
    }
  }

  @Test("by their content: discs, disks, what is packed; and directories")
  func contents() async throws {
    try scratch.run(
      """
      mkdir dir .hidden; mkfifo pipe
      truncate -s 40k disc mbr apple text.iso zeros.img; ln -s disc link; ln -s nowhere broken
      printf CD001 | dd of=disc bs=1 seek=32769 conv=notrunc
      printf '\\125\\252' | dd of=mbr bs=1 seek=510 conv=notrunc
      printf PM | dd of=apple bs=1 seek=512 conv=notrunc
      echo just words >text.iso
      gzip <zeros.img >packed; xz <zeros.img >packed-too; : >empty
      tar cf archive text.iso; qemu-img create -q -f qcow2 container 1M
      """)
    #expect(
      await names("") == [
        "apple", "archive", "container", "dir/", "disc", "link", "mbr", "packed", "packed-too",
      ])
    #expect(await names("pa") == ["packed", "packed-too"])
    #expect(await names(".h") == [".hidden/"])
    #expect(await names("dir/") == [])
    #expect(await names("nowhere/") == [])
  }

  @Test("also below the person's own directory, and beside sticks")
  func home() async throws {
    try scratch.run("head -c 512 /dev/zero | gzip >image.gz")
    var world = FakeWorld.quick
    world.context.home = scratch.path
    #expect(await Burin.run(["__complete", "inspect", "~/"], in: world.context) == .done)
    #expect(world.stdout.text == "paths\n~/image.gz\n")
    let sticks = await candidates("inspect", "usb-")
    #expect(!sticks.isEmpty)
    #expect(await kind("inspect", "usb-") == "words")
  }

  @Test("what there is no time to look at is offered unseen: after so many files, and after so long")
  func limits() async throws {
    try scratch.run("for i in $(seq 1000 1509); do echo text >f$i; done")
    #expect(PathSearch.mostFiles == 500)
    #expect(await names("f") == (1500...1509).map { "f\($0)" })
    var slow = FakeWorld()
    let clock = TickingClock(step: PathSearch.patience / 4)
    slow.context.now = { clock.now() }
    #expect(await names("f100", in: slow).count == 7)
  }
}

extension FakeWorld {
  /// One in which nothing takes any time.
  fileprivate static var quick: FakeWorld {
    var world = FakeWorld()
    world.context.now = { .zero }
    return world
  }
}
