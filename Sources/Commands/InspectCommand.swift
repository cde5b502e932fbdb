import ArgumentParser
import Documents
import ImageSource
import Terminal

/// `burin inspect`: what an image or a disk is, and where it boots.
struct InspectCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what an image is and where it boots, and why not elsewhere.",
    discussion: "Nothing is written, and nothing in the image is believed without a look at it.")

  @Argument(help: "An image file, - for standard input, a URL, a disk, or the ID of one.")
  var image: String

  @OptionGroup var members: MemberOptions
  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func run(in context: Context) async -> ExitStatus {
    do throws(Refusal) {
      let source = try SourceArgument.order(of: image, in: context)
      let path = source.location.name
      let report = try context.inspect(try Self.open(source, in: context), members.member).report
      if output.json { return context.finish([report.json(path: path).indented]) }
      return context.finish(report.lines(path: path, for: context.outputCapabilities))
    } catch {
      return context.report(error.diagnostic, json: output.json ? error.diagnostic.errorObject : nil)
    }
  }

  private static func open(
    _ source: ImageOrder, in context: Context
  ) throws(Refusal) -> any SuppliedFile {
    do throws(ImageSourceError) { return try source.open(acceptsDevice: true, in: context).0 } catch {
      if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
      throw Refusal(diagnostic: Diagnostic(error, image: source.location.name))
    }
  }
}

/// Which member of an archive is meant.
struct MemberOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The image, by its name in a zip, tar or 7z archive that holds several.", valueName: "name"))
  var member: String?
}

/// An end of a run before its time.
struct Refusal: Error {
  /// What is told.
  let diagnostic: Diagnostic
  /// The target that it is about, where there are several and it is about one of them.
  var target: String?
}

extension Diagnostic {
  /// What commands with one JSON object print where they fail.
  var errorObject: JSONValue {
    ["schema": 1, "error": json, "exitCode": JSONValue(exit.rawValue)]
  }
}
