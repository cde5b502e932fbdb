import ImageInspector
import Testing

/// The verdicts against what SeaBIOS, OVMF and AAVMF did with the very same images.
///
/// `Tests/Fixtures/firmware-truth` boots them and writes what is compared here.
@Suite("verdicts as firmware decides them", .enabled(if: !ImageCorpus.isLeftOut))
struct FirmwareTruthTests {
  typealias Value = ImageReport.BootVerdicts.Answer.Value

  /// One question that firmware has answered.
  private struct Question {
    var text: String
    var ours: ImageReport.BootVerdicts.Answer
    var booted: Bool
  }

  private static let booted = ImageCorpus.wellFormed.filter { ImageCorpus.truth.images[$0] != nil }
  private static let uefi = ["ovmf": "x64", "ovmf-ia32": "ia32", "aavmf": "aa64"]

  @Test("firmware was asked about every image that can be put into a machine")
  func isComplete() {
    let unasked = Set(ImageCorpus.wellFormed).subtracting(Self.booted)
    #expect(unasked.subtracting(["empty.img", "one-byte.img", "511-bytes.img"]) == [])
  }

  @Test("a yes boots, a no does not", arguments: booted)
  func verdicts(_ name: String) throws {
    let report = try ImageCorpus.report(name)
    for question in questions(name, report.boots) {
      let label = "\(name) \(question.text)"
      let known = KnownDifferences.verdicts[label]
      switch question.ours.value {
      case .unknown:
        #expect(known != nil, "a new maybe: \(question.ours.evidence)")
      case .yes, .no:
        let agrees = (question.ours.value == .yes) == question.booted
        #expect(agrees == (known == nil), "firmware boots it: \(question.booted); \(question.ours.evidence)")
      }
    }
    compareArchitectures(name, report.boots)
  }

  private func questions(_ name: String, _ boots: ImageReport.BootVerdicts) -> [Question] {
    // What firmware gets to see is what was unpacked.
    let truth = ImageCorpus.truth.images[KnownDifferences.unpacked[name] ?? name] ?? [:]
    var questions: [Question] = []
    func ask(_ medium: String, _ firmwares: [String], _ kind: String, _ ours: ImageReport.BootVerdicts.Answer)
    {
      let answers = firmwares.compactMap { truth[medium]?[$0] }
      guard !answers.isEmpty else { return }
      questions.append(Question(text: "\(medium) \(kind)", ours: ours, booted: answers.contains("yes")))
    }
    ask("stick", ["seabios"], "bios", boots.stickBIOS)
    ask("disc", ["seabios"], "bios", boots.discBIOS)
    // Nobody was asked about loaders for other machines.
    if name != "riscv-loong-arm.iso" {
      ask("stick", Array(Self.uefi.keys), "uefi", boots.stickUEFI)
      ask("disc", Array(Self.uefi.keys), "uefi", boots.discUEFI)
    }
    // Only where UEFI starts it at all does it matter what Secure Boot says.
    if truth["stick"]?["ovmf"] == "yes", boots.stickUEFI.value == .yes {
      ask("stick", ["ovmf-secure-boot"], "secure-boot", boots.secureBoot)
    }
    return questions
  }

  /// Every firmware that was tried boots exactly the architectures that are promised.
  private func compareArchitectures(_ name: String, _ boots: ImageReport.BootVerdicts) {
    guard let stick = ImageCorpus.truth.images[name]?["stick"], boots.stickUEFI.value == .yes else { return }
    for (firmware, architecture) in Self.uefi {
      guard let answer = stick[firmware] else { continue }
      let promised = boots.uefiArchitectures.contains { $0.rawValue == architecture }
      guard KnownDifferences.verdicts["\(name) stick uefi"] == nil else { continue }
      #expect(promised == (answer == "yes"), "\(architecture) under \(firmware): \(answer)")
    }
  }

  @Test("what only OVMF finds through El Torito is no yes", arguments: booted)
  func elToritoAlone(_ name: String) throws {
    let stick = ImageCorpus.truth.images[name]?["stick"] ?? [:]
    guard stick["ovmf"] == "yes", stick["ovmf-table-only"]?.hasPrefix("no") == true else { return }
    let report = try ImageCorpus.report(name)
    #expect(report.boots.stickUEFI.value != .yes, "\(report.boots.stickUEFI.evidence)")
  }

  @Test("known differences are still differences")
  func noStaleExceptions() throws {
    for label in KnownDifferences.verdicts.keys {
      let name = String(label.prefix { $0 != " " })
      guard Self.booted.contains(name) else { continue }
      let report = try ImageCorpus.report(name)
      let question = try #require(questions(name, report.boots).first { "\(name) \($0.text)" == label })
      let agrees = question.ours.value != .unknown && (question.ours.value == .yes) == question.booted
      #expect(!agrees, "\(label) agrees now; take it off the list")
    }
  }
}
