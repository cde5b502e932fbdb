import BlockIO
import ImageSource
import Synchronization
import Terminal

/// Looks at an image in a thread of its own; whoever waits can do something else meanwhile, or give it up.
final class InspectionJob: Sendable {
  /// The image as it was named.
  let image: String
  private let answer = Mutex<InspectionResult?>(nil)

  /// Begins to look at what is named.
  init(_ image: String, in context: Context) {
    self.image = image
    BackgroundThread.start(
      Language.carrying { [self] in
        let result = Self.inspect(image, in: context)
        answer.withLock { $0 = result }
      })
  }

  /// What was found out, as soon as it is known.
  var result: InspectionResult? { answer.withLock(\.self) }

  /// Does for one image what `burin inspect` does, and what `burin write` does before its question.
  static func inspect(_ image: String, in context: Context) -> InspectionResult {
    do throws(Refusal) {
      let source = try OpenedImage(
        try SourceArgument.order(of: image, in: context), acceptsDevice: true, asIs: false, in: context)
      let report = source.report(by: try context.inspect(source.file, nil).report)
      let sought = try SoughtTrust(TrustWish(), for: source, in: context)
      let unsuitability = Unsuitability(report, path: image)
      return .known(
        KnownImage(
          argument: image, report: report, trust: [sought.expectation] + sought.notes,
          objection: unsuitability?.diagnostic, isRefused: unsuitability?.option != nil))
    } catch { return .failed(error.diagnostic) }
  }
}
