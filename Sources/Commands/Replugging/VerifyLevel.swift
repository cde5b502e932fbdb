import ArgumentParser
import DeviceSafety
import Terminal

/// How much is proven of a target before a write is done.
enum VerifyLevel: String, Hashable, ExpressibleByArgument, CaseIterable {
  /// All of it was read back past every cache.
  case read
  /// All of it was read once more after the stick had been unplugged and plugged in again.
  case replug

  /// Refuses what nobody can unplug.
  func require(for targets: [String]) throws {
    guard self == .replug, let file = targets.first(where: { $0.hasPrefix(TargetArgument.virtualPrefix) })
    else { return }
    throw ValidationError("--verify replug needs a stick that can be unplugged, and \(file) is a file.")
  }
}

/// The option that says how much is proven.
struct VerifyOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How it is proven: read, or replug to have it read once more after you have plugged it in again.",
      valueName: "level"))
  var verify: VerifyLevel = .read
}

extension Diagnostic {
  /// Words for a stick that somebody who is not root could not read once more.
  static func replugNeedsRoot(_ target: String) -> Diagnostic {
    Diagnostic(
      .targetPermission, .notPermitted, "\(target) could not be read once more after it is plugged in again",
      because: ["UDisks2 has opened it for this write alone, and only root may open it then"],
      toFix: "run it with sudo, or without --verify replug")
  }
}
