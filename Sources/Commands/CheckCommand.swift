import ArgumentParser

/// `burin check`: what is proven about an image.
struct CheckCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Say what is proven about an image, without writing it.",
    discussion: """
      The image is read once and compared with everything that speaks for it: checksums that are given, files of \
      checksums and signatures beside it, the checksum inside of it. One line says what that proves; it ends with 0 \
      only where something outside of the image speaks for it, and with 1 where nothing does.
      """)

  @Argument(help: "An image file, a disk, a URL, or - for standard input.")
  var image: String

  @OptionGroup(title: "What must speak for it") var trust: TrustOptions
  @OptionGroup var members: MemberOptions
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func run(in context: Context) async -> ExitStatus {
    let order: ImageOrder
    do throws(Refusal) { order = try SourceArgument.order(of: image, in: context) } catch {
      return context.report(error.diagnostic, json: output.json ? error.diagnostic.errorObject : nil)
    }
    return await CheckSession(
      source: order, member: members.member, wish: trust.wish, isQuiet: progress.quiet, isJSON: output.json,
      context: context
    ).run()
  }
}
