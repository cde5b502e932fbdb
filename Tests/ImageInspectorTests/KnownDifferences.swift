import ImageInspector

/// Where we and the witnesses differ, each with the reason; anything else that differs is a failure.
enum KnownDifferences {
  /// Question ("image medium firmware") to the reason why our answer is a maybe or another than firmware's.
  static let verdicts: [String: String] = [:]
  /// Bytes missing by structures that no witness looks at.
  static let truncation: [String: UInt64] = [
    // Cut off 20 MiB, but the last partition ends before that: what lies behind it carries nothing.
    "disk-gpt-truncated.img": 14_680_064
  ]
  /// Packed images that are to be written as they are, or not at all.
  static let containerVerdicts: [String: ImageReport.Verdict] = [
    // A Windows image file holds files and no disk.
    "disk.wim": .refuse
  ]
  /// Tables that sfdisk does not report and we do, with what is wrong about them.
  static let gptThatWitnessesIgnore: Set<String> = [
    "disk-gpt-bad-header-crc.img", "disk-gpt-no-protective.img", "disk-gpt-no-mbr.img",
    "disk-gpt-truncated.img",
  ]
}
