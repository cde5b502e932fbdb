import BlockMap
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// A sparse image with a table and a partition that begins in a hole, its map by bmaptool, and a virtual stick that
/// is full of what an older image has left.
private struct MapBench {
  let directory: ScratchDirectory

  /// - Parameter packing: what makes the file that is written of `image`.
  init(_ packing: String = "cp --sparse=always image packed.wic", map: String = "packed.bmap") throws {
    directory = try ScratchDirectory()
    // The second partition is not made by anybody: all of it is a hole.
    try directory.run(
      """
      truncate --size=20M image
      printf 'label: dos\\n2048,4096,c\\n16384,20480,83\\n' | sfdisk --quiet image
      (yes mapped content | head -c 500000 >part) 2>/dev/null
      dd if=part of=image bs=1M seek=1 conv=notrunc status=none
      head -c 70000 part | dd of=image bs=4096 seek=4600 iflag=fullblock conv=notrunc status=none
      bmaptool --quiet create -o \(map) image
      \(packing)
      yes old content 2>/dev/null | head -c 32M >stick
      # Where the second partition begins, an older system had a file system.
      mke2fs -q -F -t ext4 -E offset=8388608,nodiscard stick 12M 2>/dev/null
      cp stick before
      """)
  }

  func path(_ name: String) -> String { "\(directory.path)/\(name)" }

  func run(_ world: FakeWorld, _ command: String, image: String = "packed.wic", _ options: String...) async
    -> Int32
  {
    let arguments = [command, path(image), "file:\(path("stick"))"] + options
    return await Burin.run(arguments, in: world.context).rawValue
  }

  func holds(_ script: String) -> Bool { (try? directory.run(script)) != nil }
  /// What is mapped is as in the image.
  var holdsImage: Bool { holds("cmp -n 1600000 image stick && cmp -i 18841600 -n 70000 image stick") }
  /// What is not mapped is as it was, but for the eight places at which the capacity is probed: far from both ends of
  /// the image and of its partitions.
  var keepsRest: Bool {
    ["-i 5242880 -n 3000000", "-i 13700000 -n 3000000"].allSatisfy {
      holds("test $(cmp -l \($0) before stick | wc -l) -le 32768")
    }
  }
  var isUntouched: Bool { holds("cmp stick before") }
}

@Suite("Block maps beside images")
struct BmapTests {
  @Test(
    "R37: a map that bmaptool has made is found and obeyed, and the report says what it leaves out",
    arguments: [
      ("cp --sparse=always image packed.wic", "packed.bmap"),
      ("xz -0 -c image >packed.wic", "packed.wic.bmap"),
    ])
  func written(packing: String, map: String) async throws {
    let bench = try MapBench(packing, map: map)
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage && bench.keepsRest)
    let text = world.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(text.contains("mapped by \(bench.path(map)); other blocks of the disk keep what they have"))
    #expect(text.contains("now holds what is mapped of"))
    #expect(text.contains("the rest of the stick's blocks keep what they had and are not part of the claim"))
    #expect(text.contains("ranges of the image have the sha256 that it says"))
    #expect(text.contains("whose map that is: it has no signature"))
    let verified = FakeWorld()
    #expect(await bench.run(verified, "verify") == 0, "\(verified.stderr.text)")
    #expect(verified.stdout.text.contains("holds what is mapped of"))
    #expect(await bench.run(FakeWorld(), "verify", "--no-bmap") == 1)
    try bench.directory.run("flip stick 3000000")
    #expect(await bench.run(FakeWorld(), "verify") == 0, "what is not mapped is not compared")
    try bench.directory.run("flip stick 1100000")
    let other = FakeWorld()
    #expect(await bench.run(other, "verify") == 1)
    #expect(other.stderr.text.contains("byte 1100000;"))
  }

  @Test(
    "an older file system does not shine through a hole where a partition begins",
    arguments: ["cp --sparse=always image packed.wic", "xz -0 -c image >packed.wic"])
  func holeEdges(packing: String) async throws {
    let bench = try MapBench(packing)
    #expect(bench.holds("blkid -p -O 8388608 stick"), "the bench has an old file system")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes", "--json") == 0, "\(world.stderr.text)")
    #expect(!bench.holds("blkid -p -O 8388608 stick"))
    #expect(
      bench.holds("cmp -i 8388608:0 -n 5242880 stick /dev/zero"), "zeroed before, and read back as zeros")
    #expect(bench.holdsImage)
    let lines = world.stdout.text.split(separator: "\n").map(String.init)
    let (start, result) = (try #require(lines.first), try #require(lines.last))
    #expect(try JSONOracle.accepts(lines: [start, result]))
    #expect(result.contains(#""map":{"source":"bmap","path":"\#(bench.path("packed.bmap"))","sha256":""#))
    #expect(result.contains(#""imageBytes":20971520,"blockSize":4096,"ranges":"#))
  }

  @Test("options say which map is used, and only one of them")
  func options() async throws {
    let bench = try MapBench(map: "elsewhere.bmap")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes", "--bmap", bench.path("elsewhere.bmap")) == 0)
    #expect(bench.keepsRest)
    let whole = FakeWorld()
    #expect(await bench.run(whole, "write", "--yes", "--no-bmap") == 0)
    #expect(bench.holds("cmp -n 20971520 image stick"), "all of the image")
    #expect(await bench.run(FakeWorld(), "verify") == 0, "there is none beside it")
    for pair in [["--bmap", "m", "--no-bmap"], ["--sparse", "--no-bmap"], ["--bmap", "m", "--sparse"]] {
      let world = FakeWorld()
      let arguments = ["verify", "a.iso", "file:/b"] + pair
      #expect(await Burin.run(arguments, in: world.context).rawValue == 64)
      #expect(world.stderr.text.contains("only one can be given"))
    }
    let missing = FakeWorld()
    #expect(await bench.run(missing, "write", "--yes", "--bmap", bench.path("none")) == 7)
    #expect(missing.stderr.text.contains("[bmap-not-found]"))
    let folder = FakeWorld()
    #expect(await bench.run(folder, "write", "--yes", "--bmap", bench.directory.path) == 3)
    #expect(folder.stderr.text.contains("[bmap-unreadable]"))
  }

  @Test("beside an image whose name has no room for a suffix there is no map", arguments: [250, 251, 255])
  func longName(count: Int) async throws {
    let bench = try MapBench(map: "elsewhere.bmap")
    let name = String(repeating: "n", count: count)
    try bench.directory.run("mv image \(name)")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", image: name, "--yes") == 0)
    #expect(!world.stderr.text.contains("[bmap-unreadable]"))
    #expect(bench.holds("cmp -n 20971520 \(name) stick"), "all of the image")
  }

  @Test("R50: a map that was changed, or an image that is not the one of the map, is refused")
  func wrong() async throws {
    let bench = try MapBench()
    try bench.directory.run("sed -i 's/<ImageSize> 2/<ImageSize> 3/' packed.bmap")
    let changed = FakeWorld()
    #expect(await bench.run(changed, "write", "--yes") == 3)
    #expect(changed.stderr.text.contains("[bmap-invalid]"))
    #expect(changed.stderr.text.contains("its own checksum is wrong"))
    #expect(bench.isUntouched)
    try bench.directory.run(
      """
      bmaptool --quiet create -o packed.bmap image
      flip packed.wic 1400000
      """)
    let other = FakeWorld()
    #expect(await bench.run(other, "write", "--yes") == 3)
    #expect(other.stderr.text.contains("[bmap-differs]"))
    #expect(other.stderr.text.contains("of bytes 1048576 to "))
    #expect(bench.holds("cmp -n 1048576 stick /dev/zero"), "it does not boot")
    #expect(await bench.run(FakeWorld(), "verify") == 3)
    try bench.directory.run("truncate --size=+1 packed.wic && cp before stick")
    let longer = FakeWorld()
    #expect(await bench.run(longer, "write", "--yes") == 3)
    #expect(longer.stderr.text.contains("by the map it has 20971520 bytes, in truth 20971521"))
    #expect(bench.isUntouched)
  }

  @Test("a map by which nothing would be written is refused, and not called done")
  func empty() async throws {
    let bench = try MapBench()
    try bench.directory.run(
      "truncate --size=20M holes; bmaptool --quiet create -o packed.bmap holes; grep -q '<Range' packed.bmap && exit 1; :"
    )
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 3)
    #expect(
      world.stderr.text.contains("[bmap-invalid]") && world.stderr.text.contains("nothing of the image"))
    #expect(bench.isUntouched)
  }

  @Test(
    "R50: whose map it is, a signature beside it or around it says; what was changed under one is refused")
  func signed() async throws {
    let bench = try MapBench()
    try bench.directory.run(
      """
      ssh-keygen -q -t ed25519 -N '' -C maker -f key
      ssh-keygen -q -Y sign -n file -f key packed.bmap
      """)
    var world = FakeWorld()
    world.trust(bench.path("key.pub"))
    #expect(await bench.run(world, "write", "--yes", "--json") == 0, "\(world.stderr.text)")
    let line = try #require(world.stdout.text.split(separator: "\n").map(String.init).last)
    #expect(line.contains(#""signature":{"file":"packed.bmap.sig","verdict":"good","#), "\(line)")
    #expect(!line.contains("whose map that is"))
    var stranger = FakeWorld()
    try bench.directory.run("ssh-keygen -q -t ed25519 -N '' -f other")
    stranger.trust(bench.path("other.pub"))
    #expect(await bench.run(stranger, "write", "--yes") == 0, "\(stranger.stderr.text)")
    #expect(stranger.stdout.text.contains("counts as unsigned"))
    // The same blocks, and so a map that fits; but not what was signed.
    try bench.directory.run("cp before stick; bmaptool --quiet create --no-checksum -o packed.bmap image")
    var changed = FakeWorld()
    changed.trust(bench.path("key.pub"))
    #expect(await bench.run(changed, "write", "--yes") == 3)
    #expect(changed.stderr.text.contains("[signature-wrong]"))
    #expect(bench.isUntouched)
  }

  @Test("the holes of a sparse file are a map only where that is asked for, and are called what they are")
  func sparse() async throws {
    let bench = try MapBench("cp --sparse=always image packed.wic; rm packed.bmap")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes", "--sparse") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage && bench.keepsRest)
    let text = world.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(
      text.contains("that the holes do not matter: only the file system that the image lies on says so"))
    #expect(await bench.run(FakeWorld(), "verify", "--sparse") == 0)
    #expect(await bench.run(FakeWorld(), "verify") == 1, "without it all of the image counts")
    try bench.directory.run("cp --sparse=never image packed.wic; xz -0 -c image >packed.xz")
    for image in ["packed.wic", "packed.xz"] {
      let refused = FakeWorld()
      #expect(await bench.run(refused, "write", image: image, "--yes", "--sparse") == 3)
      #expect(refused.stderr.text.contains("[image-not-sparse]"))
    }
  }

  @Test("R51: a plan has its map by path and hash, and is not carried out with another one")
  func plans() async throws {
    let bench = try MapBench()
    let plan = bench.path("plan")
    #expect(await bench.run(FakeWorld(), "plan", "-o", plan) == 0)
    let document = String(decoding: try bench.directory.contents("plan"), as: UTF8.self)
    #expect(document.contains(#""bmap": "\#(bench.path("packed.bmap"))""#))
    try bench.directory.run(
      "cp packed.bmap saved; bmaptool --quiet create --no-checksum -o packed.bmap image")
    let other = FakeWorld()
    #expect(await Burin.run(["apply", plan], in: other.context).rawValue == 3)
    #expect(other.stderr.text.contains("[plan-image-differs]"))
    #expect(bench.isUntouched)
    try bench.directory.run("cp saved packed.bmap")
    let world = FakeWorld()
    #expect(await Burin.run(["apply", plan], in: world.context).rawValue == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage && bench.keepsRest)
  }

  @Test("a map is looked for where bmaptool looks for it")
  func candidates() {
    #expect(
      OpenedMap.candidates(beside: "/a.b/c.img.xz") == [
        "/a.b/c.img.xz.bmap", "/a.b/c.img.bmap", "/a.b/c.bmap",
      ])
    #expect(OpenedMap.candidates(beside: "image") == ["image.bmap"])
    #expect(OpenedMap.candidates(beside: "/a/.hidden.img") == ["/a/.hidden.img.bmap", "/a/.hidden.bmap"])
    #expect(OpenedMap.candidates(beside: "/a/.hidden") == ["/a/.hidden.bmap"])
    #expect(OpenedMap.candidates(beside: "a..b") == ["a..b.bmap", "a..bmap", "a.bmap"])
  }
}

@Suite("burin bmap create")
struct BmapCreateTests {
  private func create(_ bench: MapBench, _ options: String...) async -> (
    status: Int32, out: String, error: String
  ) {
    let world = FakeWorld()
    let arguments = ["bmap", "create"] + options.map { $0.hasPrefix("-") ? $0 : bench.path($0) }
    let status = await Burin.run(arguments, in: world.context).rawValue
    return (status, world.stdout.text, world.stderr.text)
  }

  @Test("says what bmaptool says of a sparse file, and bmaptool copies by it")
  func oracle() async throws {
    let bench = try MapBench()
    let made = await create(bench, "packed.wic", "-o", "ours.bmap")
    #expect(made.status == 0, "\(made.error)")
    let ours = try BlockMap(parsing: bench.directory.contents("ours.bmap"))
    #expect(try BlockMap(parsing: bench.directory.contents("packed.bmap")) == ours)
    try bench.directory.run("bmaptool --quiet copy --bmap ours.bmap packed.wic copy && cmp copy image")
    let printed = await create(bench, "packed.wic")
    #expect(printed.status == 0)
    #expect(Array(printed.out.utf8) == (try bench.directory.contents("ours.bmap")))
  }

  @Test("maps everything of a file without holes, and leaves out zeros only where that is asked for")
  func zeros() async throws {
    let bench = try MapBench("xz -0 -c image >packed.wic; cp --sparse=never image full")
    for image in ["packed.wic", "full"] {
      let made = await create(bench, image, "-o", "whole-\(image)")
      #expect(made.status == 0 && made.out.contains("it has no holes"), "\(made.error)")
      let whole = try BlockMap(parsing: bench.directory.contents("whole-\(image)"))
      #expect(whole.ranges.map(\.bytes) == [0..<20_971_520])
      let zeros = await create(bench, image, "--zeros", "--json", "-o", "zeros-\(image)")
      #expect(zeros.status == 0, "\(zeros.error)")
      #expect(try JSONOracle.accepts(zeros.out))
      #expect(zeros.out.contains(#""imageBytes":20971520,"mappedBytes":"#))
      try bench.directory.run("bmaptool --quiet copy --bmap zeros-\(image) full copy && cmp copy image")
    }
    #expect(bench.holds("cmp zeros-packed.wic zeros-full"))
  }

  @Test("a map that was saved is there, whether or not somebody can read of it; one that is printed is not")
  func lostOutput() async throws {
    let bench = try MapBench()
    func create(_ options: String...) async -> (status: Int32, error: String) {
      let world = FakeWorld(outputFailure: .noSpace)
      let arguments = ["bmap", "create", bench.path("packed.wic")] + options
      return (await Burin.run(arguments, in: world.context).rawValue, world.stderr.text)
    }
    let saved = await create("-o", bench.path("ours.bmap"), "--json")
    #expect(saved.status == 0 && saved.error.contains("[output-failed]"), "\(saved.error)")
    #expect(bench.holds("test -s ours.bmap"))
    #expect(await create().status == 70)
  }

  @Test("replaces a file only with --force, and nothing but a file")
  func replacing() async throws {
    let bench = try MapBench()
    try bench.directory.run("echo old >there; ln -s there link; cp there saved")
    let refused = await create(bench, "packed.wic", "-o", "there")
    #expect(refused.status == 70 && refused.error.contains("[bmap-not-saved]"))
    #expect(refused.error.contains("--force"))
    #expect(bench.holds("cmp there saved; test -z \"$(ls -A | grep new)\""))
    let link = await create(bench, "packed.wic", "-o", "link", "--force")
    #expect(link.status == 70)
    #expect(bench.holds("cmp there saved"))
    #expect(await create(bench, "packed.wic", "-o", "there", "--force").status == 0)
    #expect(bench.holds("grep -q bmap.version there"))
    let missing = await create(bench, "none", "--json", "-o", "new")
    #expect(missing.status == 7 && missing.out.contains("image-not-found"))
    #expect(await create(bench, "packed.wic", "--json").status == 64)
  }
}
