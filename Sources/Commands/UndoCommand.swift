import ArgumentParser
import DeviceSafety

/// `burin undo`: what a write has destroyed comes back, as far as it was saved.
struct UndoCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo",
    abstract: "Bring back what was on a stick before burin wrote to it, as long as that was saved.",
    discussion: """
      Without a target it lists what is saved, and of which disks. Something is brought back only onto the \
      very disk that it was saved of, after the same checks and the same question as before a write; all of \
      it is read back from the medium. What was overwritten and not saved is lost, and is named.
      """)

  // R1: never chosen for the person.
  @Argument(help: "An ID from burin list, a device path, or file:PATH for a virtual stick.")
  var target: String?

  @Option(
    help: ArgumentHelp(
      "What to bring back, by its name in the list; without it the newest of this disk.", valueName: "name"))
  var record: String?

  @Flag(help: "List what is saved, of the target only if one is given.")
  var list = false

  @Flag(help: "Tell what would be brought back, and open nothing for writing.")
  var dryRun = false

  @Flag(help: "Do not ask; the target must be named by its ID, or be confirmed with --confirm.")
  var yes = false

  @Option(help: ArgumentHelp("The ID of the target, with --yes and a device path.", valueName: "id"))
  var confirm: String?

  @Option(
    help: ArgumentHelp("The serial number of an internal disk, with --yes.", valueName: "serial"))
  var confirmSerial: String?

  @OptionGroup(title: "What is refused otherwise") var allowances: Allowances
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func validate() throws {
    guard target == nil, dryRun || yes || record != nil else { return }
    throw ValidationError("a target must be named for that")
  }

  func run(in context: Context) async -> ExitStatus {
    guard let target, !list else {
      return UndoListing(target: target, isJSON: output.json, context: context).run()
    }
    let order = UndoOrder(
      target: target, record: record, request: allowances.request, isYes: yes, confirmed: confirm,
      serial: confirmSerial, isQuiet: progress.quiet, isJSON: output.json)
    if dryRun { return UndoRehearsal(order: order, context: context).run() }
    return await UndoSession(order: order, context: context).run()
  }
}
