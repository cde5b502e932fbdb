/// F5, F6 and the table of formats: what to do with the image so that a stick boots.
package enum VerdictRule {
  /// The verdict, given where it boots.
  package static func verdict(_ facts: BootFacts, _ boots: ImageReport.BootVerdicts) -> ImageReport.Verdict {
    switch facts.content {
    case .empty, .tooShort, .zeroes, .document: return .refuse
    case .compressed: return .decompress
    case .container("wim"): return .refuse
    case .container: return .convert
    case .fileSystem, .unknown: break
    }
    if !facts.obstacles.isEmpty || TruncationRule.missing(facts) > 0 { return .refuse }
    // Windows wins over hybrid: set-up looks for its files on a FAT32 or NTFS stick.
    if facts.tree?.isWindows == true { return .fileCopy }
    if boots.stickBIOS.value == .yes || boots.stickUEFI.value == .yes { return .raw }
    // What may boot as it is must not be turned away for not having been looked at.
    if facts.mayBootUnseen { return .raw }
    if facts.tree?.architectures.isEmpty == false { return .fileCopy }
    if boots.stickBIOS.value == .unknown || boots.stickUEFI.value == .unknown { return .raw }
    if facts.volumes.contains(where: \.hasRaspberryPiFirmware) { return .raw }
    return .notBootable
  }
}
