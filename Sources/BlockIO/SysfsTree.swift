import SystemPackage

/// The kernel's device tree, or a copy of it; directories are named relative to `/sys`.
///
/// Attributes come and go with their devices, so a reader answers nil rather than throwing.
public struct SysfsTree: Sendable {
  private let root: SystemRoot

  /// The largest attribute that is read: the kernel's own limit is one page, binary ones may be longer.
  private static let limit = 65_536

  /// Creates a reader of a system's `/sys`.
  public init(root: SystemRoot) { self.root = root }

  private func path(_ entry: String, of directory: String) -> FilePath {
    root.path("/sys/\(directory)/\(entry)")
  }

  /// The bytes of an attribute.
  public func bytes(_ name: String, of directory: String) -> [UInt8]? {
    do throws(SystemCallError) {
      return try SmallFile.bytes(ofAttribute: path(name, of: directory), limit: Self.limit)
    } catch { return nil }
  }

  /// An attribute as text, without the line end.
  public func attribute(_ name: String, of directory: String) -> String? {
    guard var text = bytes(name, of: directory) else { return nil }
    while text.last == 0x0a { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }

  /// An attribute that is a decimal number and nothing else.
  public func number<Value: FixedWidthInteger>(
    _ name: String, of directory: String, as type: Value.Type = Value.self
  ) -> Value? {
    attribute(name, of: directory).flatMap { Value($0) }
  }

  /// An attribute that is 0 or 1.
  public func flag(_ name: String, of directory: String) -> Bool? {
    switch attribute(name, of: directory) {
    case "0": false
    case "1": true
    default: nil
    }
  }

  /// The number of the device that a directory or a link to one stands for.
  public func deviceNumber(of directory: String) -> DeviceNumber? {
    attribute("dev", of: directory).flatMap { DeviceNumber($0) }
  }

  /// Whether a directory has an entry.
  public func exists(_ name: String, of directory: String) -> Bool {
    do throws(SystemCallError) {
      _ = try FileState(at: path(name, of: directory))
      return true
    } catch { return false }
  }

  /// The names in a directory, sorted.
  public func names(in directory: String) throws(SystemCallError) -> [String] {
    try SmallFile.names(in: root.path("/sys/\(directory)"))
  }

  /// The names in a directory, sorted; none where it cannot be read.
  public func namesIfAny(in directory: String) -> [String] {
    do throws(SystemCallError) { return try names(in: directory) } catch { return [] }
  }

  /// Where a link of a directory leads, relative to `/sys`; nil for links that leave it.
  public func link(_ name: String, of directory: String) -> String? {
    guard let target = rawLink(name, of: directory), !target.hasPrefix("/") else { return nil }
    var components = directory.split(separator: "/")
    // The link's own directory, where the name itself has several components.
    components += name.split(separator: "/").dropLast()
    for component in target.split(separator: "/") {
      switch component {
      case ".": continue
      case "..":
        guard components.popLast() != nil else { return nil }
      default: components.append(component)
      }
    }
    return components.joined(separator: "/")
  }

  /// The last component of where a link leads, such as the name of the driver or the subsystem.
  public func linkName(_ name: String, of directory: String) -> String? {
    rawLink(name, of: directory)?.split(separator: "/").last.map { String($0) }
  }

  private func rawLink(_ name: String, of directory: String) -> String? {
    do throws(SystemCallError) { return try SmallFile.link(at: path(name, of: directory)) } catch {
      return nil
    }
  }
}
