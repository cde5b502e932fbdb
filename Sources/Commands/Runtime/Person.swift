import Glibc
import Sandbox

/// Who called burin, by numbers: who became root for it, or who it runs as.
struct Person: Hashable, Sendable {
  /// The number of the user; never root's.
  let user: UInt32
  /// The number of the user's group.
  let group: UInt32

  /// Finds out who that is; nil for root itself, and where it cannot be told.
  /// - Parameter variable: looks a variable up.
  init?(variable: (String) -> String?) {
    guard geteuid() == 0 else {
      (user, group) = (geteuid(), getegid())
      return
    }
    guard let user = (variable("SUDO_UID") ?? variable("PKEXEC_UID")).flatMap(UInt32.init), user != 0,
      // Safe: nothing else asks for an entry, and the number is copied at once.
      let entry = unsafe getpwuid(user)
    else { return nil }
    self.user = user
    group = unsafe entry.pointee.pw_gid
  }

  /// Reads two numbers with a colon between them.
  init?(_ text: Substring) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let user = UInt32(parts[0]), let group = UInt32(parts[1]), user != 0
    else { return nil }
    (self.user, self.group) = (user, group)
  }

  /// Makes this process that person's, for good, and says whether it is.
  func isBecome() -> Bool {
    if geteuid() == 0 { return Confinement.becomes(user: user, group: group) }
    return geteuid() == user && getuid() == user
  }
}
