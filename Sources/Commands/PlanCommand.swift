import ArgumentParser
import DeviceSafety
import Glibc
import ImageSource
import SystemPackage
import UndoStore
import Writer

/// `burin plan`: a write as a file that can be looked at before it is carried out.
struct PlanCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Write down what a write would do, for a review before burin apply.",
    discussion: """
      The plan names the image by its SHA-256, the disk by everything that identifies it and its medium, what \
      every rule says of it, what will be destroyed, and each step. Nothing is opened for writing.
      """)

  @Argument(help: "The image file, or a disk, by its path or ID.")
  var image: String

  @Argument(help: "An ID from burin list, a device path, or file:PATH for a virtual stick.")
  var target: String

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Write the plan to this file, and say in words what it holds.", valueName: "file"))
  var file: String?

  @Option(help: "The digest of the image to report after the write: sha256 or none.")
  var digest: DigestOption = .sha256

  @Flag(help: ArgumentHelp(WriteCommand.allowFakeHelp))
  var allowFake = false

  @Flag(help: "Have the stick read first, and only the blocks written that differ from the image.")
  var delta = false

  @Flag(help: "Have the backup of a GPT moved to the true end of the stick after the write.")
  var fixGpt = false

  @Flag(help: "Have nothing saved for burin undo before the write.")
  var noUndo = false

  @OptionGroup var level: VerifyOption

  @OptionGroup var parting: PartingOptions

  @OptionGroup(title: "What must speak for the image") var trust: TrustOptions
  @OptionGroup(title: "Which parts of the image matter") var map: MapOptions
  @OptionGroup(title: "What is refused otherwise") var allowances: Allowances
  @OptionGroup var members: MemberOptions
  @OptionGroup(title: "Which images are refused otherwise") var images: ImageAllowances
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func validate() throws { try level.verify.require(for: [target]) }

  func run(in context: Context) async -> ExitStatus {
    let path: String
    do throws(Refusal) { path = try requireFile(in: context) } catch {
      return context.report(error.diagnostic, json: output.json ? error.diagnostic.errorObject : nil)
    }
    // The plan may be carried out from another directory.
    let prefix = TargetArgument.virtualPrefix
    let target =
      self.target.hasPrefix(prefix)
      ? prefix + Self.absolute(String(self.target.dropFirst(prefix.count))) : self.target
    var wish = trust.wish
    wish.keyrings = wish.keyrings.map(Self.absolute)
    let order = WriteOrder(
      image: Self.absolute(path), member: members.member, target: target, request: allowances.request,
      isYes: false, digest: digest.choice, trust: wish, map: mapChoice,
      allowsDamaged: images.allowDamaged,
      allowsPacked: images.allowPacked,
      probing: CapacityProbing(seed: context.probeSeed(), toleratesFake: allowFake),
      undo: noUndo ? nil : .standard, isQuiet: false, isJSON: output.json,
      ejects: parting.eject, powersOff: parting.powerOff,
      fixesTable: fixGpt, isDelta: delta, verify: level.verify)
    return WriteRehearsal(order: order, context: context).plan(to: file)
  }

  /// What comes once cannot be compared later with what was reviewed.
  private func requireFile(in context: Context) throws(Refusal) -> String {
    let location = try SourceArgument.order(of: image, in: context).location
    guard case .path(let path) = location else {
      throw Refusal(diagnostic: .planNeedsFile(image: location.name))
    }
    return path
  }

  private var mapChoice: MapChoice {
    if case .file(let path) = map.choice { .file(Self.absolute(path)) } else { map.choice }
  }

  /// A path that leads to the same file from any directory.
  static func absolute(_ path: String) -> String {
    guard !path.isEmpty, !path.hasPrefix("/"), let memory = unsafe getcwd(nil, 0) else { return path }
    // Safe: getcwd has allocated a text that ends with a zero byte, and nobody else has it.
    defer { unsafe free(memory) }
    return FilePath(unsafe String(cString: memory)).pushing(FilePath(path)).lexicallyNormalized().string
  }
}

/// `burin apply`: carries out a plan, and nothing else.
struct ApplyCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Carry out a plan of burin plan, if everything still is as it says.",
    discussion: """
      Everything on the disk that the plan names is destroyed, without a question: whoever reviewed the plan \
      has answered it. If the disk, its medium or what is on it, the image or what the rules say differs from \
      the plan in anything, nothing is written.
      """)

  @Argument(help: "The file that burin plan wrote.")
  var plan: String

  @OptionGroup var progress: ProgressOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func run(in context: Context) async -> ExitStatus {
    let order: WriteOrder
    do throws(Refusal) {
      order = try ReviewedPlan(opening: plan).order(isQuiet: progress.quiet, isJSON: output.json)
    } catch {
      return context.report(error.diagnostic, json: output.json ? error.diagnostic.errorObject : nil)
    }
    return await WriteParty(orders: [order], context: context).run()
  }
}
