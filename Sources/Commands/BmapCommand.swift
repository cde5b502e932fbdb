import ArgumentParser

/// `burin bmap`: block maps, which say which parts of an image matter.
struct BmapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bmap", abstract: "Make block maps, which say which parts of an image matter.",
    discussion: "burin write and bmaptool leave out what a map leaves out, and check the rest against it.",
    subcommands: [BmapCreateCommand.self])
}

/// `burin bmap create`.
struct BmapCreateCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make the block map of an image, with checksums.",
    discussion: """
      What the holes of a sparse file leave out is left out. Of any other image, a compressed one too, every \
      block matters, unless --zeros says that blocks of zeros do not.
      """)

  @Argument(help: "The image file.")
  var image: String

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Write the map to this file, not to standard output.", valueName: "file"))
  var file: String?

  @Flag(help: "Leave out blocks of zeros; only for images that do not need their zeros.")
  var zeros = false

  @Flag(help: "Replace the file if it is there.")
  var force = false

  @OptionGroup var members: MemberOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func validate() throws {
    guard !output.json || file != nil else { throw ValidationError("--json needs --output") }
  }

  func run(in context: Context) async -> ExitStatus {
    MapSession(
      image: image, member: members.member, file: file, leavesOutZeros: zeros, replaces: force,
      isJSON: output.json, context: context
    ).run()
  }
}
