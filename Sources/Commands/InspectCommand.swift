import ArgumentParser
import ImageSource
import Terminal

/// `burin inspect`: what an image or a disk is, and where it boots.
struct InspectCommand: ContextCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what an image is and where it boots, and why not elsewhere.",
    discussion: "Nothing is written, and nothing in the image is believed without a look at it.")

  @Argument(help: "An image file, a disk, or the ID of one.")
  var image: String

  @OptionGroup var output: OutputOptions

  var wantsJSON: Bool { output.json }
  var allowsColor: Bool { !output.noColor }

  func run(in context: Context) async -> ExitStatus {
    do throws(Refusal) {
      let path = SourceArgument.path(of: image, in: context)
      let report = try context.inspect(try Self.open(path)).report
      if output.json { return context.finish([report.json(path: path).indented]) }
      return context.finish(report.lines(path: path, for: context.outputCapabilities))
    } catch {
      return context.report(error.diagnostic, json: output.json ? error.diagnostic.errorObject : nil)
    }
  }

  private static func open(_ path: String) throws(Refusal) -> RawImage {
    do throws(ImageSourceError) { return try RawImage(opening: path, acceptsDevice: true) } catch {
      throw Refusal(diagnostic: Diagnostic(error, image: path))
    }
  }
}

/// An end of a run before its time.
struct Refusal: Error {
  /// What is told.
  let diagnostic: Diagnostic
}

extension Diagnostic {
  /// What commands with one JSON object print where they fail.
  var errorObject: JSONValue {
    ["schema": 1, "error": json, "exitCode": JSONValue(exit.rawValue)]
  }
}
