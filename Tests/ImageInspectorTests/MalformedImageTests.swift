import ImageInspector
import TestSupport
import Testing

/// Images that lie, on purpose or by damage.
@Suite("malformed images", .enabled(if: !ImageCorpus.isLeftOut))
struct MalformedImageTests {
  @Test(
    "every image ends soon with a report",
    arguments: ImageCorpus.malformed + ImageCorpus.wellFormed)
  func ends(_ name: String) throws {
    let start = threadTime()
    let findings = try ImageCorpus.report(name).findings
    #expect(threadTime() - start < .seconds(4))
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
