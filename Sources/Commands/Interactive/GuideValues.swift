import DeviceSafety
import ImageInspector
import Terminal

/// An image that somebody may mean: a file that was found.
struct FoundImage: Hashable, Sendable {
  /// Its absolute path.
  let path: String
  /// Its length in bytes.
  let byteCount: UInt64
  /// What its first bytes say it is.
  let kind: SanitizedText
  /// When it was last changed, in seconds since 1970-01-01 UTC.
  let modified: Int64

  /// The path without its folder.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  /// The folder.
  var folder: String { path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } }
}

/// What an image is, as far as it is known before it is written.
struct KnownImage: Sendable {
  /// The image as it was named.
  let argument: String
  /// Where it boots.
  let report: ImageReport
  /// What is proven about it, or will be.
  let trust: [SanitizedText]
  /// What speaks against writing it.
  let objection: Diagnostic?
  /// Whether it is refused for that.
  let isRefused: Bool
}

/// What came of looking at an image.
enum InspectionResult: Sendable {
  case known(KnownImage)
  /// It cannot be looked at, or is proven to be wrong.
  case failed(Diagnostic)
}

/// A stick that is plugged in.
struct OfferedStick: Hashable, Sendable {
  /// Whether it can be written.
  enum State: Hashable, Sendable {
    case free
    /// Mounted at some places, and otherwise free.
    case mounted([String])
    /// It needs options that the interactive way does not give.
    case needs([String], SanitizedText)
    /// It is never written, as it is now.
    case never(SanitizedText)
  }

  /// The name that is typed, and that dies when it is unplugged.
  let id: String
  /// Its node.
  let path: String
  /// Size, maker and connection.
  let description: SanitizedText
  /// Port and serial number, which tell two equal sticks apart.
  let place: SanitizedText
  /// What would be lost, the weightiest first.
  let losses: [SanitizedText]
  /// Whether it can be written.
  let state: State

  /// What is in the way of writing it; nil where nothing is.
  var hindrance: SanitizedText? {
    switch state {
    case .free: return nil
    case .mounted(let places):
      return "mounted at \(places.prefix(3).map { SanitizedText(foreign: $0) }.joined(separator: ", "))"
    case .needs(let options, let reason):
      return "needs \(options.map { SanitizedText(foreign: $0) }.joined(separator: " ")): \(reason)"
    case .never(let reason): return "never: \(reason)"
    }
  }

  /// Whether nothing but its mounts is in the way.
  var isMounted: Bool { if case .mounted = state { true } else { false } }
}

/// What was chosen: the arguments of `burin write`.
struct GuideChoice: Hashable, Sendable {
  /// The image.
  var image: String
  /// The target.
  var target: String
  /// `--unmount`.
  var unmounts = false

  /// The command line, word by word.
  var arguments: [String] { ["write"] + (unmounts ? ["--unmount"] : []) + ["--", image, target] }
}
