import ImageInspector

/// Where we and the witnesses differ, each with the reason; anything else that differs is a failure.
enum KnownDifferences {
  /// Question ("image medium firmware") to the reason why our answer is a maybe or another than firmware's.
  static let verdicts: [String: String] = [:]
  /// Bytes missing by structures that no witness looks at.
  static let truncation: [String: UInt64] = ["disk-gpt-truncated.img": 20 << 20]
  /// Packed images that are to be written as they are, or not at all.
  static let containerVerdicts: [String: ImageReport.Verdict] = [:]
  /// Tables that sfdisk does not report and we do, with what is wrong about them.
  static let gptThatWitnessesIgnore: Set<String> = []
  /// Loaders at places where the witnesses did not look.
  static let loaders: [String: Set<ImageCorpus.Oracle.Loader>] = [:]
  /// Cut by less than the padding, but through a file.
  static let cutIntoFiles: Set<String> = []
}
