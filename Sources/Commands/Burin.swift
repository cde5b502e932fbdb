import ArgumentParser
import BlockIO
import DesktopBus
import DeviceProbe
import DeviceSafety
import Documents
import Glibc
import ImageSource
import Sandbox
import Synchronization
import SystemPackage
import Terminal

/// The program: what the executable calls.
public enum Burin {
  /// Runs the command line of this process and ends it.
  ///
  /// Not `async`: behind an asynchronous `main` the first thread ends in `dispatch_main`, which waits with
  /// no signal masked, so that a signal would kill the process instead of reaching the watch (R40).
  public static func main() -> Never {
    ConfinedInspection.runIfAsked()
    ConfinedComparison.runIfAsked()
    ConfinedNaming.runIfAsked()
    ConfinedRelocation.runIfAsked()
    ConfinedDecoding.runIfAsked()
    ConfinedFetching.runIfAsked()
    DesktopHerald.runIfAsked()
    // First of all, before any thread exists: signals are for the watch alone, and needless rights for nobody.
    let signals = SignalWatch()
    DescriptorSupply.raise()
    // Opened with a right that is needless once it is open.
    let kernelLog = try? KernelLog()
    let hasRenounced = WriterConfinement.renounceNeedless()
    StandardStreams.reserve()
    StandardStreams.ignoreBrokenPipes()
    StandardStreams.awaitChildren()
    var context = Context.live(stopSignal: { signals.received }, hasRenounced: hasRenounced)
    context.kernelLog = kernelLog
    context.standstill = signals.standstill
    let world = context
    let arguments = Array(CommandLine.arguments.dropFirst())
    let language = InstalledLanguage.live(variable: variable)
    let refusal = Language.$current.withValue(language) {
      refusalOfText(of: arguments, in: world) ?? refusalOfTasks(of: arguments, in: world)
    }
    if let refusal { exit(refusal.rawValue) }
    // The one unstructured task: a signal has to cancel it from outside.
    let root = Language.$current.withValue(language) {
      Task { exit(await run(arguments, in: world).rawValue) }
    }
    signals.watch { root.cancel() }
  }

  /// Refuses words that are no text: what stands in their place in a string is the name of another file.
  private static func refusalOfText(of arguments: [String], in context: Context) -> ExitStatus? {
    guard let number = ProgramArguments.firstThatIsNoText else { return nil }
    let wantsJSON = OutputOptions.isJSONWanted(by: arguments)
    return context.report(
      .argumentIsNoText(arguments.dropFirst(number - 1).first ?? "", number: number), asJSON: wantsJSON)
  }

  /// Refuses, where not even a task can begin: to be called before the first one.
  static func refusalOfTasks(of arguments: [String], in context: Context) -> ExitStatus? {
    let wantsJSON = OutputOptions.isJSONWanted(by: arguments)
    if let limit = context.descriptorLimit, limit < DescriptorSupply.least {
      return context.report(
        .descriptorsTooFew(limit, needed: DescriptorSupply.needed(for: 1)), asJSON: wantsJSON)
    }
    // The thread of a task would hang or crash before it could say so.
    if context.addressSpaceLimit != nil,
      let command = try? BurinCommand.parseAsRoot(arguments) as? any ContextCommand,
      let status = refusalOfAddressSpace(for: command, in: context)
    {
      return status
    }
    guard context.startableThreads(ThreadSupply.least) < ThreadSupply.least else { return nil }
    return context.report(.threadsTooFew(needed: ThreadSupply.needed(for: 1)), asJSON: wantsJSON)
  }

  /// Refuses a run that may need more address space than it is allowed.
  private static func refusalOfAddressSpace(
    for command: any ContextCommand, in context: Context
  ) -> ExitStatus? {
    guard let limit = context.addressSpaceLimit, limit < command.addressSpaceByteCount else { return nil }
    return context.report(
      .addressSpaceTooSmall(limit, needed: command.addressSpaceByteCount), asJSON: command.wantsJSON)
  }

  /// Refuses a run that has fewer descriptors or threads than it may need.
  private static func refusalOfSupply(for command: any ContextCommand, in context: Context) -> ExitStatus? {
    let descriptors = DescriptorSupply.needed(for: command.targetCount)
    if let limit = context.descriptorLimit, limit < descriptors {
      return context.report(.descriptorsTooFew(limit, needed: descriptors), asJSON: command.wantsJSON)
    }
    // Of the few that others take it is known by now that there are as many.
    guard command.targetCount > 0 else { return nil }
    let threads = ThreadSupply.needed(for: command.targetCount)
    guard context.startableThreads(threads) < threads else { return nil }
    return context.report(.threadsTooFew(needed: threads), asJSON: command.wantsJSON)
  }

  /// Parses arguments and carries them out.
  static func run(_ arguments: [String], in context: Context) async -> ExitStatus {
    var context = context
    let command: any ContextCommand
    do {
      var parsed = try BurinCommand.parseAsRoot(arguments)
      guard let ours = parsed as? any ContextCommand else {
        // Help in one of its forms: it throws what is to be printed.
        try parsed.run()
        return .done
      }
      command = ours
    } catch { return context.report(parsing: error, arguments) }
    context.allowsColor = context.allowsColor && command.allowsColor
    if let status = refusalOfAddressSpace(for: command, in: context) { return status }
    if context.addressSpaceLimit != nil { BackgroundThread.shareHeaps() }
    if let status = refusalOfSupply(for: command, in: context) { return status }
    let status = await command.run(in: context)
    context.tellEnd(of: type(of: command).configuration.commandName ?? "", status)
    return status
  }
}

/// What the environment says under a name.
private func variable(_ name: String) -> String? {
  // Safe: the text is copied at once, and nothing here changes the environment.
  unsafe getenv(name).map { unsafe String(cString: $0) }
}

extension Context {
  /// The real world.
  static func live(stopSignal: @escaping @Sendable () -> Int32?, hasRenounced: Bool) -> Context {
    let environment = [
      "TERM": variable("TERM"), "NO_COLOR": variable("NO_COLOR"), "COLUMNS": variable("COLUMNS"),
    ].compactMapValues(\.self)
    let clock = ContinuousClock()
    let start = clock.now
    let places = ProtectionPlaces.live()
    var context = Context(
      stdout: TextOutput(descriptor: 1, capabilities: Capabilities(of: 1, environment: environment)),
      stderr: TextOutput(descriptor: 2, capabilities: Capabilities(of: 2, environment: environment)),
      prompter: TerminalPrompter(environment: environment),
      now: { start.duration(to: clock.now) },
      snapshot: { anchors, spared in
        DeviceProbe.snapshot(
          anchors: anchors, protections: places.files, sparing: spared?.matcher() ?? { _ in false })
      },
      probeContents: { $0.probeContents(of: $1) }, contents: .live,
      signatures: { DeviceProbe.signatures(at: FilePath($0)) },
      unmount: { mount, released throws(UnmountError) in
        try UnmountError.unmount(mount, among: released, stopSignal: stopSignal)
      },
      user: variable("SUDO_USER") ?? variable("USER"),
      inspect: { (image, member) throws(Refusal) in
        try ConfinedInspection.inspect(image, member: member, stopSignal: stopSignal)
      },
      broker: geteuid() == 0 ? nil : DeviceBroker(stopSignal: stopSignal),
      rescan: { path, number in
        do throws(BusError) { try DiskService.rescan(path, number) } catch { return false }
        return true
      },
      stopSignal: stopSignal, undo: .live(variable: variable))
    context.home = variable("HOME")
    context.addressSpaceLimit = AddressSpace.limit
    context.descriptorLimit = DescriptorSupply.limit
    context.startableThreads = { BackgroundThread.startable($0) }
    context.fileWidth = Capabilities.columns(environment["COLUMNS"])
    context.hotPlug = { HotPlugWatch() }
    context.inspectUnpacked = { image throws(Refusal) in
      try ConfinedInspection.inspect(unpacked: image, stopSignal: stopSignal)
    }
    context.compareTree = { image throws(Refusal) in
      try ConfinedComparison.compare(image, stopSignal: stopSignal)
    }
    context.nameFiles = { ConfinedNaming.files(holding: $0, in: $1, stopSignal: stopSignal) }
    context.fetch = { url throws(ImageSourceError) in
      try FetchStream(url, environment: fetchingEnvironment)
    }
    context.fetchBeside = { SmallFetch($0, beside: $1, environment: fetchingEnvironment) }
    context.tableExpert = { () throws(ConfinementError) in
      let relocation = try ConfinedRelocation()
      let expert: TableExpert = { question throws(ConfinementError) in try relocation.answer(question) }
      return (expert, [relocation.process])
    }
    context.removal = { place throws(SystemCallError) in
      let removal = try SysfsSwitch(opening: FilePath("/sys/bus/usb/devices/\(place.port)/remove"))
      return { () throws(SystemCallError) in try removal.set() }
    }
    context.wantsCall = variable("BURIN_NOTIFY") != "0"
    let isWatched = context.wantsCall && context.stderr.capabilities.isTerminal
    let person = isWatched ? Person(variable: variable) : nil
    let helpers = Mutex<(inhibitor: SleepInhibitor?, herald: DesktopHerald?)>((nil, nil))
    context.confineWriter = { exceptions in
      var exceptions = exceptions
      helpers.withLock { helpers in
        helpers.inhibitor = SleepInhibitor()
        helpers.herald = person.flatMap { DesktopHerald(for: $0) }
        if let herald = helpers.herald { exceptions.children.append(herald.process) }
      }
      return WriterConfinement.enter(exceptions, hasRenounced: hasRenounced)
    }
    context.herald = { end in
      let herald = helpers.withLock { $0.herald } ?? person.flatMap { DesktopHerald(for: $0) }
      herald?.tell(end)
    }
    context.desk = Desk.live(variable: variable)
    (context.protectionFiles, context.ownProtectionFile) = (places.files, places.own)
    return context
  }

  private static var fetchingEnvironment: [String: String] {
    let named = FetchStream.variables.compactMap { name in variable(name).map { (name, $0) } }
    return Dictionary(uniqueKeysWithValues: named)
  }

  /// Capabilities of standard output, without colours where they are not wanted.
  var outputCapabilities: Capabilities { adjusted(stdout.capabilities) }
  /// Capabilities of standard error, without colours where they are not wanted.
  var errorCapabilities: Capabilities { adjusted(stderr.capabilities) }

  func adjusted(_ capabilities: Capabilities) -> Capabilities {
    var result = capabilities
    result.hasColor = capabilities.hasColor && allowsColor
    return result
  }

  /// Tells an error, as text on standard error and, where results are JSON, as an object on standard output.
  func report(_ diagnostic: Diagnostic, json: JSONValue? = nil) -> ExitStatus {
    for line in diagnostic.lines(for: errorCapabilities) { stderr.writeLine(line) }
    if let json { stdout.writeLine(json.line) }
    return diagnostic.exit
  }

  /// Tells an error in place of all that was asked for, which may have been JSON.
  func report(_ diagnostic: Diagnostic, asJSON wantsJSON: Bool) -> ExitStatus {
    report(diagnostic, json: wantsJSON ? diagnostic.errorObject : nil)
  }

  /// Prints the results of a command that is done when they are printed.
  func finish(_ lines: [SanitizedText]) -> ExitStatus {
    for line in lines { stdout.writeLine(line) }
    return concludeOutput(.done)
  }

  /// Prints what there is to tell of a change that is made already, whether or not somebody can read of it.
  func finishChange(_ lines: [SanitizedText]) -> ExitStatus {
    for line in lines { stdout.writeLine(line) }
    if let failure = stdout.failure, failure != .brokenPipe { _ = report(.outputFailed(failure)) }
    return .done
  }

  /// Turns a lost output into an error; a reader that has gone away needs no words.
  func concludeOutput(_ status: ExitStatus) -> ExitStatus {
    guard let failure = stdout.failure else { return status }
    let diagnostic = Diagnostic.outputFailed(failure)
    return failure == .brokenPipe ? diagnostic.exit : report(diagnostic)
  }

  /// Prints help and the version, and tells what is wrong with a command line.
  func report(parsing error: any Error, _ arguments: [String]) -> ExitStatus {
    guard BurinCommand.exitCode(for: error) != .success else { return finish(answer(to: error)) }
    let commands = BurinCommand.configuration.subcommands.map { $0._commandName }
    let named = arguments.first { commands.contains($0) }
    let help: SanitizedText = named.map { "burin \($0)" } ?? "burin"
    let message = Self.message(for: error, arguments)
    func diagnostic() -> Diagnostic { .usage(UsageMessage.told(message), help: help) }
    guard OutputOptions.isJSONWanted(by: arguments) else { return report(diagnostic()) }
    // The names of values are translated within the message; programs read them in English too.
    let object = Language.$current.withValue(nil) { diagnostic().errorObject }
    return report(diagnostic(), json: object)
  }

  /// What is wrong with a command line: where a word in front of it keeps the parser from finding the command, it
  /// blames `--json`, which every command has.
  private static func message(for error: any Error, _ arguments: [String]) -> String {
    let message = BurinCommand.message(for: error)
    guard message.contains("'--json'") else { return message }
    do { _ = try BurinCommand.parseAsRoot(arguments.filter { $0 != "--json" }) } catch {
      if BurinCommand.exitCode(for: error) != .success { return BurinCommand.message(for: error) }
    }
    return message
  }

  /// The help, the version or whatever else was asked for in the place of a run.
  private func answer(to request: any Error) -> [SanitizedText] {
    guard let page = HelpPage(BurinCommand.fullMessage(for: request, columns: HelpPage.unbrokenWidth))
    else { return [SanitizedText(held: SanitizedText(foreignLines: BurinCommand.fullMessage(for: request)))] }
    return page.told(columns: stdout.capabilities.width ?? fileWidth ?? HelpPage.usualWidth)
  }
}
