import TestSupport
import Testing

@testable import ImageInspector

/// Reports with every field set to anything.
private struct ReportGenerator {
  var generator: SeededGenerator

  mutating func number<Number: FixedWidthInteger & UnsignedInteger>() -> Number {
    [0, 1, .max, .random(in: .min ... .max, using: &generator)].randomElement(using: &generator) ?? 0
  }
  mutating func integer() -> Int { [0, 1, -1, .max, .min, 4096].randomElement(using: &generator) ?? 0 }
  mutating func range() -> Range<UInt64> {
    let (one, other): (UInt64, UInt64) = (number(), number())
    return min(one, other)..<max(one, other)
  }
  mutating func flag() -> Bool { .random(using: &generator) }
  mutating func text() -> String {
    ["", "a", "GRUB\u{0}\u{1B}[2J", "Müller \u{1F4BE}", String(repeating: "x", count: 300)]
      .randomElement(using: &generator) ?? ""
  }
  mutating func optional<Value>(_ make: (inout Self) -> Value) -> Value? { flag() ? make(&self) : nil }
  mutating func list<Value>(_ make: (inout Self) -> Value) -> [Value] {
    (0..<Int.random(in: 0...4, using: &generator)).map { _ in make(&self) }
  }
  mutating func one<Value>(of values: [Value]) -> Value {
    values[Int.random(in: values.indices, using: &generator)]
  }
  mutating func answer() -> ImageReport.BootVerdicts.Answer {
    .init(one(of: [.yes, .no, .unknown]), text())
  }

  mutating func report() -> ImageReport {
    var report = ImageReport(byteCount: number())
    report.seenByteCount = optional { $0.number() }
    report.leastByteCount = optional { $0.number() }
    report.unpacked = optional {
      .init(
        kind: $0.one(of: ImageReport.Kind.allCases), byteCount: $0.optional { $0.number() },
        seenByteCount: $0.number())
    }
    report.compression = optional { $0.text() }
    report.kind = one(of: ImageReport.Kind.allCases)
    report.content = optional { $0.text() }
    report.volume = optional {
      .init(
        identifier: $0.text(), systemIdentifier: $0.text(), publisher: $0.text(),
        created: $0.optional { $0.text() }, blocks: $0.number(), joliet: $0.optional { $0.integer() },
        rockRidge: $0.flag(), udf: $0.optional { $0.text() })
    }
    report.elTorito = optional {
      .init(
        catalogLBA: $0.number(), checksumValid: $0.optional { $0.flag() },
        entries: $0.list {
          .init(
            platform: $0.one(of: [.bios, .uefi, .ppc, .mac, .other]), bootable: $0.flag(),
            emulation: $0.one(of: [.none, .floppy12, .floppy144, .floppy288, .hardDisk, .other]),
            loadSegment: $0.number(), sectorCount: $0.number(), lba: $0.number())
        })
    }
    report.mbr = optional {
      .init(
        loader: $0.optional { $0.text() },
        entries: $0.list {
          .init(
            index: $0.integer(), active: $0.flag(), type: $0.number(), startLBA: $0.number(),
            sectors: $0.number())
        })
    }
    report.gpt = optional {
      .init(
        headerValid: $0.flag(), entriesValid: $0.flag(),
        backup: $0.one(of: [.ok, .missing, .misplaced, .invalid, .unseen]), sectorSize: $0.integer(),
        partitions: $0.list {
          .init(
            index: $0.integer(), typeGUID: $0.text(), name: $0.text(), firstLBA: $0.number(),
            lastLBA: $0.number())
        })
    }
    report.apm = optional {
      .init(
        blockSize: $0.integer(),
        partitions: $0.list {
          .init(name: $0.text(), type: $0.text(), start: $0.number(), blocks: $0.number())
        })
    }
    report.efi = list {
      .init(
        path: $0.text(), place: $0.one(of: [.esp, .iso, .udf]),
        architecture: $0.optional { $0.one(of: ImageReport.Architecture.allCases) }, signed: $0.flag())
    }
    report.truncatedBy = number()
    report.boots.stickBIOS = answer()
    report.boots.stickUEFI = answer()
    report.boots.uefiArchitectures = list { $0.one(of: ImageReport.Architecture.allCases) }
    report.boots.discBIOS = answer()
    report.boots.discUEFI = answer()
    report.boots.secureBoot = answer()
    report.verdict = one(of: ImageReport.Verdict.allCases)
    report.findings = list {
      .init($0.text(), $0.one(of: [.note, .warning, .error]), $0.text(), offset: $0.optional { $0.number() })
    }
    report.mountTraces = MountTraces(
      fileSystems: list { generator in
        let whole = generator.range()
        return .init(
          kind: generator.text(), partition: generator.optional { $0.integer() }, range: whole,
          traces: generator.list { $0.range() }, explainsAll: generator.flag(),
          others: generator.list { $0.range() }, witness: generator.witness(),
          naming: generator.optional { NamingBytes(ranges: $0.list { $0.range() }, checksum: $0.number()) })
      })
    return report
  }

  private mutating func witness() -> MountWitness {
    let start: UInt64 = number() / 2
    return MountWitness(
      form: one(of: MountWitness.Form.allCases), places: [start..<(start + 512)],
      expected: list { $0.number() })
  }
}

@Suite("R47: a report that crosses from one process to another")
struct TransferTests {
  @Test("arrives as it was", arguments: 0..<200)
  func roundTrip(seed: UInt64) throws {
    var generator = ReportGenerator(generator: SeededGenerator(seed: seed))
    let report = generator.report()
    #expect(try ImageReport(transferBytes: report.transferBytes) == report)
  }

  @Test("is refused where it ends early or goes on")
  func cut() {
    var generator = ReportGenerator(generator: SeededGenerator(seed: 7))
    let bytes = generator.report().transferBytes
    for count in bytes.indices {
      #expect(throws: (any Error).self, "\(count)") {
        try ImageReport(transferBytes: Array(bytes.prefix(count)))
      }
    }
    #expect(throws: (any Error).self) { try ImageReport(transferBytes: bytes + [0]) }
  }

  @Test("is refused where it promises more than it holds")
  func promises() {
    let bytes = [UInt8](repeating: 0xFF, count: 64)
    #expect(throws: (any Error).self) { try ImageReport(transferBytes: bytes) }
    // A text of four gigabytes as the kind.
    let text = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 0xFF, 0xFF]
    #expect(throws: (any Error).self) { try ImageReport(transferBytes: text) }
  }

  /// A field that is added to a report and forgotten here would be lost on the way.
  @Test("has every field that a report has")
  func fields() throws {
    var generator = ReportGenerator(generator: SeededGenerator(seed: 1))
    var counts: [String: Int] = [:]
    func count(_ value: Any) {
      let mirror = Mirror(reflecting: value)
      if mirror.displayStyle == .struct, String(reflecting: type(of: value)).hasPrefix("ImageInspector.") {
        counts[String(describing: type(of: value)), default: 0] = mirror.children.count
      }
      for child in mirror.children { count(child.value) }
    }
    for _ in 0..<50 { count(generator.report()) }
    let expected = [
      "ImageReport": 18, "Unpacked": 4, "Volume": 8, "ElToritoSummary": 3, "MBRSummary": 2, "GPTSummary": 5,
      "APMSummary": 2,
      "EFILoader": 4, "BootVerdicts": 6, "Answer": 2, "Finding": 4, "MountTraces": 1,
      "FileSystem": 8, "MountWitness": 3, "NamingBytes": 2,
    ]
    for (name, number) in expected { #expect(counts[name] == number, "\(name)") }
  }
}
