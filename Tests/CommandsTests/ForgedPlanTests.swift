import Documents
import ImageSource
import TestSupport
import Testing

@testable import Commands
@testable import Terminal

@Suite("R51: a plan that somebody has forged")
struct ForgedPlanTests {
  /// The time stamp and the inode of the image tell people which file was meant; nothing depends on them.
  private static let informative: Set<String> = ["image.modified", "image.inode"]

  @Test("no value of it can be another, be missing or be there besides, and anything be written")
  func everyValue() async throws {
    let bench = try PlanBench()
    #expect(await bench.plan() == 0)
    let plan = try JSONParser.parse(try bench.directory.contents("plan"))
    let forgeries = plan.forgeries().filter { !Self.informative.contains($0.place) }
    #expect(forgeries.count > 200)
    for forgery in forgeries {
      try bench.directory.write(Array(forgery.value.line.string.utf8), to: "plan")
      let result = await bench.apply()
      #expect([2, 3, 7].contains(result.status), "\(forgery.place): \(result.error)")
      #expect(bench.isUntouched, "\(forgery.place)")
    }
    try bench.directory.write(Array(plan.line.string.utf8), to: "plan")
    #expect(await bench.apply().status == 0, "it was the forgery that was refused")
    #expect(bench.holdsImage)
  }

  @Test("for a disk likewise: with the options that it claims, what is found anew differs")
  func everyValueOfADisk() throws {
    var random = SeededGenerator(seed: 1)
    let bench = try PlanBench()
    let image = try OpenedImage(
      opening: bench.path("image"), acceptsDevice: false, asIs: false, in: FakeWorld().context)
    let document = try PlanDocumentTests.document(&random, image)
    var count = 0
    for forgery in document.json.forgeries() where !Self.informative.contains(forgery.place) {
      // Another path is another file, and options are for the image and the disk to need: see above.
      guard forgery.place != "image.path", !forgery.place.hasPrefix("options") else { continue }
      let bytes = Array(forgery.value.line.string.utf8)
      guard let plan = try? ReviewedPlan(parsing: bytes, path: "p") else { continue }
      count += 1
      // What an apply of the forged plan would find: the same image and disk, looked at with the options of the plan.
      let found = PlanDocument(
        order: plan.order(isQuiet: true, isJSON: false), image: image, report: document.report,
        sha256: "00ff", sought: document.sought, trust: document.trust, target: document.target,
        plan: document.plan)
      #expect(throws: Refusal.self, "\(forgery.place)") { try plan.requireSame(as: found.json) }
    }
    #expect(count > 200)
  }

  @Test("nothing can be said twice: neither the first nor the last of two values decides alone")
  func duplicates() async throws {
    let bench = try PlanBench()
    #expect(await bench.plan() == 0)
    let text = String(decoding: try bench.directory.contents("plan"), as: UTF8.self)
    for (place, twice) in [
      (#""schema": 1"#, #""schema": 1, "schema": 2"#), (#""schema": 1"#, #""schema": 2, "schema": 1"#),
      (#""class": "A""#, #""class": "B", "class": "A""#), (#""class": "A""#, #""class": "A", "class": "B""#),
      (#""lifted": []"#, #""lifted": [], "lifted": ["internal"]"#),
      (#""lifted": []"#, #""lifted": ["internal"], "lifted": []"#),
    ] {
      let parts = text.split(separator: place, maxSplits: 1, omittingEmptySubsequences: false)
      try #require(parts.count == 2)
      try bench.directory.write(Array((parts[0] + twice + parts[1]).utf8), to: "plan")
      #expect(await bench.apply().status == 2, "\(twice)")
      #expect(bench.isUntouched)
    }
  }

  @Test("the SHA-256 of another file, with its path and all that is known of it, writes neither file")
  func otherImage() async throws {
    let bench = try PlanBench()
    try bench.directory.run("cp image good; head -c 1300001 /dev/zero | tr '\\0' '\\132' >evil")
    #expect(await bench.plan() == 0)
    // The path of one file and the hash of the other, both ways.
    try bench.directory.run(
      "cp plan reviewed; sed -i 's|/image\"|/evil\"|' plan; cmp plan reviewed && exit 1; true")
    #expect(await bench.apply().status == 3)
    #expect(bench.isUntouched)
    try bench.directory.run(
      "sum=$(sha256sum evil | cut -c 1-64); sed \"s/\\\"sha256\\\": \\\"[0-9a-f]*/\\\"sha256\\\": \\\"$sum/\" reviewed >plan; grep -q $sum plan"
    )
    #expect(await bench.apply().status == 3)
    #expect(bench.isUntouched)
  }
}

/// A plan in which one thing is not as it was.
private struct Forgery {
  let place: String
  let value: JSONValue

  init(_ place: String, _ value: JSONValue) {
    self.place = place
    self.value = value
  }
}

extension JSONValue {
  /// The value with one thing changed, for each thing that can be: leaves get other values of the same and of another
  /// kind, objects lose each key and get one, arrays lose and get an element.
  fileprivate func forgeries(at place: String = "") -> [Forgery] {
    switch self {
    case .object(let members): Self.forgeries(of: members, at: place)
    case .array(let values): Self.forgeries(of: values, at: place)
    case .null: [.string("x"), .unsigned(0), .bool(false)].map { Forgery(place, $0) }
    case .bool(let value): [.bool(!value), .null, .unsigned(value ? 1 : 0)].map { Forgery(place, $0) }
    case .string(let text):
      [.string(text + "0"), .string(""), .null].filter { $0 != self }.map { Forgery(place, $0) }
    case .unsigned(let number):
      [.unsigned(number &+ 1), .unsigned(number / 2 &+ 7 &* number), .string("\(number)"), .null]
        .filter { $0 != self }.map { Forgery(place, $0) }
    case .integer, .number: [Forgery(place, .unsigned(0)), Forgery(place, .null)]
    }
  }

  private static func forgeries(of members: [Member], at place: String) -> [Forgery] {
    var found = [Forgery(place, .object(members + [JSONValue.member("more", .unsigned(1))]))]
    for index in members.indices {
      let key = members[index].key
      let below = place.isEmpty ? key : "\(place).\(key)"
      var without = members
      without.remove(at: index)
      found.append(Forgery(below, .object(without)))
      found += members[index].value.forgeries(at: below).map { forgery in
        var copy = members
        copy[index] = JSONValue.member(key, forgery.value)
        return Forgery(forgery.place, .object(copy))
      }
    }
    return found
  }

  private static func forgeries(of values: [JSONValue], at place: String) -> [Forgery] {
    var found = ["large", "internal", "loopAttached"].map { Forgery(place, .array(values + [.string($0)])) }
    if !values.isEmpty { found.append(Forgery(place, .array(values.dropLast()))) }
    for index in values.indices {
      found += values[index].forgeries(at: "\(place)[\(index)]").map { forgery in
        var copy = values
        copy[index] = forgery.value
        return Forgery(forgery.place, .array(copy))
      }
    }
    return found
  }
}
