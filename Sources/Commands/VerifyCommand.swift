import ArgumentParser

/// `burin verify`: whether the stick still holds the image.
struct VerifyCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Compare a stick with an image, byte by byte and past every cache.",
    discussion: "Nothing is written. Like cmp, it ends with 0 where both are the same and with 1 where not.")

  @Argument(help: "The image file.")
  var image: String

  @Argument(help: "An ID from burin list, a device path, or file:PATH for a virtual stick.")
  var target: String

  @Flag(help: "Compare a compressed image as it is, as --allow-packed has written it.")
  var allowPacked = false

  @OptionGroup(title: "Which parts of the image matter") var map: MapOptions
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func run(in context: Context) async -> ExitStatus {
    await VerifySession(
      image: image, target: target, asIs: allowPacked, map: map.choice, isQuiet: progress.quiet,
      isJSON: output.json,
      context: context
    ).run()
  }
}
