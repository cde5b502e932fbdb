import ImageInspector
import Testing

/// Images that lie, on purpose or by damage.
@Suite("malformed images", .enabled(if: !ImageCorpus.isLeftOut))
struct MalformedImageTests {
  @Test(
    "every image ends within two seconds with a report",
    arguments: ImageCorpus.malformed + ImageCorpus.wellFormed)
  func ends(_ name: String) throws {
    let clock = ContinuousClock()
    var report: ImageReport?
    let time = try clock.measure { report = try ImageCorpus.report(name) }
    #expect(time < .seconds(2))
    let findings = report?.findings ?? []
    #expect(findings.count < 200, "a list that nobody reads")
    #expect(findings.allSatisfy { $0.text.utf8.count < 2000 })
  }

  @Test(
    "a cut image says how much is missing", arguments: ImageCorpus.malformed.filter { $0.hasPrefix("cut-") })
  func truncation(_ name: String) throws {
    let report = try ImageCorpus.report(name)
    let oracle = try ImageCorpus.oracle(name)
    #expect(report.byteCount == oracle.image.bytes)
    // Without the volume descriptor's second half no witness knows the length.
    guard oracle.truncatedBy > 0, oracle.image.bytes >= 34_816 else { return }
    if oracle.truncatedBy <= 150 * 2048 {
      // The padding of mkisofs may be missing, unless a table says that a partition reaches into it.
      let hasTable = report.gpt != nil || report.mbr?.entries.isEmpty == false
      #expect(report.truncatedBy == 0 || hasTable)
      #expect(report.truncatedBy <= oracle.truncatedBy)
    } else {
      #expect(report.truncatedBy == oracle.truncatedBy)
      #expect(report.verdict == .refuse)
      #expect(report.findings.contains { $0.severity == .error })
    }
  }
}
