import ImageSource
import ImageTrust
import Terminal

/// Asks a server for what speaks for an image that comes from there, in the directory of its URL (R50).
struct ServerSearch {
  private let places: [SecretURL]
  private let names: [String]
  private let isPacked: Bool
  private let judge: any SignatureJudge
  private let context: Context

  /// Prepares a search beside the URL that was given; beside the one that it leads to only if that has nothing.
  init(
    _ stream: FetchStream, _ url: SecretURL, _ isPacked: Bool, _ judge: any SignatureJudge, _ context: Context
  ) {
    places = url.directory == stream.found.directory ? [url] : [url, stream.found]
    // A list may name what the URL stands for today.
    names = [url.fileName, stream.found.fileName].compactMap(\.self).reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
    (self.isPacked, self.judge, self.context) = (isPacked, judge, context)
  }

  /// Asks, and judges what came.
  func run() throws(Refusal) -> (FoundTrust, [SmallFetch.Trouble]) {
    var found = FoundTrust()
    var troubles: [SmallFetch.Trouble] = []
    for place in places where hasName {
      let lists = context.fetchBeside(BesideGuess.names(for: names, isPacked: isPacked), place)
      let signatures = context.fetchBeside(
        BesideGuess.signatures(over: lists.files, for: names, isPacked: isPacked), place)
      if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
      troubles += lists.troubles + signatures.troubles
      var search = BesideSearch(
        fetched: lists.files.merging(signatures.files) { first, _ in first }, names: names,
        isPacked: isPacked,
        judge: judge)
      found.add(search.run())
      if found.isAboutImage { break }
    }
    return (found, troubles)
  }

  /// Whether there is a name for which a server can be asked.
  var hasName: Bool { !names.isEmpty }
}

extension [SmallFetch.Trouble] {
  /// What could not be had, for people: one line for each reason.
  var notes: [SanitizedText] {
    var reasons: [(text: SanitizedText, names: [String])] = []
    for trouble in self {
      let text = trouble.failure.text
      if let index = reasons.firstIndex(where: { $0.text == text }) {
        reasons[index].names.append(trouble.name)
      } else {
        reasons.append((text, [trouble.name]))
      }
    }
    return reasons.map { reason in
      let first = SanitizedText(foreign: reason.names[0])
      let rest = reason.names.count - 1
      let more: SanitizedText =
        rest == 0
        ? ""
        : SanitizedText(
          counting: rest, one: " and \(rest) other name", other: " and \(rest) other names")
      return "whether the server has \(first)\(more) beside it is not known: \(reason.text)"
    }
  }
}

extension FetchFailure {
  /// Why it could not be fetched, in a few words.
  fileprivate var text: SanitizedText {
    switch self {
    case .status(let status): "its answer has the status \(status)"
    case .tooLarge(let limit): "what came is longer than \(SanitizedText(size: limit))"
    case .unresolved(let text), .unreachable(let text), .unproven(let text), .transfer(let text),
      .lost(_, let text):
      SanitizedText(sentence: text)
    case .redirects, .insecureRedirect: "it leads nowhere, or to where nothing is protected"
    case .encoded: "it was packed for the way"
    case .noLibrary, .unconfined, .certificates, .changed, .cannotResume, .wrongPart, .tooLong, .process,
      .senseless:
      "it could not be fetched"
    }
  }
}
