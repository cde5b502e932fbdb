import ArgumentParser
import DeviceSafety
import ImageSource
import UndoStore
import Writer

/// `burin write`: the main job.
struct WriteCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Write an image onto a stick, read all of it back, and prove that it is there.",
    discussion: """
      Everything on the stick is destroyed. The stick is held open, exclusively, from before the question \
      until the end, and cannot boot before every byte of it has been read back and compared. A disk in use \
      or of the running system is never written, whatever the options.

      Several sticks are written at once: the image is read, decoded and hashed once. All of them are opened \
      and confirmed, each by its own ID, before anything is written; one that is refused ends the run for \
      all. From then on one that fails or stops is left behind, and the others are finished.
      """)

  @Argument(
    help: "The image: a file, - for standard input, a URL, or a disk to be cloned, by its path or ID.")
  var image: String

  // R1: never optional, and nothing is chosen for the person, not even the only stick.
  @Argument(
    help: ArgumentHelp(
      "An ID from burin list, a device path, or file:PATH for a virtual stick; several are written at once.",
      valueName: "target"))
  var targets: [String]

  @Flag(help: "Do not ask; the target must be named by its ID, or be confirmed with --confirm.")
  var yes = false

  @Option(
    help: ArgumentHelp(
      "The ID of the target, with --yes and a device path; once for each of several.", valueName: "id"))
  var confirm: [String] = []

  @Option(
    help: ArgumentHelp(
      "The serial number of an internal disk, with --yes; once for each of several.", valueName: "serial"))
  var confirmSerial: [String] = []

  @OptionGroup var size: SizeOption

  @Flag(help: "Unmount your own plain mounts of the target first; never by force.")
  var unmount = false

  @Flag(help: "Read the stick first, and write only the blocks that differ from the image.")
  var delta = false

  @OptionGroup var level: VerifyOption

  @Flag(help: "After a success, move the backup of a GPT to the true end of the stick.")
  var fixGpt = false

  @OptionGroup var parting: PartingOptions

  @Flag(help: "Print what would be done, and open nothing for writing.")
  var dryRun = false

  @Option(help: "The digest of the image to report: sha256 or none.")
  var digest: DigestOption = .sha256

  @Option(
    help: ArgumentHelp(
      "How much of the data in use to save for burin undo, such as 512M or 2G; 0 saves nothing. Without it, what files are found by, and the first 8 to 64 MiB of the stick.",
      valueName: "size"))
  var undo: UndoSize?

  @Flag(help: "Save nothing; the same as --undo 0.")
  var noUndo = false

  @OptionGroup(title: "What is noted of it") var notes: ReceiptsOptions

  @Flag(help: ArgumentHelp(Self.allowFakeHelp))
  var allowFake = false

  @OptionGroup(title: "What must speak for the image") var trust: TrustOptions
  @OptionGroup(title: "Which parts of the image matter") var map: MapOptions
  @OptionGroup(title: "What is refused otherwise") var allowances: Allowances
  @OptionGroup var members: MemberOptions
  @OptionGroup(title: "Which images are refused otherwise") var images: ImageAllowances
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }
  var addressSpaceByteCount: UInt64 {
    AddressSpace.usual + UInt64(targets.count) * AddressSpace.ofTarget
  }
  var targetCount: Int { targets.count }

  func run(in context: Context) async -> ExitStatus {
    let source: ImageOrder
    do throws(Refusal) {
      source = try SourceArgument.order(of: image, byteCount: size.size, in: context)
    } catch {
      return context.report(error.diagnostic, json: output.json ? error.diagnostic.errorObject : nil)
    }
    let order = WriteOrder(
      image: source.location.name, source: source, member: members.member, target: "",
      request: allowances.request,
      unmounts: unmount, isYes: yes, digest: digest.choice,
      trust: trust.wish, map: map.choice,
      allowsDamaged: images.allowDamaged, allowsPacked: images.allowPacked,
      probing: CapacityProbing(seed: context.probeSeed(), toleratesFake: allowFake), undo: undoLimit,
      keepsHistory: !notes.noHistory, isQuiet: progress.quiet, isJSON: output.json,
      ejects: parting.eject, powersOff: parting.powerOff, fixesTable: fixGpt, isDelta: delta,
      verify: level.verify)
    let party = WriteParty(
      orders: order.each(
        of: TogetherOrder(
          targets: targets, receipts: notes.receipt, confirmed: confirm, serials: confirmSerial)),
      context: context)
    return dryRun ? party.rehearse() : await party.run()
  }

  func validate() throws {
    try level.verify.require(for: targets)
    guard notes.receipt.isEmpty || notes.receipt.count == targets.count else {
      throw ValidationError("Give --receipt once for each target, in their order, or not at all.")
    }
    guard Set(notes.receipt).count == notes.receipt.count else {
      throw ValidationError("Each target has a receipt of its own: give each --receipt another file.")
    }
  }
}

extension WriteCommand {
  static let allowFakeHelp = "Keep an image that is whole on a stick that proves smaller than it claims."

  /// How much is saved; nil for nothing.
  private var undoLimit: UndoLimit? {
    guard !noUndo, let undo else { return noUndo ? nil : .standard }
    return undo.byteCount == 0 ? nil : UndoLimit(inUse: undo.byteCount)
  }
}

/// The values of `--digest`.
enum DigestOption: String, ExpressibleByArgument, CaseIterable {
  case sha256, none

  /// What the writer is told.
  var choice: DigestChoice {
    switch self {
    case .sha256: .sha256
    case .none: .none
    }
  }
}

/// The options that lift what a rule objects to; one for each reason.
struct Allowances: ParsableArguments {
  @Flag(help: "Write to an internal disk; its serial number is asked for besides.")
  var allowInternal = false

  @Flag(help: "Write to a disk larger than usual sticks.")
  var allowLarge = false

  @Flag(help: "Write to a USB disk whose medium is fixed, as external disks are.")
  var allowFixed = false

  @Flag(help: "Write to a rotating hard disk.")
  var allowRotational = false

  @Flag(help: "Write to an external disk that is no USB stick, such as one on Thunderbolt.")
  var allowExternal = false

  @Flag(help: "Write to a disk that the system's configuration names, such as /etc/fstab.")
  var allowConfigured = false

  @Flag(help: "Write to a disk that seems to be a copy of the system's own.")
  var allowClone = false

  @Flag(help: "Write to the stick that this system seems to have been booted from.")
  var allowBooted = false

  @Flag(help: "Write to a part of an array, a pool or a volume group that is not active.")
  var allowMember = false

  @Flag(help: "Write to a disk that holds encrypted data, or what looks like it.")
  var allowEncrypted = false

  @Flag(help: "Write to a disk that holds an installed operating system.")
  var allowSystem = false

  @Flag(help: "Write to a disk that holds a session put to sleep.")
  var allowHibernated = false

  @Flag(help: "Write to a disk that holds backups.")
  var allowBackup = false

  @Flag(help: "Write to a disk of which cannot be told what it holds.")
  var allowUnknown = false

  @Flag(help: "Write to a loop device, for tests.")
  var allowLoop = false

  /// The request to the safety rules.
  var request: SafetyRequest {
    var lifted: Set<Objection.ID> = []
    if allowInternal { lifted.insert(.internalDisk) }
    if allowLarge { lifted.insert(.large) }
    if allowFixed { lifted.insert(.fixedMedium) }
    if allowRotational { lifted.insert(.rotational) }
    if allowExternal { lifted.insert(.external) }
    if allowConfigured { lifted.insert(.configured) }
    if allowClone { lifted.insert(.systemClone) }
    if allowBooted { lifted.insert(.bootedFrom) }
    if allowMember { lifted.insert(.arrayMember) }
    if allowEncrypted { lifted.insert(.encrypted) }
    if allowSystem { lifted.insert(.operatingSystem) }
    if allowHibernated { lifted.insert(.hibernated) }
    if allowBackup { lifted.insert(.backup) }
    if allowUnknown { lifted.insert(.unknownContent) }
    return SafetyRequest(lifting: lifted, allowsLoop: allowLoop)
  }
}

/// The options for what outlives a write besides the stick.
struct ReceiptOptions: ParsableArguments {
  fileprivate static let historyHelp: ArgumentHelp = "Note nothing for burin history."

  @Option(
    help: ArgumentHelp(
      "Write a receipt, with which burin verify --receipt compares the stick later without the image.",
      valueName: "file"))
  var receipt: String?

  @Flag(help: Self.historyHelp)
  var noHistory = false
}

/// The same options where there may be several sticks.
struct ReceiptsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write a receipt, with which burin verify --receipt compares the stick later without the image; once for each of several targets.",
      valueName: "file"))
  var receipt: [String] = []

  @Flag(help: ReceiptOptions.historyHelp)
  var noHistory = false
}

/// The options that lift what speaks against an image.
struct ImageAllowances: ParsableArguments {
  @Flag(help: "Write an image that is cut off or damaged, or a file that is no image.")
  var allowDamaged = false

  @Flag(help: "Write a compressed file, an archive or a disk container as it is, which does not boot.")
  var allowPacked = false
}
