import ImageSource
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

/// A tool that compresses, as an oracle for what is in its files.
private struct Packer: Sendable, CustomTestStringConvertible {
  let name: String
  let command: String
  var testDescription: String { command }

  static let all = [
    Packer(name: "gzip", command: "gzip -1 -c image"),
    Packer(name: "gzip", command: "head -c 2000000 image | gzip -1 -c; tail -c +2000001 image | gzip -1 -c"),
    Packer(name: "xz", command: "xz -1 -T2 --block-size=1MiB -c image"),
    Packer(name: "zstd", command: "zstd -q -c image"),
    Packer(name: "zstd", command: "cat image | zstd -q -c"),
    Packer(
      name: "zstd", command: "for i in $(seq 64); do printf 'P*M\\030\\0\\0\\0\\0'; done; zstd -q -c image"),
    Packer(name: "bzip2", command: "bzip2 -c image"), Packer(name: "lz4", command: "lz4 -q -c image"),
    Packer(name: "lzma", command: "xz -1 --format=lzma -c image"),
    Packer(name: "zip", command: "zip -q -1 a.zip image && cat a.zip"),
    Packer(name: "7z", command: "7z a -bd -mx=1 a.7z image >/dev/null && cat a.7z"),
    Packer(name: "tar", command: "tar c image"), Packer(name: "xz", command: "tar c image | xz -0"),
    Packer(name: "zip", command: "xz -0k image && zip -q -0 a.zip image.xz && cat a.zip"),
  ]
}

/// A compressed image, what is in it, and a virtual stick.
private struct Bench {
  let directory: ScratchDirectory

  init(_ packing: String, imageBytes: Int = 5_500_001, stickBytes: Int = 8 << 20) throws {
    directory = try ScratchDirectory()
    try directory.run(
      """
      (head -c 3000000 /dev/urandom; head -c 1500000 /dev/zero; yes burin) 2>/dev/null | head -c \(imageBytes) >image
      { \(packing); } >packed.iso
      yes old content 2>/dev/null | head -c \(stickBytes) >stick && cp stick before
      """)
  }

  func path(_ name: String) -> String { "\(directory.path)/\(name)" }

  func run(_ world: FakeWorld, _ command: String, _ options: String...) async -> Int32 {
    let arguments = [command, path("packed.iso"), "file:\(path("stick"))"] + options
    return await Burin.run(arguments, in: world.context).rawValue
  }

  func holds(_ script: String) -> Bool { (try? directory.run(script)) != nil }
  var holdsImage: Bool { holds("cmp -n $(stat -c %s image) image stick") }
  var isUntouched: Bool { holds("cmp stick before") }
  var headIsZero: Bool { holds("cmp -n 1048576 stick /dev/zero") }
}

@Suite("Compressed images")
struct PackedTests {
  @Test("are recognised by their content, decoded while they are written, and verify", arguments: Packer.all)
  fileprivate func written(packer: Packer) async throws {
    let bench = try Bench(packer.command)
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes", "--json") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage)
    let lines = world.stdout.text.split(separator: "\n").map(String.init)
    let (start, result) = (try #require(lines.first), try #require(lines.last))
    // A program is started for each: those of the progress would come faster than they can be looked at.
    #expect(try JSONOracle.accepts(lines: [start, result]))
    #expect(start.contains(#""compression":"\#(packer.name)""#))
    #expect(start.contains(#""imageBytes":null"#))
    #expect(result.contains(#""bytes":5500001,"fileBytes":"#), "\(result)")
    let digest = try bench.directory.run("sha256sum <image | cut -d ' ' -f 1 | tr -d '\\n'")
    #expect(result.contains(#""sha256":"\#(digest)""#))
    let verified = FakeWorld()
    #expect(await bench.run(verified, "verify") == 0, "\(verified.stderr.text)")
    let size = SanitizedText(exactBytes: 5_500_001).string
    #expect(verified.stdout.text.contains("holds what is in \(bench.path("packed.iso")): \(size) read"))
    try bench.directory.run("flip stick 5400000")
    let other = FakeWorld()
    #expect(await bench.run(other, "verify") == 1)
    #expect(other.stderr.text.contains("byte 5400000;"))
  }

  @Test(
    "R50: are decoded once, by the decoder whose first bytes were looked at; by a second one where their file has to be shown",
    arguments: [(false, 1), (true, 2)])
  func decodedOnce(isShown: Bool, decoders: Int) async throws {
    let bench = try Bench("xz -0c image")
    let script = "#!/bin/sh\necho >>'\(bench.path("started"))'\nexec '\(FakeWorld.program)' \"$@\"\n"
    try bench.directory.writeProgram(script, to: "decoder")
    if isShown { try bench.directory.run("sha256sum packed.iso >SHA256SUMS") }
    var world = FakeWorld()
    world.context.unpack = { (file, member) throws(ImageSourceError) in
      try CompressedImage(in: file, member: member, program: bench.path("decoder"))
    }
    #expect(await bench.run(world, "write", "--yes") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage)
    #expect(try bench.directory.contents("started").count == decoders)
  }

  @Test("R44: that change while they are looked at are not written")
  func changedMeanwhile() async throws {
    let bench = try Bench("zstd -qc image")
    var world = FakeWorld()
    world.context.unpack = { (file, member) throws(ImageSourceError) in
      defer { _ = try? bench.directory.run("touch -d 2001-01-01 packed.iso") }
      return try CompressedImage(in: file, member: member, program: FakeWorld.program)
    }
    #expect(await bench.run(world, "write", "--yes") == 3)
    #expect(world.stderr.text.contains("[image-changed]"), "\(world.stderr.text)")
    #expect(bench.isUntouched)
  }

  @Test("are told of before they are written, with what is not known of them")
  func briefing() async throws {
    let bench = try Bench("xz -c image")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 0, "\(world.stderr.text)")
    let text = world.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(text.contains("an image in a file compressed with xz"))
    #expect(text.contains("by its own account 5.5 MB when decompressed"))
    #expect(text.contains("boots BIOS no: the first sector has no boot signature (55 AA)"))
    #expect(text.contains("now holds what is in \(bench.path("packed.iso")), byte for byte"))
    let dry = FakeWorld()
    #expect(await bench.run(dry, "write", "--dry-run") == 0)
    #expect(dry.stdout.text.contains("to where the image ends"))
  }

  @Test(
    "R50: a checksum may be that of the image or of the file, and never that of a part of either",
    arguments: Packer.all.filter { ["gzip", "xz", "zstd"].contains($0.name) })
  fileprivate func checksums(packer: Packer) async throws {
    let bench = try Bench(packer.command)
    func digest(_ script: String) throws -> String {
      "sha1:" + (try bench.directory.run("\(script) | sha1sum | cut -d ' ' -f 1 | tr -d '\\n'"))
    }
    for (script, subject) in [("cat image", "image"), ("cat packed.iso", "file")] {
      let world = FakeWorld()
      let checksum = try digest(script)
      #expect(
        await bench.run(world, "write", "--yes", "--json", "--checksum", checksum) == 0,
        "\(world.stderr.text)")
      #expect(world.stdout.text.contains(#""checksum":{"algorithm":"sha1","#))
      #expect(world.stdout.text.contains(#""of":"\#(subject)""#))
    }
    let told = FakeWorld()
    #expect(await bench.run(told, "write", "--yes", "--checksum", try digest("cat image")) == 0)
    #expect(told.stdout.text.contains("origin  its checksum is taken while it is written"))
    #expect(told.stdout.text.contains("is that of the image"))
    for script in ["head -c -1 image", "head -c -1 packed.iso", "head -c 100000 packed.iso", ":"] {
      let world = FakeWorld()
      #expect(await bench.run(world, "write", "--yes", "--checksum", try digest(script)) == 3)
      #expect(world.stderr.text.contains("[checksum-wrong]"))
      #expect(bench.headIsZero)
    }
  }

  @Test("R50: the right checksum of what precedes garbage does not make the whole right")
  func garbage() async throws {
    // More than is looked at before: only the write itself comes to the end.
    let bench = try Bench(
      "gzip -1 -c image; echo garbage", imageBytes: 36_000_000, stickBytes: 40 << 20)
    let digest = try bench.directory.run("gzip -1 -c image | sha256sum | cut -d ' ' -f 1 | tr -d '\\n'")
    for checksum in [
      digest, try bench.directory.run("sha256sum <packed.iso | cut -d ' ' -f 1 | tr -d '\\n'"),
    ] {
      let world = FakeWorld()
      #expect(await bench.run(world, "write", "--yes", "--checksum", checksum) == 3)
      #expect(world.stderr.text.contains("[packed-trailing]"), "\(world.stderr.text)")
      #expect(!bench.holdsImage)
    }
  }

  @Test("R50: what is no checksum is refused at once")
  func noChecksum() async throws {
    let bench = try Bench("gzip -c image")
    let zeros = "sha256:" + String(repeating: "0", count: 64)
    for text in ["sha256:12", "crc32:00000000", "", "zz", "\(zeros) \(zeros)"] {
      let world = FakeWorld()
      #expect(await bench.run(world, "write", "--yes", "--checksum", text) == 64)
      #expect(world.stderr.text.contains("is no checksum") && bench.isUntouched, "\(world.stderr.text)")
    }
  }

  @Test("without a checksum are written, and the report says what that leaves open")
  func unchecked() async throws {
    let bench = try Bench("zstd -q --no-check -c image")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 0, "\(world.stderr.text)")
    #expect(world.stdout.text.contains("carries no checksums"))
    let checked = try Bench("zstd -q --check -c image")
    let other = FakeWorld()
    #expect(await checked.run(other, "write", "--yes") == 0)
    #expect(!other.stdout.text.contains("carries no checksums"))
  }

  @Test(
    "R34: that say that they do not fit are refused before anything is written", arguments: ["xz", "zstd -q"])
  func statedTooLarge(tool: String) async throws {
    let bench = try Bench("\(tool) -c image", stickBytes: 4 << 20)
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 3)
    #expect(
      world.stderr.text.contains("[image-too-large]") && world.stderr.text.contains("by its own account"))
    #expect(bench.isUntouched)
  }

  @Test("R34: that turn out not to fit stop at the end of the target, with a zero head")
  func foundTooLarge() async throws {
    let bench = try Bench("head -c 200000000 /dev/zero | gzip -c")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes", "--undo", "2M") == 3)
    #expect(world.stderr.text.contains("[image-too-large]"))
    let size = SanitizedText(exactBytes: 8 << 20).string
    #expect(world.stderr.text.contains("it goes on where the target ends; the target takes \(size)"))
    #expect(world.stderr.text.contains("incomplete and not bootable"))
    #expect(bench.headIsZero)
    let verified = FakeWorld()
    #expect(await bench.run(verified, "verify") == 1)
    #expect(verified.stderr.text.contains("[medium-too-small]"))
  }

  @Test(
    "R44: that are cut off, damaged or go on behind their end are no success, and the head is zero",
    arguments: [
      "gzip -c image | head -c 3000000", "gzip -c image | head -c -1", "gzip -c image; echo x",
      "gzip -c image | head -c -5; printf 'abcde'", "xz -c image | head -c -4",
      "gzip -c image | head -c 2000000; echo damage; gzip -c image | tail -c +2000008",
    ])
  func broken(packing: String) async throws {
    // What lies behind the first 32 MiB of the image is found while it is written, the rest before.
    let bench = try Bench(packing, imageBytes: 36_000_000, stickBytes: 40 << 20)
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 3, "\(world.stderr.text)")
    #expect(world.stderr.text.contains("[packed-"), "\(world.stderr.text)")
    #expect(bench.headIsZero || bench.isUntouched)
    #expect(!bench.holdsImage)
    let verified = FakeWorld()
    #expect(await bench.run(verified, "verify") == 3)
  }

  @Test("with nothing in them are refused")
  func empty() async throws {
    let bench = try Bench("printf '' | gzip -c")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 3)
    #expect(world.stderr.text.contains("[image-empty]"), "\(world.stderr.text)")
    #expect(!bench.holdsImage)
  }

  @Test(
    "of which nothing comes out are called the same by all commands, and damaged only where they are",
    arguments: [
      ("tar c image before | gzip", "archive-ambiguous", "Say which of the files in it is the image"),
      (
        "zip -q -1 a.zip image before; cat a.zip", "archive-ambiguous",
        "Say which of the files in it is the image"
      ),
      ("zip -q -1 a.zip image; gzip -c a.zip", "archive-nested", "unpack it first"),
      ("zip -q -1 -P x a.zip image; cat a.zip", "archive-encrypted", "unpack it first"),
      ("{ : >nothing; tar c nothing; } | gzip", "archive-empty", "There is no image in it."),
      ("printf '' | xz", "image-empty", "There is no image in it."),
      ("zstd -q --ultra -22 --long=30 <image", "packed-too-demanding", "unpack it first"),
      ("zstd -q -D before -c image", "packed-unsupported", "unpack it first"),
      ("gzip -c image; echo x", "packed-trailing", "It goes on behind its end"),
      ("gzip -c image | head -c -3", "packed-truncated", "It is cut off"),
      ("printf '\\37\\213\\10\\0\\0\\0\\0\\0\\0\\3\\377'; gzip -c image", "packed-damaged", "It is damaged"),
      (
        "qemu-img create -q -f qcow2 -F raw -b image a.q; cat a.q", "container-unsupported",
        "convert it to a raw"
      ),
      ("qemu-img convert -O qcow2 image a.q; head -c 4000000 a.q", "container-damaged", "It is damaged"),
    ])
  func sameWords(packing: String, id: String, verdict: String) async throws {
    // A dictionary has a number only where it was trained.
    let training = "for i in $(seq 99); do seq $i 3000 >$i.txt; done; zstd -q --train *.txt -o before"
    let bench = try Bench(
      (packing.contains("-D") ? "\(training); " : "head -c 99999 image >before; ") + packing)
    let path = bench.path("packed.iso")
    for command in [["write", path, "file:\(bench.path("stick"))", "--yes"], ["check", path]] {
      let world = FakeWorld()
      #expect(await Burin.run(command, in: world.context).rawValue == 3)
      #expect(world.stderr.text.contains("[\(id)]"), "\(world.stderr.text)")
    }
    let inspected = FakeWorld()
    _ = await inspected.run("inspect", path)
    let text = inspected.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(text.contains(id == "image-empty" ? "[empty]" : "[\(id)]"), "\(text)")
    #expect(text.contains(verdict), "\(text)")
    #expect(text.contains("It is damaged") == id.hasSuffix("-damaged"), "\(text)")
  }

  @Test(
    "in several volumes are not called damaged",
    arguments: [
      ("7z a -bd -mx=1 -v100k a.7z image >/dev/null; cat a.7z.001", "image.7z.001"),
      ("zip -q -1 -s 64k a.zip image; cat a.zip", "image.zip"),
    ])
  func volumes(packing: String, name: String) async throws {
    let bench = try Bench(packing)
    try bench.directory.run("cp packed.iso \(name)")
    let world = FakeWorld()
    let arguments = ["write", bench.path(name), "file:\(bench.path("stick"))", "--yes"]
    #expect(await Burin.run(arguments, in: world.context).rawValue == 3)
    let text = world.stderr.text
    #expect(text.contains("[packed-unsupported]") && text.contains("volumes"), "\(text)")
    #expect(bench.isUntouched)
    let inspected = FakeWorld()
    _ = await inspected.run("inspect", bench.path(name))
    let told = inspected.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(told.contains("It cannot be unpacked here") && told.contains("volumes"), "\(told)")
    #expect(!told.contains("cut off"), "\(told)")
  }

  @Test(
    "with two images of the same name get no advice that leads nowhere", arguments: ["", "--member=image"])
  func sameName(option: String) async throws {
    let bench = try Bench("tar cf a.tar image; tar rf a.tar image; cat a.tar")
    let world = FakeWorld()
    let arguments = ["write", bench.path("packed.iso"), "file:\(bench.path("stick"))", "--yes"]
    #expect(
      await Burin.run(arguments + (option.isEmpty ? [] : [option]), in: world.context).rawValue == 3)
    let text = world.stderr.text
    #expect(text.contains("[archive-ambiguous]") && !text.contains("--member="), "\(text)")
  }

  @Test("are written as they are with --allow-packed, and compared so")
  func asIs() async throws {
    let bench = try Bench("gzip -c image")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes", "--allow-packed") == 0, "\(world.stderr.text)")
    #expect(bench.holds("cmp -n $(stat -c %s packed.iso) packed.iso stick"))
    #expect(await bench.run(FakeWorld(), "verify", "--allow-packed") == 0)
    #expect(await bench.run(FakeWorld(), "verify") == 1)
  }

  @Test(
    "of a kind that is not decoded are refused as before",
    arguments: [
      "printf 'PK\\7\\10'; head -c 1000 /dev/urandom", "printf 'LZIP\\1'; head -c 1000 /dev/urandom",
    ])
  func archives(packing: String) async throws {
    let bench = try Bench(packing)
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 3)
    #expect(world.stderr.text.contains("[image-compressed]"), "\(world.stderr.text)")
    #expect(bench.isUntouched)
  }

  @Test("are planned by the bytes of their file, and the plan is carried out")
  func plans() async throws {
    let bench = try Bench("gzip -c image")
    let world = FakeWorld()
    #expect(await bench.run(world, "plan", "-o", bench.path("plan")) == 0, "\(world.stderr.text)")
    let plan = try bench.directory.run("cat plan")
    let digest = try bench.directory.run("sha256sum <packed.iso | cut -d ' ' -f 1 | tr -d '\\n'")
    #expect(plan.contains(digest) && plan.contains(#""imageBytes": null"#))
    #expect(plan.contains(#""compression": "gzip""#))
    let applied = FakeWorld()
    #expect(await applied.run("apply", bench.path("plan")) == 0, "\(applied.stderr.text)")
    #expect(bench.holdsImage)
  }

  @Test("can be undone: what was saved is what the whole target might have lost")
  func undo() async throws {
    let bench = try Bench("gzip -c image")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 0, "\(world.stderr.text)")
    #expect(await world.run("undo") == 0)
    #expect(world.stdout.text.contains("5.5 MB were written"), "\(world.stdout.text)")
    #expect(await world.run("undo", "file:\(bench.path("stick"))", "--yes") == 0)
    #expect(bench.isUntouched)
  }

  @Test("with several images are refused with their names, and written with the one that is named")
  func member() async throws {
    let bench = try Bench("head -c 70000 image >other && zip -q -1 a.zip image other && cat a.zip")
    for command in ["write", "verify"] {
      let world = FakeWorld()
      #expect(await bench.run(world, command) == 3)
      let text = world.stderr.text
      #expect(text.contains("[archive-ambiguous]") && text.contains("--member=image"), "\(text)")
      #expect(text.contains("there is other, 70 000 bytes"), "\(text)")
    }
    #expect(bench.isUntouched)
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes", "--member", "image") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage && world.stdout.text.contains("named image"))
    #expect(await bench.run(FakeWorld(), "verify", "--member", "image") == 0)
    #expect(await bench.run(FakeWorld(), "verify", "--member", "other") == 0)
    #expect(await bench.run(FakeWorld(), "verify", "--member", "neither") == 3)
    let inspected = FakeWorld()
    #expect(await inspected.run("inspect", bench.path("packed.iso"), "--member", "other") == 0)
    let text = inspected.stdout.text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(text.contains("zip archive; inside:") && text.contains("member other"), "\(text)")
  }

  @Test("with several images are checked and mapped by the one that is named")
  func checkedMember() async throws {
    let bench = try Bench("head -c 70000 image >other && zip -q -1 a.zip image other && cat a.zip")
    let sum = try bench.directory.run("sha256sum other").prefix(64)
    let checked = FakeWorld()
    let path = bench.path("packed.iso")
    let status = await checked.run("check", path, "--member", "other", "--checksum", "sha256:\(sum)")
    #expect(status == 0, "\(checked.stderr.text)")
    #expect(await FakeWorld().run("check", path) == 3)
    let mapped = FakeWorld()
    #expect(await mapped.run("bmap", "create", path, "--member", "other") == 0, "\(mapped.stderr.text)")
    #expect(mapped.stdout.text.contains("<ImageSize> 70000 </ImageSize>"), "\(mapped.stdout.text)")
  }

  @Test("are planned with the member that was named, and the plan is carried out with it")
  func plannedMember() async throws {
    let bench = try Bench("head -c 70000 image >other && zip -q -1 a.zip image other && cat a.zip")
    let world = FakeWorld()
    #expect(await bench.run(world, "plan", "-o", bench.path("plan"), "--member", "image") == 0)
    let applied = FakeWorld()
    #expect(await applied.run("apply", bench.path("plan")) == 0, "\(applied.stderr.text)")
    #expect(bench.holdsImage)
  }

  @Test("have no members where they are no archives", arguments: ["gzip -c image", "cat image"])
  func noMembers(packing: String) async throws {
    let bench = try Bench(packing)
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes", "--member", "image") == 3)
    #expect(world.stderr.text.contains("[member-not-found]"), "\(world.stderr.text)")
    #expect(bench.isUntouched)
  }

  @Test("of tar alone carry no checksums, and the report says what that leaves open")
  func tar() async throws {
    let bench = try Bench("tar c image")
    let world = FakeWorld()
    #expect(await bench.run(world, "write", "--yes") == 0, "\(world.stderr.text)")
    #expect(world.stdout.text.contains("carries no checksums"))
  }
}
