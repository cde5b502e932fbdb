/// What follows from having looked at the beginning of an image only.
extension BootFacts {
  /// Whether something that UEFI may start lies where nothing can be looked at.
  package var mayHaveUnseenLoader: Bool {
    if isBlind || volumes.contains(where: \.isUnseen) { return true }
    if catalog?.isUnseen == true || mbr?.isChainUnseen == true { return true }
    // Where the primary GPT is no good, firmware goes by the backup at the end.
    guard let gpt else { return seenByteCount != nil && mbr?.hasProtectiveEntry == true }
    return gpt.summary.backup == .unseen && !gpt.isUsable
  }

  /// Whether anything that decides where it boots from a stick lies where nothing can be looked at.
  package var mayBootUnseen: Bool {
    mayHaveUnseenLoader || mbr?.target?.isUnseen == true || gpt?.freeBSDBoot == .unseen
      || mbr?.active.contains { $0.sector == .unseen } == true
  }

  /// The answer where something lies behind what was looked at.
  package func unseen(_ what: String) -> ImageReport.BootVerdicts.Answer {
    .init(.unknown, "\(what) lies behind the first \(beginning) of the image, which alone were looked at")
  }

  /// How much was looked at, in words.
  package var beginning: String {
    let count = seenByteCount ?? byteCount
    return count >= 1 << 20 ? "\(count >> 20) MiB" : "\(count) bytes"
  }
}
