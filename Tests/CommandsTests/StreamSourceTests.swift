import Glibc
import TestSupport
import Testing
import UndoStore

@testable import Commands
@testable import Terminal

/// An image that comes from another program, and a virtual stick.
private final class Bench {
  let directory: ScratchDirectory
  private var opened: [CInt] = []

  /// - Parameter making: makes `image`; a disk with a table that names 4 MiB by default.
  init(
    _ making: String =
      "head -c 4194304 /dev/urandom >image; printf 'label: dos\\n2048,,c,*\\n' | sfdisk -q image"
  ) throws {
    directory = try ScratchDirectory()
    try directory.run(
      "set -e; \(making); yes old content 2>/dev/null | head -c 8388608 >stick; cp stick before")
  }

  deinit { for descriptor in opened { close(descriptor) } }

  func path(_ name: String) -> String { "\(directory.path)/\(name)" }

  /// A world whose standard input is what a script prints.
  func world(_ script: String) throws -> FakeWorld {
    // In the background: the pipe is as long as somebody reads it.
    try directory.run("rm -f pipe; mkfifo pipe; { \(script); } 2>/dev/null >pipe &")
    return world(reading: "pipe")
  }

  /// A world whose standard input is a file.
  func world(reading name: String) -> FakeWorld {
    var world = FakeWorld()
    world.context.standardInput = unsafe open(path(name), O_RDONLY)
    opened.append(world.context.standardInput)
    return world
  }

  func run(_ world: FakeWorld, _ image: String = "-", _ options: String..., command: String = "write") async
    -> Int32
  {
    let target = command == "inspect" ? [] : ["file:\(path("stick"))"]
    let yes = command == "write" ? ["--yes"] : []
    return await Burin.run([command, image] + target + yes + options, in: world.context).rawValue
  }

  func holds(_ script: String) -> Bool { (try? directory.run(script)) != nil }
  var holdsImage: Bool { holds("cmp -n $(stat -c %s image) image stick") }
  var isUntouched: Bool { holds("cmp stick before") }
  var headIsZero: Bool { holds("cmp -n 1048576 stick /dev/zero") }
}

@Suite("Images from standard input")
struct StandardInputTests {
  @Test(
    "R34, R45: raw, to the end of the pipe, which proves nothing of what is behind the image's own structures"
  )
  func raw() async throws {
    let bench = try Bench()
    let world = try bench.world("cat image")
    #expect(await bench.run(world, "-", "--json") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage)
    let lines = world.stdout.text.split(separator: "\n").map(String.init)
    #expect(try JSONOracle.accepts(lines: lines))
    #expect(world.stdout.text.contains(#""source":{"kind":"pipe","url":null"#))
    #expect(
      world.stdout.text.contains(
        "behind the 4.2 MB that its own structures name: a pipe ends in the same way"))
    let verifying = try bench.world("cat image")
    #expect(await bench.run(verifying, command: "verify") == 0, "\(verifying.stderr.text)")
    let other = try bench.world("tr a b <image")
    #expect(await bench.run(other, command: "verify") == 1)
  }

  @Test("packed, recognised by its content", arguments: ["gzip -c", "xz -0c", "zstd -qc"])
  func packed(packing: String) async throws {
    let bench = try Bench()
    let world = try bench.world("\(packing) image")
    #expect(await bench.run(world) == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage)
  }

  /// A frame without data of Zstandard and LZ4 alike, of 33 MiB.
  private static let longFrame = "printf 'P*M\\030\\0\\0\\020\\002'; head -c 34603008 /dev/zero"

  @Test(
    "packed behind more than is kept of the beginning, it is the image or refused, and never written as it comes",
    arguments: ["zstd -qc image", "lz4 -qc image", "cat image", "true"])
  func packedFarBehind(packing: String) async throws {
    let bench = try Bench()
    try bench.directory.run("truncate -s 40M stick; cp stick before")
    let world = try bench.world("\(Self.longFrame); \(packing)")
    let status = await bench.run(world)
    if packing.hasSuffix("c image") {
      #expect(status == 0, "\(world.stderr.text)")
      #expect(bench.holdsImage)
    } else {
      #expect(status == 3)
      #expect(bench.isUntouched || bench.headIsZero, "\(world.stderr.text)")
    }
    let cut = try bench.world("{ \(Self.longFrame); } | head -c 5000000")
    #expect(await bench.run(cut) == 3)
    #expect(cut.stderr.text.contains("cut off"), "\(cut.stderr.text)")
  }

  @Test(
    "what tells of itself at its end comes through a pipe only where all of it can be kept",
    arguments: [
      ("rm -f a.zip; zip -q -0 a.zip image; cat a.zip", "archive-nested"),
      ("qemu-img convert -S 0 -O qcow2 image q; cat q", "container-unsupported"),
    ])
  func packedAtTheEnd(packing: String, id: String) async throws {
    let bench = try Bench()
    let world = try bench.world(packing)
    #expect(await bench.run(world) == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage)
    try bench.directory.run("truncate -s 36M image; truncate -s 40M stick; cp stick before")
    let long = try bench.world(packing)
    #expect(await bench.run(long) == 3)
    #expect(long.stderr.text.contains("[\(id)]"), "\(long.stderr.text)")
    #expect(bench.isUntouched)
  }

  @Test("R50: the checksum of what comes is taken in the one read that there is")
  func checksum() async throws {
    let bench = try Bench()
    let sum = try bench.directory.run("gzip -nc image >packed; sha256sum packed").prefix(64)
    let world = try bench.world("cat packed")
    #expect(await bench.run(world, "-", "--checksum", "sha256:\(sum)") == 0, "\(world.stderr.text)")
    #expect(world.stdout.text.contains("is that of the compressed file"))
    #expect(!world.stdout.text.contains("a pipe ends") && !world.stdout.text.contains("read twice"))
    let wrong = try bench.world("gzip -1nc image")
    #expect(await bench.run(wrong, "-", "--checksum", "sha256:\(sum)") == 3)
    #expect(wrong.stderr.text.contains("[checksum-wrong]") && bench.headIsZero)
  }

  @Test("R44: what its own table names and does not come is missing, before it can boot")
  func cutOff() async throws {
    let bench = try Bench(
      "truncate -s 40M image; head -c 40000000 /dev/urandom | dd of=image conv=notrunc status=none; printf 'label: dos\\n2048,,c,*\\n' | sfdisk -q image"
    )
    try bench.directory.run("truncate -s 48M stick")
    let world = try bench.world("head -c 39000000 image")
    #expect(await bench.run(world) == 3)
    #expect(world.stderr.text.contains("[image-ends-early]"), "\(world.stderr.text)")
    #expect(world.stderr.text.contains("\(SanitizedText(exactBytes: 41_943_040).string)"))
    #expect(bench.headIsZero)
    let packed = try bench.world("head -c 39000000 image | gzip -1c")
    #expect(await bench.run(packed) == 3)
    #expect(packed.stderr.text.contains("[image-ends-early]") && bench.headIsZero)
  }

  @Test("--size is the truth about the length, to the byte")
  func sizes() async throws {
    let bench = try Bench()
    for (size, id) in [("4194305", "image-ends-early"), ("4194303", "image-goes-on")] {
      let world = try bench.world("cat image")
      #expect(await bench.run(world, "-", "--size", size) == 3)
      #expect(world.stderr.text.contains("[\(id)]"), "\(world.stderr.text)")
    }
    let world = try bench.world("cat image")
    #expect(await bench.run(world, "-", "--size", "4194304") == 0, "\(world.stderr.text)")
    #expect(!world.stdout.text.contains("a pipe ends"))
    #expect(await bench.run(FakeWorld(), bench.path("image"), "--size", "4194304") == 64)
  }

  @Test("nothing is written before the first bytes have been looked at")
  func refused() async throws {
    let bench = try Bench()
    let empty = try bench.world("true")
    #expect(await bench.run(empty) == 3)
    #expect(empty.stderr.text.contains("[image-empty]"))
    let page = try bench.world("yes '<!DOCTYPE html><html>' | head -c 9000")
    #expect(await bench.run(page) == 3)
    #expect(page.stderr.text.contains("a web page"), "\(page.stderr.text)")
    try bench.directory.run("ln -s /dev/null nothing")
    let world = bench.world(reading: "nothing")
    #expect(await bench.run(world) == 3)
    #expect(world.stderr.text.contains("[image-is-character-device]"))
    #expect(bench.isUntouched)
  }

  @Test("a file as standard input is a file, and only the rest of it where it is not at its beginning")
  func files() async throws {
    let bench = try Bench()
    let world = bench.world(reading: "image")
    #expect(await bench.run(world, "-", "--json") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage && world.stdout.text.contains(#""source":{"kind":"file""#))
    lseek(world.context.standardInput, 1 << 20, SEEK_SET)
    #expect(await bench.run(world, "-", "--json") == 0, "\(world.stderr.text)")
    #expect(bench.holds("cmp -n 3145728 image stick 1048576 0"))
  }

  @Test("R8: it is noted that the stick was written, and nothing that could be gone on with")
  func noted() async throws {
    let bench = try Bench()
    let world = try bench.world("cat image")
    #expect(await bench.run(world, "-", "--no-undo") == 0, "\(world.stderr.text)")
    let noted = try #require(try world.context.undo.store().runs().first)
    #expect(noted.run.order.isEmpty && noted.progress.stage == .completed)
  }

  @Test("it can be inspected, and no plan can be made of it")
  func inspected() async throws {
    let bench = try Bench()
    let world = try bench.world("cat image; head -c 40000000 /dev/zero")
    #expect(await bench.run(world, command: "inspect") == 0, "\(world.stderr.text)")
    #expect(world.stdout.text.contains("standard input: a disk image with a partition table, of a length"))
    let json = try bench.world("cat image; head -c 40000000 /dev/zero")
    #expect(await bench.run(json, "-", "--json", command: "inspect") == 0)
    #expect(try JSONOracle.accepts(json.stdout.text))
    #expect(
      json.stdout.text.contains(#""bytes": null"#) && json.stdout.text.contains(#""lookedAt": 33554432"#))
    let plan = try bench.world("cat image")
    #expect(await bench.run(plan, command: "plan") == 64)
    #expect(plan.stderr.text.contains("[plan-needs-file]"))
  }
}

@Suite("Images from a server")
struct ServerSourceTests {
  @Test("are written as they come, and nothing secret of the URL is told")
  func written() async throws {
    let bench = try Bench()
    let server = try FileServer(try bench.directory.contents("image"))
    let url = server.url("guarded?key=hidden", host: "anna:s%20p%40cret@127.0.0.1")
    let world = FakeWorld()
    #expect(await bench.run(world, url, "--json") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage)
    let text = world.stdout.text + world.stderr.text
    #expect(text.contains(#""kind":"url","url":"\#(server.url("guarded"))?…""#), "\(text)")
    #expect(text.contains(#""resumed":1"#) && text.contains("over http"))
    let saved = try bench.directory.run("cat '\(try #require(world.state).path)'/burin/* 2>/dev/null || true")
    for secret in ["cret", "hidden", "anna"] { #expect(!text.contains(secret) && !saved.contains(secret)) }
    let verifying = FakeWorld()
    #expect(await bench.run(verifying, server.url("turn/2"), command: "verify") == 0)
  }

  @Test("are refused where there is none, with words for what is in its place")
  func refused() async throws {
    let bench = try Bench()
    let server = try FileServer(try bench.directory.contents("image"))
    for (path, id, status) in [
      ("nothing", "fetch-refused", 7), ("status/403", "fetch-refused", 3), ("loop", "fetch-refused", 3),
      ("encoded", "fetch-failed", 3), ("empty", "image-empty", 3),
      ("to/ftp/localhost/x", "fetch-insecure", 3),
      ("page", "not-an-image", 3),
    ] as [(String, String, Int32)] {
      let world = FakeWorld()
      #expect(await bench.run(world, server.url(path)) == status, "\(path): \(world.stderr.text)")
      #expect(world.stderr.text.contains("[\(id)]"), "\(world.stderr.text)")
    }
    #expect(bench.isUntouched)
    let nobody = FakeWorld()
    #expect(await bench.run(nobody, "http://127.0.0.1:1/image") == 3)
    #expect(nobody.stderr.text.contains("[fetch-unreachable]"), "\(nobody.stderr.text)")
    for argument in ["ftp://host/image", "http://"] {
      let world = FakeWorld()
      #expect(await bench.run(world, argument) == 64)
      #expect(world.stderr.text.contains("[url-invalid]"))
    }
  }

  @Test("R40, R44: one that changes is not written, and one that is lost on the way does not boot")
  func changed() async throws {
    let bench = try Bench("head -c 7000000 /dev/urandom >image")
    let server = try FileServer(try bench.directory.contents("image"))
    let world = FakeWorld()
    #expect(await bench.run(world, server.url("changes"), "--allow-damaged") == 3)
    #expect(world.stderr.text.contains("[fetch-changed]"), "\(world.stderr.text)")
    #expect(bench.isUntouched)
    let size = FakeWorld()
    #expect(await bench.run(size, server.url("plain"), "--size", "7000001") == 3)
    #expect(size.stderr.text.contains("[image-ends-early]"))
    try bench.directory.run("truncate -s 36M image; truncate -s 40M stick")
    let long = try FileServer(try bench.directory.contents("image"))
    let lost = FakeWorld()
    #expect(await bench.run(lost, long.url("dead/34000000"), "--allow-damaged") == 3)
    #expect(lost.stderr.text.contains("[fetch-interrupted]"), "\(lost.stderr.text)")
    #expect(lost.stderr.text.contains("incomplete and not bootable") && bench.headIsZero)
  }
}
