import BlockIO
import SystemPackage

extension UdevNotes {
  /// udevd writes a few kilobytes for each device.
  static let recordLimit = 1 << 18

  /// Where udevd keeps what it knows of a block device.
  static func recordPath(of number: DeviceNumber) -> String { "/run/udev/data/b\(number)" }

  /// What udevd of the running system has noted; nil where it has not yet seen the device, or no udevd runs.
  init?(recordOf number: DeviceNumber) {
    do throws(SystemCallError) {
      let path = FilePath(Self.recordPath(of: number))
      self.init(record: try SmallFile.bytes(of: path, limit: Self.recordLimit))
    } catch { return nil }
  }

  /// Reads a file of udevd's database: `I:` and when it saw the device first, `E:` and a property, and others.
  /// - Returns: nil where it says neither when nor what, as a file does that was cut off (R6).
  init?(record bytes: [UInt8]) {
    self.init()
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let text = String(decoding: line, as: UTF8.self)
      initialized = initialized ?? text.value(after: "I:")
      tableUUID = tableUUID ?? text.value(after: "E:ID_PART_TABLE_UUID=")
      fileSystemUUID = fileSystemUUID ?? text.value(after: "E:ID_FS_UUID=")
    }
    if self == UdevNotes() { return nil }
  }
}

extension String {
  fileprivate func value(after prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)).trimmed : nil
  }
}
