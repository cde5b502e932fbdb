import Glibc
import SystemPackage
import Terminal

/// Where somebody sits who runs `burin` alone: the terminal, and the folders in which images are sought.
struct Desk: Sendable {
  /// The keyboard.
  var input: CInt = 0
  /// The screen.
  var output: CInt = 1
  /// What the screen shows.
  var style: ScreenStyle
  /// Whether a screen can be redrawn; else there are lines only.
  var redraws: Bool
  /// What `~` stands for.
  var home: String?
  /// Where images are sought.
  var folders: [FilePath]
}

extension Desk {
  /// The desk of this process; nil where standard input or output is no terminal.
  /// - Parameter variable: looks a variable up.
  static func live(variable: (String) -> String?) -> Desk? {
    guard isatty(0) == 1, isatty(1) == 1 else { return nil }
    var environment: [String: String] = [:]
    for name in ["TERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"] { environment[name] = variable(name) }
    let capabilities = Capabilities(of: 1, environment: environment)
    let home = variable("HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
    let caller = (variable("SUDO_UID") ?? variable("PKEXEC_UID")).flatMap { uid_t($0) }
    let homes = [caller.flatMap(Self.home), home].compactMap(\.self)
    return Desk(
      style: ScreenStyle(hasColor: capabilities.hasColor, environment: environment),
      redraws: capabilities.redraws, home: home,
      folders: DownloadFolders.folders(homes: homes, current: FilePath("/proc/self/cwd")))
  }

  /// The home directory of who became root by sudo or pkexec.
  private static func home(of user: uid_t) -> String? {
    // Safe: nothing else asks for an entry, and the text is copied at once.
    guard let entry = unsafe getpwuid(user), let home = unsafe entry.pointee.pw_dir else { return nil }
    return unsafe String(cString: home)
  }
}
