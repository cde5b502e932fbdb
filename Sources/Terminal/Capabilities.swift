import Glibc

/// What the place where text goes can show.
public struct Capabilities: Hashable, Sendable {
  /// Whether somebody looks at it as it is written, so that a line can be redrawn.
  public var isTerminal: Bool
  /// Whether a line can be redrawn: a terminal that knows escape sequences.
  public var redraws: Bool
  /// Whether colours are wanted and shown.
  public var hasColor: Bool
  /// The columns; nil where lines may be of any length.
  public var width: Int?
  /// Whether it is a Linux console, whose fonts have the letters of Latin-1 and hardly a sign beyond them.
  public var isConsole = false

  /// Creates capabilities from their parts; the default is a file.
  public init(isTerminal: Bool = false, redraws: Bool = false, hasColor: Bool = false, width: Int? = nil) {
    self.isTerminal = isTerminal
    self.redraws = redraws
    self.hasColor = hasColor
    self.width = width
  }

  /// Looks at an open descriptor and at `TERM`, `NO_COLOR` and `COLUMNS`.
  public init(of descriptor: CInt, environment: [String: String], allowsColor: Bool = true) {
    isTerminal = isatty(descriptor) == 1
    let isDumb = ["dumb", ""].contains(environment["TERM"] ?? "")
    redraws = isTerminal && !isDumb
    isConsole = isTerminal && environment["TERM"] == "linux"
    // https://no-color.org: any value that is not empty.
    hasColor = redraws && allowsColor && (environment["NO_COLOR"] ?? "").isEmpty
    width = isTerminal ? Self.width(of: descriptor) ?? Self.columns(environment["COLUMNS"]) ?? 80 : nil
  }

  /// The window's width as the kernel knows it; nil where it does not.
  ///
  /// The corresponding C name is `TIOCGWINSZ`.
  public static func width(of descriptor: CInt) -> Int? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// The columns that `COLUMNS` says; nil where it is no such number.
  package static func columns(_ text: String?) -> Int? {
    guard let text, let columns = Int(text), (1...10_000).contains(columns) else { return nil }
    return columns
  }
}
