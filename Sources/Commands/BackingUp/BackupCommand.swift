import ArgumentParser
import Reader

/// `burin backup`: a disk into a file.
struct BackupCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Read a disk into a file, read that back, and prove that it holds what was read.",
    discussion: """
      Nothing is written to the disk, and nobody can mount it meanwhile. What cannot be read is never passed \
      over in silence. FILE has its name only when it is whole, and its SHA-256 is written beside it.
      """)

  @Argument(help: "An ID from burin list, the path of a disk, a partition or a disc, or file:PATH.")
  var device: String

  @Argument(help: "The new file.")
  var file: String

  @Flag(help: "Compress it with Zstandard; without this it is raw, with holes for zeros.")
  var zstd = false

  @Flag(help: "Leave out what follows the last partition, the second copy of a GPT too.")
  var toLastPartition = false

  @Flag(help: "Replace FILE and what lies beside it.")
  var force = false

  @Flag(help: "Read a disk that is in use, and may change meanwhile.")
  var inUse = false

  @Flag(help: "Go on where something cannot be read, and list it in FILE.bad.json.")
  var allowBadSectors = false

  @OptionGroup var progress: ProgressOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func run(in context: Context) async -> ExitStatus {
    let order = BackupOrder(
      device: device, file: file, form: zstd ? .zstd : .raw, endsWithPartitions: toLastPartition,
      replaces: force, acceptsUse: inUse, toleratesUnreadable: allowBadSectors, isQuiet: progress.quiet,
      isJSON: output.json)
    return await BackupSession(order: order, context: context).run()
  }
}

/// What somebody wants to be kept, as the command line says it.
struct BackupOrder: Hashable {
  /// The disk as it was given.
  var device: String
  /// The file as it was given.
  var file: String
  /// `--zstd`.
  var form: BackupForm
  /// `--to-last-partition`.
  var endsWithPartitions: Bool
  /// `--force`.
  var replaces: Bool
  /// `--in-use`.
  var acceptsUse: Bool
  /// `--allow-bad-sectors`.
  var toleratesUnreadable: Bool
  /// `--quiet`.
  var isQuiet: Bool
  /// `--json`.
  var isJSON: Bool
}
