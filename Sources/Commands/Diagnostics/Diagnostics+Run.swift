import DeviceProbe
import Glibc
import SystemPackage
import Terminal

extension Diagnostic {
  /// Words for a command line that cannot be understood.
  static func usage(_ message: SanitizedText, help: SanitizedText) -> Diagnostic {
    Diagnostic(.usage, .usage, message, toFix: "see `\(help) --help`")
  }

  /// Words for an argument with bytes that are no UTF-8.
  /// - Parameter argument: it, with a mark for each of them.
  static func argumentIsNoText(_ argument: String, number: Int) -> Diagnostic {
    Diagnostic(
      .usage, .usage, "argument \(number), \(argument), has bytes that are no text in UTF-8",
      toFix: "rename the file, name it by a symbolic link, or give an image as standard input")
  }

  /// Words for results that nobody can read.
  static func outputFailed(_ error: Errno) -> Diagnostic {
    // A reader that has seen enough, such as `head`, is no error worth words; the status is that of SIGPIPE.
    Diagnostic(
      .outputFailed, error == .brokenPipe ? .signal(SIGPIPE) : .internalError,
      "the output could not be written", because: ["\(error.description) (errno \(error.rawValue))"],
      toFix: "send it where it can be written")
  }

  /// Words for a process that may not use as much address space as its threads take.
  static func addressSpaceTooSmall(_ limit: UInt64, needed: UInt64) -> Diagnostic {
    let kibibytes = SanitizedText("\(needed >> 10)")
    return Diagnostic(
      .addressSpaceTooSmall, .notPermitted,
      "the address space of this process is limited to \(SanitizedText(size: limit))",
      because: [
        "\(SanitizedText(size: needed)) are needed, little of which is memory that is used"
      ],
      toFix: "allow it with `ulimit -v \(kibibytes)`, or take the limit away where it was set")
  }

  /// Words for a process that may not have as many descriptors open as a run may use.
  static func descriptorsTooFew(_ limit: UInt64, needed: UInt64) -> Diagnostic {
    let count = SanitizedText("\(needed)")
    return Diagnostic(
      .descriptorsTooFew, .notPermitted, "the open files of this process are limited to \(limit)",
      because: ["\(count) are needed, for devices, pipes and libraries"],
      toFix: "allow it with `ulimit -n \(count)`, or take the limit away where it was set")
  }

  /// Words for a process that may not start as many threads as a run may have.
  static func threadsTooFew(needed: Int) -> Diagnostic {
    Diagnostic(
      .threadsTooFew, .notPermitted, "the threads of this process are limited to fewer than \(needed)",
      because: ["a run that lacks one of them would stand still, be it in the midst of a write"],
      toFix: "raise or take away the limit where it was set: `ulimit -u`, or `pids.max` of the cgroup")
  }

  /// Words for a question that cannot be asked.
  static func cannotAsk(id: String) -> Diagnostic {
    Diagnostic(
      .confirmationImpossible, .targetRefused, "there is no terminal to ask at, and that never means yes",
      toFix: "name the target by its ID, \(id), and add `--yes`")
  }

  /// Words for an answer that is not the ID.
  static func declined() -> Diagnostic {
    Diagnostic(
      .cancelled, .cancelled, "cancelled, nothing was written",
      because: ["what was typed is not what was asked for"])
  }
}

extension Diagnostic {
  /// Words for what cannot happen.
  static func internalError(_ what: SanitizedText) -> Diagnostic {
    Diagnostic(
      .internalError, .internalError, "burin has made a mistake", because: [what],
      toFix: "report this as an error of burin")
  }

  /// Words for a question whose disk has gone or become another one meanwhile.
  static func disturbed(_ disturbance: Disturbance?, target: String) -> Diagnostic {
    switch disturbance {
    case .removed?:
      Diagnostic(
        .deviceUnplugged, .deviceFailed, "\(target) disappeared before the answer, nothing was written",
        toFix: DeviceTrouble.unplugged.remedy)
    case .mediumChanged?, nil:
      Diagnostic(
        .targetChanged, .targetRefused, "\(target) changed before the answer, nothing was written",
        because: ["another medium is in the drive, or none"],
        toFix: "run `burin list` again and choose by what it shows now")
    }
  }

  /// Words for a terminal that cannot be read.
  static func promptFailed(_ error: Errno) -> Diagnostic {
    Diagnostic(
      .confirmationImpossible, .targetRefused, "the terminal could not be asked",
      because: ["\(error.description) (errno \(error.rawValue))"],
      toFix: "use another terminal, or name the target by its ID and add `--yes`")
  }
}
