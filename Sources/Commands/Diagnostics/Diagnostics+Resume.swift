import Terminal

extension Diagnostic {
  /// Words for a disk that no write was interrupted on.
  static func nothingToResume(_ target: String, others: Int) -> Diagnostic {
    var because: [SanitizedText] = []
    if others > 0 {
      because = ["what was interrupted went onto another disk: `burin resume` lists it"]
    }
    return Diagnostic(
      .resumeNothing, .notFound, "no write onto \(target) is known that was interrupted",
      because: because,
      toFix: "name the image: `burin write --delta IMAGE \(target)` writes what is missing as well")
  }

  /// Words for a disk that looks like the one that a write was interrupted on, and holds nothing of it.
  static func resumeUnknownAgain(_ target: String) -> Diagnostic {
    Diagnostic(
      .resumeNothing, .notFound, "\(target) is not known again as the stick on which a write was interrupted",
      because: [
        "it has no serial number of its own, and what an interrupted write leaves is not on it: a head of zeros, and some of the image behind it"
      ],
      toFix: "name the image: `burin write --delta IMAGE \(target)` writes what is missing as well")
  }

  /// Words for an image that is another one by now.
  static func resumeImageChanged(_ image: String, target: String) -> Diagnostic {
    Diagnostic(
      .resumeImageChanged, .imageRefused,
      "\(image) is not the file any more that was being written",
      because: ["it has been changed or replaced since"],
      toFix: "`burin write --delta \(image) \(target)` writes the new one where it differs")
  }

  /// Words for a note that says nothing that can be carried out.
  static func resumeNoteUnusable(_ target: String) -> Diagnostic {
    Diagnostic(
      .resumeNothing, .notFound, "what was noted of the write onto \(target) cannot be used",
      because: ["it is damaged, or of another version of burin"],
      toFix: "name the image: `burin write --delta IMAGE \(target)` writes what is missing as well")
  }

  /// Words for two disks that a write could have been interrupted on.
  static func ambiguousResume(_ target: String, other: String) -> Diagnostic {
    Diagnostic(
      .targetAmbiguous, .targetRefused, "it cannot be told whether the write went onto \(target)",
      because: ["\(other) has the same vendor, model, serial number and size"],
      toFix: "unplug the other one")
  }
}
