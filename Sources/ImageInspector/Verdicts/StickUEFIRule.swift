import DiskFormats

/// F3: whether UEFI firmware starts the medium when the bytes are written raw onto a stick.
package enum StickUEFIRule {
  package typealias Answer = ImageReport.BootVerdicts.Answer

  /// An answer together with the architectures it is about.
  package struct Result: Hashable, Sendable {
    /// The answer and its evidence.
    package var answer: Answer
    /// The architectures, in their order.
    package var architectures: [ImageReport.Architecture]
  }

  /// The best way that any volume offers.
  package static func result(_ facts: BootFacts) -> Result {
    let ways = facts.volumes.filter { !$0.architectures.isEmpty }.map { ($0, judge($0, facts)) }
    guard let best = ways.map(\.1.value).min(by: { rank($0) < rank($1) }) else {
      return Result(answer: withoutLoader(facts), architectures: [])
    }
    if best == .no, facts.mayHaveUnseenLoader { return Result(answer: unseen(facts), architectures: []) }
    if best == .no, let answer = beyond(facts) { return Result(answer: answer, architectures: []) }
    let chosen = ways.filter { $0.1.value == best }
    let architectures =
      best == .no ? [] : chosen.reduce(into: Set()) { $0.formUnion($1.0.architectures) }.sorted()
    let strongest = chosen.min { strength($0.0.origin) < strength($1.0.origin) }
    return Result(
      answer: Answer(best, strongest?.1.evidence ?? ""), architectures: architectures)
  }

  private static func rank(_ value: Answer.Value) -> Int {
    switch value {
    case .yes: 0
    case .unknown: 1
    case .no: 2
    }
  }

  /// Which way is told where several lead to the same answer.
  private static func strength(_ origin: FATVolumeFacts.Origin) -> Int {
    switch origin {
    case .gptESP: 0
    case .mbrESP: 1
    case .gptOther: 2
    case .mbrFAT: 3
    case .superfloppy: 4
    case .elTorito: 5
    }
  }

  private static func judge(_ volume: FATVolumeFacts, _ facts: BootFacts) -> Answer {
    let what = loaders(volume)
    switch volume.origin {
    case .gptESP(let index):
      return table(facts, index) ?? doubt(volume, "partition \(index) of the GPT holds a loader")
        ?? Answer(.yes, "EFI system partition \(index) of the GPT holds \(what)")
    case .gptOther(let index):
      return table(facts, index) ?? doubt(volume, "partition \(index) of the GPT holds a loader")
        ?? Answer(
          .yes, "partition \(index) of the GPT is a FAT that holds \(what); most firmware looks there")
    case .mbrESP(let index):
      return mbrTable(facts, volume, index) ?? doubt(volume, "partition \(index) of the MBR holds a loader")
        ?? Answer(.yes, "EFI system partition \(index) of the MBR holds \(what)")
    case .mbrFAT(let index):
      return mbrTable(facts, volume, index) ?? doubt(volume, "partition \(index) of the MBR holds a loader")
        ?? Answer(
          .yes, "partition \(index) of the MBR is a FAT that holds \(what); most firmware looks there")
    case .superfloppy:
      return doubt(volume, "the medium is a FAT without a partition table that holds \(what)")
        ?? Answer(
          .unknown,
          "the medium is a FAT without a partition table that holds \(what); not all firmware looks there")
    case .elTorito:
      return otherEntry(facts, volume, what) ?? discEntry(facts, volume, what)
    }
  }

  /// What speaks against a volume that the table leads to.
  private static func doubt(_ volume: FATVolumeFacts, _ lead: String) -> Answer? {
    volume.doubt.map { Answer(.unknown, "\(lead), but \($0)") }
  }

  /// What speaks against a GPT: firmware goes by its checksums and by the protective entry of the MBR.
  private static func table(_ facts: BootFacts, _ index: Int) -> Answer? {
    guard let gpt = facts.gpt else { return nil }
    let lead = "partition \(index) of the GPT holds a loader, but "
    if gpt.summary.sectorSize != 512 {
      return Answer(
        .no, lead + "the GPT is made for blocks of \(gpt.summary.sectorSize) bytes, and sticks have 512")
    }
    guard gpt.isUsable || gpt.isCutOff else {
      return Answer(.no, lead + "neither copy of the GPT is valid, and firmware ignores it")
    }
    guard !gpt.hiddenIndexes.contains(index) else {
      return Answer(.no, lead + "its attributes tell firmware to leave it alone")
    }
    guard gpt.isUsable else {
      return Answer(.unknown, lead + "the end of the disk that the GPT was made for is missing")
    }
    if let count = gpt.partitionCount {
      return Answer(
        .unknown,
        lead + "not all \(count) partitions of the GPT were looked at, and it may share blocks with others")
    }
    guard facts.mbr?.hasProtectiveEntry == true else {
      return Answer(.unknown, lead + "without a protective MBR much firmware ignores the GPT")
    }
    return backup(gpt, lead) ?? gpt.objections[index].map { Answer(.unknown, lead + words($0)) }
  }

  /// Where the primary copy is no good, firmware looks for the backup in the last block of the stick and nowhere else
  /// (PartitionInstallGptChildHandles in EDK2's PartitionDxe/Gpt.c).
  private static func backup(_ gpt: GPTFacts, _ lead: String) -> Answer? {
    guard gpt.isBackupOnly else { return nil }
    guard gpt.summary.backup == .ok else {
      return Answer(.no, lead + "only a backup of the GPT is valid, and it is not at the end")
    }
    return Answer(
      .unknown,
      lead + "only the backup of the GPT is valid, which firmware finds only on a stick of exactly this size"
    )
  }

  private static func words(_ objection: GPTCopy.EntryObjection) -> String {
    switch objection {
    case .outsideUsable:
      "it reaches outside the blocks that the GPT has for partitions, and much firmware passes over it"
    case .overlap(let other): "it shares blocks with partition \(other), and much firmware passes over it"
    }
  }

  /// What speaks against an MBR: a protective entry hides the others, EDK2 does not look at it where it goes by the boot
  /// catalog, and overlaps make it drop the table.
  private static func mbrTable(_ facts: BootFacts, _ volume: FATVolumeFacts, _ index: Int) -> Answer? {
    guard let mbr = facts.mbr else { return nil }
    let lead = "partition \(index) of the MBR holds a loader, but "
    if mbr.hasProtectiveEntry, facts.gpt?.isUsable == true {
      return leftOut(facts)
        ?? Answer(.unknown, lead + "the GPT beside it does not name it, and firmware goes by the GPT")
    }
    guard !facts.isHiddenByCatalog(volume) else {
      if facts.hasUnseenBootImage { return facts.unseen("the UEFI boot image") }
      return Answer(
        .unknown,
        lead
          + "much firmware goes by the disc's boot catalog, on a stick too, and finds nothing to start there")
    }
    guard mbr.entries.first(where: { $0.index == index })?.isExtended != true else {
      return Answer(
        .unknown, lead + "its type says that it holds further partitions, and not all firmware looks into it")
    }
    guard mbr.overlaps.isEmpty else {
      return Answer(.unknown, lead + "partitions overlap, and some firmware then ignores the table")
    }
    guard !mbr.passedOver.contains(index) else {
      return Answer(
        .unknown, lead + "the chain of logical partitions is written so that much firmware does not find it")
    }
    return beyondEnd(mbr, facts, lead)
  }

  /// EDK2 drops an MBR with an entry that reaches beyond the medium (PartitionValidMbr in PartitionDxe/Mbr.c).
  ///
  /// Where nothing is missing, such a partition is only rounded up, and every stick is larger by more than that.
  private static func beyondEnd(_ mbr: MBRFacts, _ facts: BootFacts, _ lead: String) -> Answer? {
    guard TruncationRule.missing(facts) > 0 else { return nil }
    let entry = mbr.entries.first { entry in
      entry.type != 0 && UInt64(entry.startLBA) + UInt64(entry.sectors) > facts.byteCount / 512
    }
    guard let entry else { return nil }
    return Answer(
      .unknown,
      lead + "partition \(entry.index) reaches beyond the end of the image, and on a stick that is no "
        + "larger, much firmware then ignores the table")
  }

  /// An entry of El Torito for another platform, at which EDK2 does not look.
  private static func otherEntry(
    _ facts: BootFacts, _ volume: FATVolumeFacts, _ what: String
  ) -> Answer? {
    guard let catalog = facts.catalog, catalog.isForOthers(volume) else { return nil }
    guard catalog.isAcceptedByUEFI else {
      return Answer(.no, "\(what) lies in a boot image of the disc, but the boot catalog is invalid")
    }
    if let doubt = volume.doubt {
      return Answer(.unknown, "\(what) lies in a boot image of the disc, but \(doubt)")
    }
    return Answer(
      .unknown,
      "\(what) lies in a boot image of the disc that is not marked as UEFI's; some firmware looks there")
  }

  /// A UEFI entry of El Torito alone: OVMF looks there on sticks too, and much real firmware does not.
  private static func discEntry(_ facts: BootFacts, _ volume: FATVolumeFacts, _ what: String) -> Answer {
    guard let catalog = facts.catalog, catalog.isAcceptedByUEFI else {
      return Answer(.no, "\(what) lies in the disc's UEFI boot image, but the boot catalog is invalid")
    }
    if let doubt = volume.doubt {
      return Answer(.unknown, "\(what) lies in the disc's UEFI boot image, but \(doubt)")
    }
    let hasTable = facts.mbr.map { !$0.entries.isEmpty } ?? false
    if hasTable || facts.gpt?.isUsable == true {
      return Answer(
        .unknown,
        "\(what) lies in the disc's UEFI boot image, but no partition leads there: not all firmware looks"
      )
    }
    return Answer(
      .unknown,
      "\(what) lies in the disc's UEFI boot image, which not all firmware finds on a stick"
    )
  }

  /// The names of the loaders that firmware would start.
  package static func loaders(_ volume: FATVolumeFacts) -> String {
    let names = volume.loaders.filter(\.isStartable).map { "/" + $0.path.drop { $0 == "/" } }
    return names.isEmpty ? "no loader" : names.joined(separator: " and ")
  }

  private static func unseen(_ facts: BootFacts) -> Answer {
    facts.unseen("what UEFI may start")
  }

  private static func withoutLoader(_ facts: BootFacts) -> Answer {
    facts.mayHaveUnseenLoader ? unseen(facts) : beyond(facts) ?? Answer(.no, whyNoLoader(facts))
  }

  /// Where some firmware looks and this inspection does not.
  package static func beyond(_ facts: BootFacts) -> Answer? {
    if let index = facts.nestedIndex {
      return Answer(
        .unknown,
        "partition \(index) holds a partition table or a disc of its own, and some firmware looks into it")
    }
    if facts.hasNestedBootImage {
      return Answer(
        .unknown,
        "a boot image of the disc holds a partition table or a disc of its own, and some firmware looks into it"
      )
    }
    if let answer = leftOut(facts) { return answer }
    if facts.mbr?.isTakenForTable == true {
      return Answer(
        .unknown, "the first sector does not look like a partition table, but some firmware takes it for one")
    }
    return nil
  }

  /// What is too much to be looked at.
  private static func leftOut(_ facts: BootFacts) -> Answer? {
    if facts.gpt?.unreadByteCount != nil {
      return Answer(.unknown, "the list of the GPT's partitions is too long to be looked at")
    }
    if facts.mbr?.isChainCutShort == true {
      return Answer(
        .unknown,
        "only the first \(LogicalPartitions.limit) logical partitions were looked at, and there are more")
    }
    if facts.hasUnopenedPartitions || facts.gpt?.partitionCount != nil {
      return Answer(.unknown, "there are too many partitions to look into all of them")
    }
    return nil
  }

  private static func whyNoLoader(_ facts: BootFacts) -> String {
    let broken = facts.volumes.flatMap(\.loaders)
    if let first = broken.first, let why = first.faultInWords {
      let others = Set(broken.map(\.path)).count > 1 ? ", nor the others that were found" : ""
      return "\(first.path) is \(why), so that firmware cannot start it\(others)"
    }
    if facts.volumes.contains(where: { $0.format != nil }) {
      return "no FAT volume holds a loader at EFI/BOOT where UEFI looks for it"
    }
    if facts.tree?.architectures.isEmpty == false {
      return "the loaders lie in the disc's own file system, which UEFI does not read on a stick"
    }
    return "there is no FAT volume with a loader for UEFI"
  }
}
