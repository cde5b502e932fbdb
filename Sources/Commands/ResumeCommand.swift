import ArgumentParser

/// `burin resume`: goes on with a write that was interrupted.
struct ResumeCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Go on with a write that was interrupted, and prove the stick as if it had not been.",
    discussion: """
      Without a target it lists what was interrupted. With one, the image that was being written onto that \
      very stick is compared with what is on it by now, and only what differs is written, after the same \
      checks and the same question as before any write, and with the same proof in the end.
      """)

  // R1: never chosen for the person.
  @Argument(help: "An ID from burin list, a device path, or file:PATH for a virtual stick.")
  var target: String?

  @Flag(help: "Do not ask; the target must be named by its ID, or be confirmed with --confirm.")
  var yes = false

  @Option(
    help: ArgumentHelp("The ID of the target, with --yes and a device path.", valueName: "id"))
  var confirm: String?

  @Option(
    help: ArgumentHelp("The serial number of an internal disk, with --yes.", valueName: "serial"))
  var confirmSerial: String?

  @Flag(help: "Print what would be done, and open nothing for writing.")
  var dryRun = false

  @OptionGroup(title: "What is noted of it") var notes: ReceiptOptions
  @OptionGroup(title: "What is refused otherwise") var allowances: Allowances
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func validate() throws {
    guard target == nil, dryRun || yes else { return }
    throw ValidationError("a target must be named for that")
  }

  func run(in context: Context) async -> ExitStatus {
    guard let target else { return ResumeListing(isJSON: output.json, context: context).run() }
    let wish = ResumeOrder(
      target: target, request: allowances.request, isYes: yes, confirmed: confirm,
      serial: confirmSerial,
      receipt: notes.receipt, keepsHistory: !notes.noHistory, isQuiet: progress.quiet,
      isJSON: output.json)
    let order: WriteOrder
    do throws(Refusal) { order = try wish.writeOrder(in: context) } catch {
      return context.report(
        error.diagnostic, json: output.json ? error.diagnostic.errorObject : nil)
    }
    if dryRun { return WriteRehearsal(order: order, context: context).run() }
    return await WriteParty(orders: [order], context: context).run()
  }
}
