import ArgumentParser

/// `burin verify`: whether the stick still holds the image.
struct VerifyCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Compare a stick with an image, byte by byte and past every cache.",
    discussion: """
      Nothing is written. Like cmp, it ends with 0 where both are the same and with 1 where not. With --receipt \
      only the target is named, and compared with what burin write has noted of it.
      """)

  @Argument(help: "The image: a file, - for standard input, a URL, or a disk, by its path or ID.")
  var image: String

  @Argument(help: "An ID from burin list, a device path, or file:PATH for a virtual stick.")
  var target: String?

  @Option(
    help: ArgumentHelp(
      "Compare with what burin write --receipt has noted, without the image.", valueName: "file"))
  var receipt: String?

  @Flag(help: "Compare a compressed image as it is, as --allow-packed has written it.")
  var allowPacked = false

  @OptionGroup(title: "Which parts of the image matter") var map: MapOptions
  @OptionGroup(title: "What must speak for the image") var trust: TrustOptions
  @OptionGroup var size: SizeOption
  @OptionGroup var members: MemberOptions
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func validate() throws {
    guard target != nil || receipt != nil else { throw ValidationError("a target must be named") }
    guard target == nil || receipt == nil else {
      throw ValidationError("with --receipt only the target is named")
    }
    guard receipt == nil || !concernsImage else {
      throw ValidationError("with --receipt there is no image, and no option that concerns one")
    }
  }

  /// Whether an option is given that says something of the image.
  private var concernsImage: Bool {
    allowPacked || map.choice != .automatic || trust.wish != TrustWish() || size.size != nil
      || members.member != nil
  }

  func run(in context: Context) async -> ExitStatus {
    guard let target else {
      return await ReceiptVerification(
        receipt: receipt ?? "", target: image, isQuiet: progress.quiet, isJSON: output.json, context: context
      ).run()
    }
    let source: ImageOrder
    do throws(Refusal) {
      source = try SourceArgument.order(of: image, byteCount: size.size, in: context)
    } catch {
      return context.report(error.diagnostic, json: output.json ? error.diagnostic.errorObject : nil)
    }
    return await VerifySession(
      source: source, member: members.member, target: target, asIs: allowPacked, wish: trust.wish,
      map: map.choice, isQuiet: progress.quiet,
      isJSON: output.json,
      context: context
    ).run()
  }
}
