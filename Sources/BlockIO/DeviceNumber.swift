import CLinuxBlock

/// The major and minor number of a device node, the kernel's name for a block device.
public struct DeviceNumber: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The driver's number.
  public let major: UInt32
  /// The number of the device or partition under that driver.
  public let minor: UInt32

  /// Creates a number from its two halves.
  public init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }

  /// Splits a `dev_t` as `stat` returns it.
  public init(deviceID: UInt64) {
    self.init(major: clb_major(deviceID), minor: clb_minor(deviceID))
  }

  /// The number as one `dev_t`, in the encoding of the C library.
  public var deviceID: UInt64 { clb_makedev(major, minor) }

  /// Reads the `8:16` of sysfs and mountinfo; nil for anything else.
  public init?(_ text: some StringProtocol) {
    let halves = text.split(separator: ":", omittingEmptySubsequences: false)
    guard halves.count == 2, let major = UInt32(halves[0]), let minor = UInt32(halves[1]) else { return nil }
    self.init(major: major, minor: minor)
  }

  /// The form that sysfs and mountinfo use, such as `8:16`.
  public var description: String { "\(major):\(minor)" }

  /// Orders by major, then minor number.
  public static func < (left: DeviceNumber, right: DeviceNumber) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}
