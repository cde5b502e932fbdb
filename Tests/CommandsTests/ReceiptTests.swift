import BlockIO
import Documents
import Glibc
import ImageTrust
import SystemPackage
import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import UndoStore
@testable import Writer

/// What should not have come.
private struct Unexpected: Error {
  let text: String
}

/// An image that was written onto a virtual stick, with a receipt.
private struct WrittenStick {
  let directory: ScratchDirectory
  let world = FakeWorld()
  var receipt: String { directory.path + "/receipt.json" }
  var stick: String { "file:\(directory.path)/stick" }

  init(_ options: String...) async throws {
    directory = try ScratchDirectory()
    try directory.write([UInt8].random(1_300_001, seed: 0x2EC), to: "image")
    try directory.run("truncate -s 4M stick")
    let status = await Burin.run(
      ["write", directory.path + "/image", stick, "--yes", "--receipt", receipt] + options, in: world.context)
    guard status == .done else {
      throw Unexpected(text: world.stderr.text)
    }
  }

  func verify(_ options: String..., receipt: String? = nil) async -> (Int32, FakeWorld) {
    let world = FakeWorld()
    let status = await Burin.run(
      ["verify", "--receipt", receipt ?? self.receipt, stick] + options, in: world.context)
    return (status.rawValue, world)
  }

  /// The receipt after a change of its text.
  func changed(_ old: String, _ new: String) throws -> String {
    let text = String(decoding: try directory.contents("receipt.json"), as: UTF8.self)
    guard text.contains(old) else { throw Unexpected(text: text) }
    try directory.write(Array(text.replacing(old, with: new, maxReplacements: 1).utf8), to: "changed.json")
    return directory.path + "/changed.json"
  }
}

@Suite("Receipts of writes")
struct ReceiptTests {
  @Test("R45: a receipt is enough to prove the stick later, and says that it can be forged")
  func proves() async throws {
    let written = try await WrittenStick()
    #expect(written.world.stdout.text.contains("receipt     \(written.receipt)"))
    try written.directory.run("rm image")
    let (status, world) = await written.verify()
    #expect(status == 0, "\(world.stderr.text)")
    #expect(world.stdout.text.contains("all with the same digests"))
    let sum = try written.directory.run("head -c 1300001 stick | sha256sum").prefix(64)
    #expect(world.stdout.text.contains("\(sum), of the image and of the medium"))
    #expect(world.stdout.text.contains("whoever can write it can write anything"))
    let (code, json) = await written.verify("--json")
    #expect(code == 0)
    #expect(
      try JSONOracle.accepts(try #require(json.stdout.text.split(separator: "\n").last.map(String.init))))
    #expect(json.stdout.text.contains(#""same":true"#) && json.stdout.text.contains(#""sha256Same":true"#))
  }

  @Test("its digests are those of another program", arguments: [true, false])
  func oracle(hasSHA256: Bool) async throws {
    let written = try await (hasSHA256 ? WrittenStick() : WrittenStick("--digest", "none"))
    let receipt = try Receipt(parsing: try written.directory.contents("receipt.json"))
    let chunks = try #require(receipt.chunks)
    #expect(chunks.extents == [0..<1_048_576, 1_048_576..<1_302_528])
    #expect((receipt.sha256 != nil) == hasSHA256)
    #expect(receipt.result == .proven && receipt.time == 1_763_713_812)
    #expect(try written.directory.run("stat -c %a receipt.json") == "600\n")
    try written.directory.run("python3 -c 'import json; json.load(open(\"receipt.json\"))'")
    if ScratchDirectory.hasTool("xxhsum") {
      let sum = try written.directory.run("head -c 1048576 stick | xxhsum -H2").prefix(32)
      #expect(chunks.digests[0].bytes.hexadecimal == sum)
    }
    let (status, world) = await written.verify()
    #expect(status == 0, "\(world.stderr.text)")
  }

  @Test("R42: one flipped bit is found, with the piece it is in", arguments: [0, 1_200_000])
  func differs(place: Int) async throws {
    let written = try await WrittenStick()
    var bytes = try written.directory.contents("stick")
    bytes[place] ^= 1
    try written.directory.write(bytes, to: "stick")
    let (status, world) = await written.verify()
    #expect(status == 1)
    #expect(world.stderr.text.contains("[medium-differs]"))
    #expect(world.stderr.text.contains("in one place, from byte \(place < 1 << 20 ? 0 : 1 << 20) on"))
    // What follows the image is not compared.
    bytes[place] ^= 1
    bytes[3 << 20] ^= 1
    try written.directory.write(bytes, to: "stick")
    #expect(await written.verify().0 == 0)
  }

  @Test("a receipt that was forged or damaged is refused, or found to contradict itself")
  func forged() async throws {
    let written = try await WrittenStick()
    let changes: [(String, String, Int32, String)] = [
      (#""kind": "write-receipt""#, #""kind": "write-plan""#, 3, "no receipt of"),
      (#""schema": 1"#, #""schema": 2"#, 3, "schema"),
      (#""result": "proven""#, #""result": "failed""#, 3, "chunks"),
      (#""pieceBytes": 4194304"#, #""pieceBytes": 1"#, 3, "chunks.pieceBytes"),
      ("1302528", "1302527000000000000000", 3, "because"),
      ("1302528", "5000000", 3, "chunks"),
      (#""digests": ""#, #""digests": "zz"#, 3, "chunks.digests"),
      (#""sha256": ""#, #""sha256": "00"#, 3, "image.sha256"),
      (#""time": "#, #""time": -"#, 3, "time"),
      ("{", "[", 3, "because"),
      (#""bytes": 1300001"#, #""bytes": 1300000"#, 1, "contradicts itself"),
    ]
    for (old, new, status, word) in changes {
      let (code, world) = await written.verify(receipt: try written.changed(old, new))
      #expect(code == status, "\(old): \(world.stderr.text)")
      #expect(world.stderr.text.contains("[receipt-invalid]"), "\(old): \(world.stderr.text)")
      #expect(world.stderr.text.contains(word), "\(old): \(world.stderr.text)")
    }
    #expect(await written.verify(receipt: "/nowhere").0 == 7)
    #expect(await written.verify(receipt: "/dev/null").0 == 3)
  }

  @Test("a receipt has every member that its schema requires, and each is what it has to be")
  func members() async throws {
    let written = try await WrittenStick()
    let document = try JSONParser.parse(try written.directory.contents("receipt.json"))
    // Each with what is put in its place, as JSON; nil for nothing.
    let changes: [(path: String, text: String?)] = [
      ("burin", nil), ("burin", "1"), ("trust", nil), ("trust", "5"), ("trust.line", nil),
      ("trust.evidence", #""x""#), ("notProven", nil), ("notProven", #""x""#), ("notProven", "[1]"),
      ("rewritten", nil), ("rewritten", #"{"bytes": 1, "first": "x", "ranges": []}"#), ("gpt", nil),
      ("gpt", #""x""#), ("gpt", #"{"result": "moved", "differs": [[1]], "left": null}"#), ("replug", nil),
      ("replug", "[]"), ("replug", #"{"state": "equal"}"#), ("chunks", nil), ("diagnostic", nil),
      ("diagnostic", "{}"), ("target", nil), ("target.id", nil), ("target.path", "5"),
      ("target.path", "null"), ("target.bytes", "-5"), ("target.logicalBlockSize", nil),
      ("image.sha256", nil), ("image.bytes", nil), ("image.whole", nil), ("image.whole", #""x""#),
    ]
    func changed(_ value: JSONValue, _ path: [String], _ new: JSONValue?) -> JSONValue {
      guard case .object(let members) = value else { return value }
      return .object(
        members.compactMap { member -> JSONValue.Member? in
          guard member.key == path[0] else { return member }
          guard path.count == 1 else {
            return JSONValue.member(member.key, changed(member.value, Array(path.dropFirst()), new))
          }
          return new.map { JSONValue.member(member.key, $0) }
        })
    }
    for (path, text) in changes {
      var new: JSONValue?
      if let text, case .array(let values) = try JSONParser.parse(Array("[\(text)]".utf8)) {
        new = values.first
      }
      let receipt = changed(document, path.split(separator: ".").map(String.init), new).compactText
      #expect(throws: ReceiptDamage.self, "\(path): \(text ?? "nothing")") {
        try Receipt(parsing: Array(receipt.utf8))
      }
    }
    // What a later burin may add, and what may be open.
    guard case .object(let members) = document else { throw Unexpected(text: "no object") }
    let more = JSONValue.object(members + [JSONValue.member("later", [1, "x"])])
    for text in [more.compactText, changed(document, ["image", "sha256"], .null).compactText] {
      #expect(throws: Never.self) { try Receipt(parsing: Array(text.utf8)) }
    }
  }

  @Test("every cut of a receipt is survived, and none of them is one")
  func cut() async throws {
    let written = try await WrittenStick()
    let bytes = try written.directory.contents("receipt.json")
    let text = bytes.lastIndex(of: UInt8(ascii: "}")) ?? 0
    for length in stride(from: 0, through: text, by: 7) {
      #expect(throws: ReceiptDamage.self) { try Receipt(parsing: Array(bytes.prefix(length))) }
    }
    #expect(throws: Never.self) { try Receipt(parsing: Array(bytes.prefix(text + 1))) }
  }

  @Test("R45: what claims to be the whole image must tell of all of it")
  func parts() {
    func receipt(whole: Bool, digests: Int) throws(ReceiptDamage) -> Receipt {
      let extents = digests == 2 ? "[0, 1048576], [1048576, 1302528]" : "[0, 1048576]"
      let text = """
        {"schema": 1, "kind": "write-receipt", "burin": "0.1.0", "time": 1, "result": "proven",
        "target": {"id": null, "path": "a", "name": null, "serial": null, "bytes": 9, "logicalBlockSize": 512},
        "diagnostic": null, "trust": null, "notProven": [], "rewritten": null, "gpt": null, "replug": null,
        "image": {"name": "a", "bytes": 1300001, "sha256": "\(String(repeating: "ab", count: 32))", "whole": \(whole)},
        "chunks": {"digest": "xxh3-128", "pieceBytes": 4194304, "extents": [\(extents)],
        "digests": "\(String(repeating: "0", count: 32 * digests))"}}
        """
      return try Receipt(parsing: Array(text.utf8))
    }
    #expect(throws: ReceiptDamage.wrong("chunks")) { try receipt(whole: true, digests: 1) }
    #expect(throws: Never.self) {
      let whole = try receipt(whole: true, digests: 2)
      #expect(whole.unmappedByteCount == 0 && whole.sum?.byteCount == 1_300_001)
      let mapped = try receipt(whole: false, digests: 1)
      #expect(mapped.unmappedByteCount == 1_300_001 - 1_048_576 && mapped.sum == nil)
    }
  }

  @Test("R45: what a map has left out is said not to be proven")
  func mapped() async throws {
    let directory = try ScratchDirectory()
    try directory.run(
      "head -c 4096 /dev/urandom >image; truncate -s 3M image; printf X >>image; truncate -s 8M stick")
    let (image, stick) = ("\(directory.path)/image", "file:\(directory.path)/stick")
    let writing = FakeWorld()
    #expect(
      await writing.run("write", image, stick, "--yes", "--sparse", "--receipt", directory.path + "/r") == 0,
      "\(writing.stderr.text)")
    let world = FakeWorld()
    #expect(await world.run("verify", "--receipt", directory.path + "/r", stick) == 0, "\(world.stderr.text)")
    #expect(world.stdout.text.contains("of the image, which its map has left out"), "\(world.stdout.text)")
    let json = FakeWorld()
    #expect(await json.run("verify", "--receipt", directory.path + "/r", stick, "--json") == 0)
    #expect(
      !json.stdout.text.contains(#""bytesLeftOut":0"#) && json.stdout.text.contains(#""bytesLeftOut":"#))
  }

  @Test("another stick with the same content is the same, and is said to be another one")
  func otherStick() async throws {
    let written = try await WrittenStick()
    let (_, before) = await written.verify("--json")
    #expect(before.stdout.text.contains(#""sameDisk":null"#), "a virtual stick has no serial number")
    try written.directory.run("truncate -s 5M stick")
    let (status, world) = await written.verify()
    #expect(status == 0)
    #expect(
      world.stdout.text.contains("this is another stick than the one that was written: 5 242 880 bytes"))
    var bytes = try written.directory.contents("stick")
    bytes[7] ^= 1
    try written.directory.write(bytes, to: "stick")
    let (differs, other) = await written.verify()
    #expect(differs == 1 && other.stderr.text.contains("this is another stick than the one"))
    let (_, json) = await written.verify("--json")
    #expect(json.stdout.text.contains(#""sameDisk":false"#))
  }

  @Test("a receipt that cannot be begun is refused before anything is written, and leaves no file")
  func noRoom() throws {
    let directory = try ScratchDirectory()
    let said = try directory.run(
      """
      head -c 5000 /dev/urandom >image; truncate -s 4M stick
      (trap '' XFSZ; ulimit -f 0
      '\(FakeWorld.program)' write image file:stick --yes --no-undo --receipt r.json 2>&1
      echo "status $?") | cat
      """)
    #expect(said.contains("[receipt-not-saved]") && said.contains("status 8"), "\(said)")
    #expect(try directory.contents("stick").holdsOnly(0))
    #expect((try? directory.contents("r.json")) == nil)
    #expect(try directory.run("mkdir -p state; ls -A state | grep receipt; :") == "")
  }

  @Test("R45: a report names no receipt that could not be kept, and says why")
  func notKept() throws {
    let outcome = try WriteOutcome.sample()
    let layout = try #require(outcome.plan.layout)
    let chunks = MediumChunks(
      of: WrittenBody(head: PieceMemory(), layout: layout, digests: [], findings: PassFindings(), retries: 0))
    let error = SystemCallError(call: "pwrite", errno: .noSpace)
    // It has its length for good, as a file on a disk that is full.
    let room = try SharedMemory.file(byteCount: 64)
    let path = "/proc/self/fd/\(room.rawValue)"
    let full = ReceiptFile(room, path)
    try full.store("{}")
    for keeper in [
      ReceiptKeeper(named: nil, kept: full, unkept: nil, known: []),
      ReceiptKeeper(named: nil, kept: nil, unkept: .receiptNotSaved("state", error), known: []),
    ] {
      let (json, failure) = keeper.proven(outcome, chunks)
      #expect(json["history"] == .null && failure?.id == .receiptNotSaved)
    }
    let bytes = try SmallFile.bytes(ofRegularFile: FilePath(path), limit: 64)
    #expect(bytes.starts(with: Array("{}".utf8)))
  }

  @Test(
    "a receipt that could not be read again is not called saved, and history knows of the write all the same")
  func unreadable() async throws {
    let scratch = try ScratchDirectory()
    let outcome = try WriteOutcome.sample()
    var order = outcome.order
    order.receipt = scratch.path + "/r"
    let world = FakeWorld()
    let keeper = try ReceiptKeeper(order, outcome.plan, outcome.identity, serial: nil, in: world.context)
    let layout = try #require(outcome.plan.layout)
    // A digest too few, as where a receipt cannot hold them all.
    let chunks = MediumChunks(
      of: WrittenBody(head: PieceMemory(), layout: layout, digests: [], findings: PassFindings(), retries: 0))
    let (json, failure) = keeper.proven(outcome, chunks)
    #expect(failure?.id == .receiptNotSaved && json["file"] == .null)
    let listing = FakeWorld()
    var context = listing.context
    context.undo.directory = world.context.undo.directory
    #expect(await Burin.run(["history"], in: context) == .done)
    #expect(listing.stdout.text.contains("read back and equal"), "\(listing.stdout.text)")
    let file = try #require(json["history"]?.text)
    let verifying = FakeWorld()
    #expect(await verifying.run("verify", "--receipt", file, "file:\(scratch.path)/r") == 3)
    #expect(verifying.stderr.text.contains("too large for digests of all its pieces"))
  }

  @Test("an image of which no receipt can be kept is refused, where one was asked for")
  func tooLong() async throws {
    let directory = try ScratchDirectory()
    try directory.run("head -c 5000 /dev/urandom >image; truncate -s 300G stick image")
    let world = FakeWorld()
    let status = await world.run(
      "write", directory.path + "/image", "file:\(directory.path)/stick", "--yes", "--no-undo", "--receipt",
      directory.path + "/r")
    #expect(status == 8, "\(world.stderr.text)")
    #expect(world.stderr.text.contains("more than 65536 pieces"), "\(world.stderr.text)")
  }

  @Test("an existing file is never a receipt, and nothing is written then")
  func exists() async throws {
    let written = try await WrittenStick()
    try written.directory.run("truncate -s 0 stick; truncate -s 4M stick")
    let world = FakeWorld()
    let status = await world.run(
      "write", written.directory.path + "/image", written.stick, "--yes", "--receipt", written.receipt)
    #expect(status == 8)
    #expect(world.stderr.text.contains("[receipt-not-saved]"))
    #expect(try written.directory.contents("stick").holdsOnly(0))
  }

  @Test("the command line wants either an image or a receipt")
  func arguments() async throws {
    #expect(await FakeWorld().run("verify", "a.iso") == 64)
    #expect(await FakeWorld().run("verify", "a.iso", "b", "--receipt", "r") == 64)
    let options = [
      ["--checksum", "sha256:" + String(repeating: "0", count: 64)], ["--keyring", "k"],
      ["--no-checksum-files"],
      ["--bmap", "m"], ["--no-bmap"], ["--sparse"], ["--member", "m"], ["--size", "5"], ["--allow-packed"],
    ]
    for option in options {
      let world = FakeWorld()
      let status = await Burin.run(["verify", "--receipt", "r", "b"] + option, in: world.context).rawValue
      #expect(status == 64, "\(option)")
      #expect(world.stderr.text.contains("there is no image"), "\(option): \(world.stderr.text)")
    }
  }
}

@Suite("burin history")
struct HistoryTests {
  @Test("lists what was written where, the newest first, failures and damaged ones too")
  func lists() async throws {
    let written = try await WrittenStick()
    let world = written.world
    let failing = await world.run(
      "write", written.directory.path + "/image", written.stick, "--yes", "--checksum",
      "sha256:" + String(repeating: "0", count: 64))
    #expect(failing == 3)
    let state = try #require(world.context.undo.directory)
    try written.directory.run("echo '{}' >'\(state)/receipt-000000000001-x.json'")
    let listing = FakeWorld()
    var context = listing.context
    context.undo.directory = state
    #expect(await Burin.run(["history"], in: context) == .done)
    let text = listing.stdout.text
    #expect(text.contains("2025-11-21 08:30:12 UTC  read back and equal"), "\(text)")
    #expect(text.contains("failed [checksum-wrong]"), "\(text)")
    #expect(text.contains("receipt-000000000001-x.json  cannot be used: it is no receipt"), "\(text)")
    #expect(text.contains("image, 1 300 001 bytes"), "\(text)")
    let json = FakeWorld()
    context = json.context
    context.undo.directory = state
    #expect(await Burin.run(["history", "--json"], in: context) == .done)
    #expect(try JSONOracle.accepts(json.stdout.text))
    #expect(!json.stdout.text.contains("digests"))
    // What it names can be compared with.
    let file = try written.directory.run("grep -l proven '\(state)'/receipt-*.json").split(separator: "\n")
    #expect(file.count == 1)
  }

  @Test("lists many in order, however many are read at once, and none that is longer than a receipt may be")
  func many() async throws {
    let written = try await WrittenStick()
    let state = try #require(written.world.context.undo.directory)
    try written.directory.run(
      """
      cd '\(state)' && whole=$(ls receipt-*.json) && for i in $(seq 100 299)
      do cp $whole receipt-000000000$i-a.json; done; truncate -s 5M receipt-000000000150-a.json
      """)
    let listing = FakeWorld()
    var context = listing.context
    context.undo.directory = state
    #expect(await Burin.run(["history"], in: context) == .done)
    let text = listing.stdout.text
    let names = text.split(separator: "\n").compactMap { line -> Int? in
      line.split(separator: "receipt-000000000").dropFirst().first.flatMap { Int($0.prefix(3)) }
    }
    #expect(names == Array((100...299).reversed()))
    #expect(text.contains("receipt-000000000150-a.json  cannot be used: it is no receipt"))
    #expect(text.split(separator: "\n").filter { $0.contains("read back and equal") }.count == 200)
  }

  @Test("--no-history notes nothing, and nothing is no error")
  func nothing() async throws {
    let directory = try ScratchDirectory()
    try directory.run("head -c 5000 /dev/urandom >image; truncate -s 4M stick")
    let world = FakeWorld()
    #expect(
      await world.run(
        "write", directory.path + "/image", "file:\(directory.path)/stick", "--yes", "--no-history",
        "--no-undo")
        == 0)
    let listing = FakeWorld()
    #expect(await listing.run("history") == 0)
    #expect(listing.stdout.text.contains("Nothing was written yet"))
    var context = world.context
    context.undo.directory = nil
    #expect(await Burin.run(["history"], in: context).rawValue == 8)
  }

  @Test("only the newest are kept")
  func bounded() throws {
    let scratch = try ScratchDirectory()
    // As many as are kept, of which each was made as the five that follow are.
    try scratch.run(
      """
      mkdir -m 700 state && cd state && for i in $(seq -f '%012.0f' 1 \(ReceiptFile.mostKept))
      do echo '{}' >"receipt-$i-a.json"; done
      """)
    for time in (ReceiptFile.mostKept + 1)...(ReceiptFile.mostKept + 5) {
      _ = try ReceiptFile.create(
        inState: FilePath("\(scratch.path)/state"), time: Int64(time), holding: "{}")
    }
    let names = try scratch.run("ls state").split(separator: "\n")
    #expect(names.count == ReceiptFile.mostKept)
    #expect(names.first?.hasPrefix("receipt-000000000006-") == true)
  }

  @Test("a clock that was set back takes no newer receipt away, and large ones make room")
  func order() throws {
    let scratch = try ScratchDirectory()
    let state = FilePath("\(scratch.path)/state")
    let first = try ReceiptFile.create(inState: state, time: 1_800_000_000, holding: "")
    let second = try ReceiptFile.create(inState: state, time: 7, holding: "")
    #expect(try ReceiptFile.paths(inState: state).map(\.string) == [second.path, first.path])
    try scratch.run(
      "truncate -s 40M state/receipt-001800000000-*; truncate -s 40M state/receipt-001800000001-*")
    let third = try ReceiptFile.create(inState: state, time: 7, holding: "")
    #expect(try ReceiptFile.paths(inState: state).map(\.string) == [third.path, second.path])
  }

  @Test("a receipt has its name only with what it holds, and what a killed write left is taken away")
  func named() throws {
    let scratch = try ScratchDirectory()
    let state = FilePath("\(scratch.path)/state")
    // Of no process, of this one, and of one that runs.
    let left = ["999999999", "\(getpid())", "1"].map { ".receipt-\($0).new" }
    try scratch.run("mkdir -m 700 state; cd state; touch \(left.joined(separator: " "))")
    #expect(try ReceiptFile.paths(inState: state) == [])
    let file = try ReceiptFile.create(inState: state, time: 7, holding: #"{"a": "b"}"#)
    #expect(try ReceiptFile.paths(inState: state).map(\.string) == [file.path])
    let name = try #require(FilePath(file.path).lastComponent?.string)
    #expect(try scratch.run("LC_ALL=C ls -A state") == ".receipt-1.new\n\(name)\n")
    #expect(try JSONParser.parse(try scratch.contents("state/\(name)")) == ["a": "b"])
    file.discard()
    #expect(try ReceiptFile.paths(inState: state) == [])
  }

  @Test("what finds no room leaves what was there before")
  func full() throws {
    // It has its length for good, as a file on a disk that is full; a page of what is longer would find its place.
    let room = try SharedMemory.file(byteCount: 4096)
    let path = "/proc/self/fd/\(room.rawValue)"
    let file = ReceiptFile(room, path)
    for text in [#"{"a": "b"}"#, #"{"a": "a longer text"}"#, #"{"a": "c"}"#] {
      try file.store(text)
      #expect(throws: SystemCallError.self) { try file.store(String(repeating: "x", count: 5000)) }
      let bytes = try SmallFile.bytes(ofRegularFile: FilePath(path), limit: 4096).filter { $0 != 0 }
      #expect(try JSONParser.parse(bytes) == JSONParser.parse(Array(text.utf8)))
    }
  }

  @Test("what is shorter than before leaves nothing of it")
  func shorter() throws {
    let scratch = try ScratchDirectory()
    let file = try ReceiptFile.create(at: FilePath("\(scratch.path)/r"))
    try file.store(#"{"a": "a long text that is replaced"}"#)
    try file.store(#"{"a": "b"}"#)
    #expect(try JSONParser.parse(try scratch.contents("r")) == ["a": "b"])
  }
}
