import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import ImageInspector
import ImageSource
import ImageTrust
import SystemPackage
import TestSupport
import Testing
import UndoStore

@testable import Commands
@testable import Terminal
@testable import Writer

/// An image, a virtual stick and a plan for both.
struct PlanBench {
  let directory: ScratchDirectory

  init() throws {
    directory = try ScratchDirectory()
    try directory.run(
      """
      head -c 1300001 /dev/zero | tr '\\0' '\\245' >image
      yes old content 2>/dev/null | head -c 4194304 >stick && cp --preserve=all stick before
      """)
  }

  func path(_ name: String) -> String { "\(directory.path)/\(name)" }

  func plan(_ options: String...) async -> Int32 {
    await Burin.run(
      ["plan", path("image"), "file:\(path("stick"))", "-o", path("plan")] + options, in: FakeWorld().context
    ).rawValue
  }

  func apply(_ options: String...) async -> (status: Int32, out: String, error: String) {
    let world = FakeWorld()
    let status = await Burin.run(["apply", path("plan")] + options, in: world.context).rawValue
    return (status, world.stdout.text, world.stderr.text)
  }

  var isUntouched: Bool { (try? directory.run("cmp stick before")) != nil }
  var holdsImage: Bool { (try? directory.run("cmp -n $(stat -c %s image) image stick")) != nil }
}

@Suite("burin plan and burin apply")
struct PlanTests {
  @Test("a plan that still holds is carried out, without a question, and the write is a whole one")
  func success() async throws {
    let bench = try PlanBench()
    #expect(await bench.plan() == 0)
    #expect(bench.isUntouched)
    let result = await bench.apply("--json")
    #expect(result.status == 0, "\(result.error)")
    #expect(bench.holdsImage)
    #expect(result.out.contains(#""event":"result","exitCode":0"#))
  }

  @Test("the plan names the image by the SHA-256 that another program finds, and printed it is the same")
  func document() async throws {
    let bench = try PlanBench()
    #expect(await bench.plan() == 0)
    let text = String(decoding: try bench.directory.contents("plan"), as: UTF8.self)
    #expect(try JSONOracle.accepts(text))
    let sum = try bench.directory.run("sha256sum image").prefix(64)
    #expect(text.contains(#""sha256": "\#(sum)""#))
    let world = FakeWorld()
    #expect(await world.run("plan", bench.path("image"), "file:\(bench.path("stick"))") == 0)
    #expect(world.stdout.text == text)
  }

  @Test(
    "what differs from the plan is refused before anything is written, each with its status",
    arguments: [
      ("flip image 1300000", 3, "plan-image-differs"),
      ("printf x >>image", 3, "plan-image-differs"), ("truncate --size=-1 image", 3, "plan-image-differs"),
      ("rm image", 7, "image-not-found"), ("truncate --size=8M stick before", 2, "plan-target-differs"),
      ("cp --preserve=all stick other; mv other stick", 2, "plan-target-differs"),
      ("touch -d '1 day ago' stick", 2, "plan-target-differs"), ("rm stick before", 7, "target-not-found"),
      ("sed -i 's/\"lifted\": \\[\\]/\"lifted\": [\"mounted\"]/' plan", 2, "plan-invalid"),
      ("sed -i 's/\"lifted\": \\[\\]/\"lifted\": [\"large\"]/' plan", 2, "plan-target-differs"),
      ("sed -i 's/\"schema\": 1/\"schema\": 2/' plan", 2, "plan-invalid"),
      ("sed -i 's/\"schema\": 1/\"schema\": 1, \"more\": 1/' plan", 2, "plan-target-differs"),
      ("sed -i 's/\"passed\": true/\"passed\": false/; s/write-plan/other/' plan", 2, "plan-invalid"),
      ("sed -i 's/\"burin\": \"/\"burin\": \"9/' plan", 2, "plan-target-differs"),
      ("sed -i 's/\"class\": \"A\"/\"class\": \"B\"/' plan", 2, "plan-target-differs"),
      ("sed -i 's/zero bytes 0 /zero bytes 1 /' plan", 2, "plan-target-differs"),
      ("echo '{}' >plan", 2, "plan-invalid"), ("echo '[' >plan", 2, "plan-invalid"),
      ("rm plan", 7, "plan-not-found"),
      ("mv plan real; ln -s real plan", 2, "plan-invalid"), ("rm plan; mkfifo plan", 2, "plan-invalid"),
      ("rm plan; truncate --size=5M plan", 2, "plan-invalid"),
    ] as [(String, Int32, String)])
  func differences(change: String, status: Int32, id: String) async throws {
    let bench = try PlanBench()
    #expect(await bench.plan() == 0)
    try bench.directory.run(change)
    let result = await bench.apply()
    #expect(result.status == status, "\(result.error)")
    guard status != 0 else { return }
    #expect(result.error.contains("[\(id)]"), "\(result.error)")
    if (try? bench.directory.run("test -e stick")) != nil { #expect(bench.isUntouched) }
  }

  @Test("a copy of the image with the same bytes is the same image")
  func copiedImage() async throws {
    let bench = try PlanBench()
    #expect(await bench.plan() == 0)
    try bench.directory.run("cp image other; mv other image; touch -d '1 day ago' image")
    #expect(await bench.apply().status == 0)
    #expect(bench.holdsImage)
  }

  @Test("what is done is the plan's digest and no other; options of the plan are kept")
  func options() async throws {
    let bench = try PlanBench()
    #expect(await bench.plan("--digest", "none") == 0)
    let result = await bench.apply("--json")
    #expect(result.status == 0 && result.out.contains(#""sha256":null"#))
  }

  @Test(
    "R33: what apply is about to overwrite is saved, and undo brings it back, unless the plan has it otherwise",
    arguments: [true, false])
  func undo(saves: Bool) async throws {
    let bench = try PlanBench()
    let made = saves ? await bench.plan() : await bench.plan("--no-undo")
    #expect(made == 0)
    let text = String(decoding: try bench.directory.contents("plan"), as: UTF8.self)
    #expect(text.contains(#""noUndo": \#(!saves)"#))
    #expect(text.contains("save what is about to be lost in the state directory: ") == saves, "\(text)")
    let world = FakeWorld()
    #expect(await world.run("apply", bench.path("plan"), "--json") == 0, "\(world.stderr.text)")
    #expect(bench.holdsImage)
    #expect(world.stdout.text.contains(#""undo":{"record":"#) == saves, "\(world.stdout.text)")
    #expect(await world.run("undo", "file:\(bench.path("stick"))", "--yes") == (saves ? 0 : 7))
    #expect(bench.isUntouched == saves)
  }

  @Test("a plan of before it told what is saved is carried out, and what it overwrites is saved")
  func silentOnUndo() async throws {
    let bench = try PlanBench()
    #expect(await bench.plan() == 0)
    let plan = try JSONParser.parse(try bench.directory.contents("plan"))
    guard case .object(let members) = plan, case .object(let options)? = plan["options"],
      case .array(let steps)? = plan["steps"]
    else {
      Issue.record("no plan")
      return
    }
    let older = members.map { member -> JSONValue.Member in
      switch member.key {
      case "options": JSONValue.member("options", .object(options.filter { $0.key != "noUndo" }))
      case "steps": JSONValue.member("steps", .array(Array(steps.dropFirst())))
      default: member
      }
    }
    try bench.directory.write(Array(JSONValue.object(older).line.string.utf8), to: "plan")
    let result = await bench.apply("--json")
    #expect(result.status == 0, "\(result.error)")
    #expect(bench.holdsImage && result.out.contains(#""undo":{"record":"#), "\(result.out)")
  }

  @Test("a plan that was saved is there, whether or not somebody can read of it")
  func lostOutput() async throws {
    let bench = try PlanBench()
    let (image, stick) = (bench.path("image"), "file:\(bench.path("stick"))")
    let saving = FakeWorld(outputFailure: .noSpace)
    #expect(await saving.run("plan", image, stick, "-o", bench.path("plan"), "--json") == 0)
    #expect(saving.stderr.text.contains("[output-failed]"))
    #expect(await bench.apply().status == 0)
    #expect(await FakeWorld(outputFailure: .noSpace).run("plan", image, stick) == 70)
  }

  @Test("a plan is saved as a regular file, and never over anything else")
  func saving() async throws {
    let bench = try PlanBench()
    try bench.directory.run("echo old >real; ln -s real link; mkdir folder")
    for (file, status) in [("link", 70), ("folder", 70), ("real", 0)] as [(String, Int32)] {
      let world = FakeWorld()
      let found = await world.run(
        "plan", bench.path("image"), "file:\(bench.path("stick"))", "-o", bench.path(file))
      #expect(found == status)
      #expect((status == 0) != world.stderr.text.contains("[plan-not-saved]"))
    }
    #expect(try bench.directory.run("readlink link") == "real\n")
  }

  @Test("a disk that no option allows has no plan, and one whose contents are unknown neither")
  func refusedDisks() async throws {
    let bench = try PlanBench()
    var machine = Machines.workstation
    func plan(_ disk: Int) async -> (Int32, String) {
      let world = FakeWorld(machine)
      let id = TargetID(of: machine.devices[disk]).description
      return (await world.run("plan", bench.path("image"), id), world.stderr.text + world.stdout.text)
    }
    let system = try #require(machine.devices.firstIndex { $0.name == "nvme0n1" })
    #expect(await plan(system).0 == 2)
    let allowed = await plan(0)
    #expect(allowed.0 == 0 && allowed.1.contains(#""id": "usb-"#), "\(allowed.1)")
    machine.devices[0].contents = nil
    let unknown = await plan(0)
    #expect(unknown.0 == 6 && unknown.1.contains("[target-permission]"))
  }
}

@Suite("A plan as a document")
struct PlanDocumentTests {
  /// A plan for a disk that no machine has.
  static func document(_ random: inout SeededGenerator, _ image: OpenedImage) throws -> PlanDocument {
    func text() -> String? {
      if case .string(let text) = JSONValue.random(&random, depth: 0) { text } else { nil }
    }
    var disk = Machines.stick("sdb", 16, port: "1-2", diskseq: random.next())
    disk.identity = HardwareIdentity(vendor: text(), model: text(), serial: text(), wwn: text())
    disk.contents?.partitions[0].label = text()
    disk.contents?.tableUUID = text()
    let objections = Objection.ID.allCases.filter { _ in .random(using: &random) }
      .map { Objection($0, .b, rule: "R5", text: text() ?? "", chain: [text() ?? ""]) }
    var report = ImageReport(byteCount: image.file.fileByteCount ?? 0)
    report.verdict = [.raw, .refuse, .decompress, .convert].randomElement(using: &random) ?? .raw
    let snapshot = DeviceSnapshot(devices: [disk])
    let lookup = try TargetLookup(.id(TargetID(of: disk)), in: snapshot)
    let options = [Objection.ID.large, .rotational].filter { _ in .random(using: &random) }
    let undo: UndoLimit? = .random(using: &random) ? .standard : nil
    let order = WriteOrder(
      image: image.file.path, target: lookup.id, request: SafetyRequest(lifting: Set(options)), isYes: false,
      digest: .random(using: &random) ? .sha256 : .none,
      trust: TrustWish(
        checksums: [DigestAlgorithm.md5, .sha3x512].filter { _ in .random(using: &random) }.compactMap {
          try? ExpectedChecksum($0, [UInt8](repeating: 7, count: $0.byteCount))
        }, ignoresFiles: .random(using: &random), keyrings: ["/k"].filter { _ in .random(using: &random) }),
      allowsDamaged: .random(using: &random),
      allowsPacked: .random(using: &random),
      probing: CapacityProbing(
        seed: .random(in: 0..<(1 << 53), using: &random), toleratesFake: .random(using: &random)),
      undo: undo, isQuiet: false, isJSON: false)
    let length = [image.content.length, .stated(random.next() % (1 << 30)), .unknown].randomElement(
      using: &random)
    let claims = order.trust.checksums.map { ChecksumClaim($0, of: nil, .option) }
    let plan = try WritePlan(
      imageLength: try #require(length), geometry: lookup.geometry, digest: order.digest, claims: claims,
      probing: order.probing
    )
    var found = FoundTrust()
    found.claims = claims
    let sought = SoughtTrust(wish: order.trust, found: found, judge: try FakeWorld().context.judge([]))
    let entry = DeviceEntry(disk, in: snapshot, assessment: Assessment(objections: objections))
    return PlanDocument(
      order: order, image: image, report: report, sha256: "00ff", sought: sought,
      trust: ["result": "nothing", "line": "nothing to check against"], target: PlannedTarget(lookup, entry),
      plan: plan)
  }

  @Test("is the same when it was saved and read, and so is the order", arguments: 0..<30 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bench = try PlanBench()
    let image = try OpenedImage(
      opening: bench.path("image"), acceptsDevice: false, asIs: false, in: FakeWorld().context)
    let document = try Self.document(&random, image)
    let json = document.json
    let reviewed = try ReviewedPlan(parsing: Array(json.indented.string.utf8), path: "p")
    try reviewed.requireSame(as: json)
    let order = reviewed.order(isQuiet: false, isJSON: false)
    #expect(order.image == document.order.image && order.target == document.order.target && order.isYes)
    let (ordered, verdict) = (document.order, document.report.verdict)
    let told = document.target.entry?.assessment.objections.map(\.id) ?? []
    #expect(order.request == SafetyRequest(lifting: ordered.request.lifted.intersection(told)))
    #expect(order.digest == ordered.digest && order.undo == ordered.undo)
    #expect(order.allowsDamaged == (ordered.allowsDamaged && verdict == .refuse))
    #expect(order.allowsPacked == (ordered.allowsPacked && [.decompress, .convert].contains(verdict)))
    #expect(order.probing == ordered.probing && order.trust == ordered.trust)
    let device = document.target.entry?.device.identity
    #expect(order.serial == [device?.serial, device?.wwn].compactMap(\.self).first { !$0.isEmpty })
  }
}
