import DeviceProbe
import Glibc
import SystemPackage

/// Where this process finds the lists of protected disks.
struct ProtectionPlaces: Hashable, Sendable {
  /// All that are read.
  let files: ProtectionFiles
  /// The one that `burin protect` changes.
  let own: FilePath?

  /// The file of the whole system, which root changes.
  private static let system: FilePath = "/etc/burin/protect"

  /// Finds the places from the variables of an environment.
  /// - Parameters:
  ///   - isRoot: whether the process may change the list of the whole system.
  ///   - callerHome: the home directory of the person who became root by sudo or pkexec: what they have
  ///     protected as themselves stays protected.
  init(environment: [String: String], isRoot: Bool, callerHome: String?) {
    let home = environment["HOME"].flatMap(Self.absolute).map { $0.appending(".config") }
    // The XDG Base Directory Specification has relative paths ignored.
    let configuration = environment["XDG_CONFIG_HOME"].flatMap(Self.absolute) ?? home
    let caller = callerHome.flatMap(Self.absolute).map { $0.appending(".config") }
    let folders = [configuration, home, caller].compactMap(\.self)
    var files = ProtectionFiles.system
    for file in folders.map({ $0.appending("burin").appending("protect") }) where !files.files.contains(file)
    {
      files.files.append(file)
    }
    self.files = files
    own = isRoot ? Self.system : configuration.map { $0.appending("burin").appending("protect") }
  }

  /// Those of this process.
  static func live() -> ProtectionPlaces {
    var environment: [String: String] = [:]
    for name in ["HOME", "XDG_CONFIG_HOME", "SUDO_UID", "PKEXEC_UID"] {
      // Safe: the text is copied at once, and nothing here changes the environment.
      environment[name] = unsafe getenv(name).map { unsafe String(cString: $0) }
    }
    let caller = (environment["SUDO_UID"] ?? environment["PKEXEC_UID"]).flatMap { uid_t($0) }
    // Safe: no other thread exists yet that could ask for another entry, and the text is copied at once.
    let callerHome = caller.flatMap { user -> String? in
      guard let entry = unsafe getpwuid(user), let home = unsafe entry.pointee.pw_dir else { return nil }
      return unsafe String(cString: home)
    }
    return ProtectionPlaces(environment: environment, isRoot: geteuid() == 0, callerHome: callerHome)
  }

  private static func absolute(_ path: String) -> FilePath? {
    let path = FilePath(path)
    return path.isAbsolute ? path : nil
  }
}
