import ArgumentParser
import DiskFormats
import UndoStore
import Writer

/// `burin restore`: an ordinary empty stick again.
struct RestoreCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Make a stick an ordinary empty one again, with one partition for files.",
    discussion: """
      Everything on the stick is destroyed. It gets a partition table of one partition with an empty FAT32 or \
      exFAT file system, after the same checks and the same question as before a write. All that was written is \
      read back, and the stick is searched for whatever else a system might still recognise. Files that were \
      on it are not wiped: only what leads to them is gone.
      """)

  // R1: never optional, and nothing is chosen for the person.
  @Argument(help: "An ID from burin list, a device path, or file:PATH for a virtual stick.")
  var target: String

  @Option(
    help: ArgumentHelp(
      "The file system: fat32 or exfat; without it FAT32 up to 32 GiB where it fits, else exFAT.",
      valueName: "name"))
  var fs: FileSystemOption?

  @Option(help: ArgumentHelp("A name for it of up to 11 letters.", valueName: "name"))
  var label: String?

  @Flag(help: "Do not ask; the target must be named by its ID, or be confirmed with --confirm.")
  var yes = false

  @Option(help: ArgumentHelp("The ID of the target, with --yes and a device path.", valueName: "id"))
  var confirm: String?

  @Option(
    help: ArgumentHelp("The serial number of an internal disk, with --yes.", valueName: "serial"))
  var confirmSerial: String?

  @Flag(help: "Unmount your own plain mounts of the target first; never by force.")
  var unmount = false

  @OptionGroup var parting: PartingOptions

  @Flag(help: "Print what would be done, and open nothing for writing.")
  var dryRun = false

  @Flag(help: "Save nothing; without it all that is overwritten is saved for burin undo.")
  var noUndo = false

  @Flag(help: "Go on with a stick that proves smaller than it claims.")
  var allowFake = false

  @OptionGroup(title: "What is refused otherwise") var allowances: Allowances
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func run(in context: Context) async -> ExitStatus {
    let write = WriteOrder(
      image: RestoreOrder.imageName, target: target, request: allowances.request, unmounts: unmount,
      isYes: yes, confirmed: confirm, serial: confirmSerial, digest: .none, map: .all,
      allowsDamaged: false, allowsPacked: false,
      probing: CapacityProbing(seed: context.probeSeed(), toleratesFake: allowFake),
      undo: noUndo ? nil : .standard, isQuiet: progress.quiet, isJSON: output.json, isGenerated: true,
      ejects: parting.eject, powersOff: parting.powerOff)
    let order = RestoreOrder(
      write: write, fileSystem: fs?.choice, label: label, identifiers: .init(drawn: context.probeSeed()))
    if dryRun { return RestoreRehearsal(order: order, context: context).run() }
    return await RestoreSession(order: order, context: context).run()
  }
}

/// The values of `--fs`.
enum FileSystemOption: String, ExpressibleByArgument, CaseIterable {
  case fat32, exfat

  /// What is laid out.
  var choice: EmptyDisk.FileSystem {
    switch self {
    case .fat32: .fat32
    case .exfat: .exfat
    }
  }
}

extension EmptyDisk.Identifiers {
  /// Takes both numbers out of one that was drawn, of 53 bits.
  init(drawn number: UInt64) {
    self.init(disk: UInt32(truncatingIfNeeded: number), volume: UInt32(truncatingIfNeeded: number >> 21))
  }
}
