import DiskFormats

extension ImageInspector {
  /// The report on facts: a pure function, so that rules can be tried without images.
  package static func report(on facts: BootFacts) -> ImageReport {
    var report = ImageReport(byteCount: facts.byteCount)
    report.kind = KindRule.kind(facts)
    switch facts.content {
    case .compressed(let name), .container(let name): report.compression = name
    case .fileSystem(let name): report.content = name
    case .document(let name): report.content = name
    case .empty, .tooShort, .zeroes, .unknown: break
    }
    if facts.optical?.relative == nil { report.volume = facts.optical?.volume }
    report.elTorito = facts.catalog?.summary
    report.mbr = facts.mbr.map { mbr in
      ImageReport.MBRSummary(
        loader: mbr.code == .none ? nil : mbr.code.rawValue, entries: mbr.entries + mbr.logical)
    }
    report.gpt = facts.gpt?.summary
    report.apm = facts.apm
    report.efi = loaders(facts)
    report.truncatedBy = TruncationRule.missing(facts)
    report.leastByteCount = TruncationRule.leastEnd(facts)
    report.boots = boots(facts)
    report.verdict = VerdictRule.verdict(facts, report.boots)
    report.findings = findings(facts, report)
    return report
  }

  private static func boots(_ facts: BootFacts) -> ImageReport.BootVerdicts {
    var boots = ImageReport.BootVerdicts()
    guard facts.content.mayBeMedium else { return boots }
    let uefi = StickUEFIRule.result(facts)
    boots.stickBIOS = StickBIOSRule.answer(facts)
    boots.stickUEFI = uefi.answer
    boots.uefiArchitectures = uefi.architectures
    boots.discBIOS = DiscRule.bios(facts)
    boots.discUEFI = DiscRule.uefi(facts)
    boots.secureBoot = SecureBootRule.answer(facts)
    return facts.isBlind ? boots.replacingNo(with: facts.unseen("what decides this")) : boots
  }

  /// Every loader once, although the same volume may be reached by a partition and by El Torito.
  private static func loaders(_ facts: BootFacts) -> [ImageReport.EFILoader] {
    var seen: Set<UInt64> = []
    let volumes = facts.volumes.filter { seen.insert($0.offset).inserted }
    return (volumes.flatMap(\.loaders) + (facts.tree?.loaders ?? [])).map { loader in
      ImageReport.EFILoader(
        path: loader.path, place: loader.place, architecture: loader.architecture, signed: loader.isSigned)
    }
  }

  /// The worst first; within a severity the order in which the rules tell them.
  private static func findings(_ facts: BootFacts, _ report: ImageReport) -> [ImageReport.Finding] {
    let all =
      ContentFindings.findings(facts) + BootFindings.findings(facts, report)
      + LoaderFindings.findings(facts) + TableFindings.findings(facts) + OpticalFindings.findings(facts)
    return [.error, .warning, .note].flatMap { severity in
      shortened(all.filter { $0.severity == severity })
    }
  }

  /// Three of a kind are enough: a hostile table has thousands of broken partitions.
  private static func shortened(_ findings: [ImageReport.Finding]) -> [ImageReport.Finding] {
    var counts: [String: Int] = [:]
    for finding in findings { counts[finding.id, default: 0] += 1 }
    var told: [String: Int] = [:]
    return findings.compactMap { finding in
      let place = told[finding.id, default: 0] + 1
      told[finding.id] = place
      guard place == findingsPerID, let count = counts[finding.id], count > findingsPerID else {
        return place <= findingsPerID ? finding : nil
      }
      var last = finding
      last.text += " There are \(count - findingsPerID) more of this kind."
      return last
    }
  }

  /// How many findings of one id are told.
  private static let findingsPerID = 3
}

extension ImageReport.BootVerdicts {
  /// The same, with another answer in the place of every no.
  func replacingNo(with other: Answer) -> Self {
    var copy = self
    for answer in [\Self.stickBIOS, \.stickUEFI, \.discBIOS, \.discUEFI, \.secureBoot]
    where copy[keyPath: answer].value == .no {
      copy[keyPath: answer] = other
    }
    return copy
  }
}
