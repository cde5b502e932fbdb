import BlockIO
import SystemPackage

extension SysfsTree {
  /// The names in a directory; none where it does not exist, and an entry in a list where it cannot be read (R6).
  func names(in directory: String, noting unreadable: inout [UnreadableSource]) -> [String] {
    do throws(SystemCallError) { return try names(in: directory) } catch {
      if !error.isAbsence {
        unreadable.append(UnreadableSource(path: "/sys/\(directory)", reason: "\(error.errno)"))
      }
      return []
    }
  }

  /// The number of the device that an entry of a directory leads to.
  ///
  /// Nil where the entry has gone; where it is still there, an entry in a list says so.
  func deviceNumber(
    of name: String, in directory: String, noting unreadable: inout [UnreadableSource]
  ) -> DeviceNumber? {
    if let number = deviceNumber(of: "\(directory)/\(name)") { return number }
    if exists(name, of: directory) {
      unreadable.append(UnreadableSource(path: "/sys/\(directory)/\(name)", reason: "no device number"))
    }
    return nil
  }

  /// Whether an attribute is there although it could not be read or understood.
  func isUnreadable(_ name: String, of directory: String) -> Bool {
    attribute(name, of: directory) == nil && exists(name, of: directory)
  }
}

extension SystemCallError {
  /// Whether there is nothing to be read: no such file, or its device went while it was read.
  var isAbsence: Bool {
    [.noSuchFileOrDirectory, .notDirectory, .noSuchAddressOrDevice, .operationNotSupportedByDevice]
      .contains(errno)
  }
}
