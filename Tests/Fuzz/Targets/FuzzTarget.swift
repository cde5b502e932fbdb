/// One parser under fuzzing: what is done with arbitrary bytes, and bytes to start from.
///
/// To add one, write a file that extends this type by a constant and name that in ``all``.
public struct FuzzTarget: Sendable {
  /// The name on the command line and of its folders below `Corpus` and `Crashes`.
  public let name: String
  /// Honest examples, from which mutation reaches deeper than from nothing.
  public let seeds: @Sendable () -> [[UInt8]]
  /// Parses; a trap is a crash, an error is not.
  public let run: @Sendable ([UInt8]) -> Void

  /// Creates a target.
  public init(
    _ name: String, seeds: @escaping @Sendable () -> [[UInt8]], run: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.name = name
    self.seeds = seeds
    self.run = run
  }

  /// Every target.
  public static let all: [FuzzTarget] =
    [
      mbr, gpt, apm, fat, exfat, ntfs, ext, superblocks, pe, signatures, iso9660, elTorito, udf, inspect,
      packed, archives, transfer, mountinfo, swaps, snapshot, efiBoot, configuration, protect, json, receipt,
      undo, runs,
      imageSignatures, checksums, blockMap, fetching,
    ] + decompression + containers
}
