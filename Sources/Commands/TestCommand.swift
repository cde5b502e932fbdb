import ArgumentParser
import DeviceSafety
import Writer

/// `burin test`: how much a stick holds in truth, where it fails, and how fast it is.
struct TestCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Find out how much a stick holds in truth, where it fails, and how fast it is.",
    discussion: """
      Everything on the stick is destroyed: all of it is written, then all of it is read back past every cache, \
      and afterwards it is blank. --quick probes some places and puts back what was there; --read-only writes \
      nothing.
      """)

  // R1: never chosen for the person.
  @Argument(help: "An ID from burin list, a device path, or file:PATH for a virtual stick.")
  var target: String

  @Flag(help: "Probe some places only, and put back what was there; a fake may pass.")
  var quick = false

  @Flag(help: "Read everything and write nothing; that tells nothing of the capacity.")
  var readOnly = false

  @Flag(help: "Do not ask; the target must be named by its ID, or be confirmed with --confirm.")
  var yes = false

  @Option(help: ArgumentHelp("The ID of the target, with --yes and a device path.", valueName: "id"))
  var confirm: String?

  @Option(
    help: ArgumentHelp("The serial number of an internal disk, with --yes.", valueName: "serial"))
  var confirmSerial: String?

  @Flag(help: "Do not save what --quick puts back; it is kept in memory alone.")
  var noUndo = false

  @OptionGroup(title: "What is refused otherwise") var allowances: Allowances
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func validate() throws {
    guard quick, readOnly else { return }
    throw ValidationError("--quick writes, and --read-only does not: choose one of them")
  }

  func run(in context: Context) async -> ExitStatus {
    let order = TestOrder(
      target: target, mode: quick ? .quick : readOnly ? .readOnly : .full, request: allowances.request,
      isYes: yes, confirmed: confirm, serial: confirmSerial, saves: !noUndo, seed: context.probeSeed(),
      isQuiet: progress.quiet, isJSON: output.json)
    return await TestSession(order: order, context: context).run()
  }
}
