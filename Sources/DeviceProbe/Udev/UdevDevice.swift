import BlockIO
import CUdev
import SystemPackage

/// What udevd has noted about block devices; nothing at all where no udevd runs.
@safe
struct UdevDatabase: ~Copyable {
  private let handle: OpaquePointer

  init?() {
    guard let handle = unsafe udev_new() else { return nil }
    unsafe self.handle = handle
  }

  deinit { unsafe udev_unref(handle) }

  /// The device with a number.
  borrowing func device(_ number: DeviceNumber) -> UdevDevice? {
    unsafe udev_device_new_from_devnum(handle, CChar(bitPattern: UInt8(ascii: "b")), UInt(number.deviceID))
      .map { unsafe UdevDevice(adopting: $0) }
  }
}

/// One device of the database.
@safe
struct UdevDevice: ~Copyable {
  private let handle: OpaquePointer

  fileprivate init(adopting handle: OpaquePointer) { unsafe self.handle = handle }

  deinit { unsafe udev_device_unref(handle) }

  /// A property, such as `ID_SERIAL_SHORT`; foreign text.
  borrowing func property(_ name: String) -> String? {
    guard let value = unsafe udev_device_get_property_value(handle, name) else { return nil }
    return unsafe String(cString: value).trimmed
  }

  /// What udevd has noted; nil where it has not yet seen the device, or no udevd runs.
  borrowing func notes() -> UdevNotes? {
    let notes = UdevNotes(
      initialized: property("USEC_INITIALIZED"), tableUUID: property("ID_PART_TABLE_UUID"),
      fileSystemUUID: property("ID_FS_UUID"))
    // A record that says nothing counts as initialised to libudev, and proves nothing (R6).
    return notes == UdevNotes() ? nil : notes
  }
}

extension HardwareIdentity {
  /// Fills the gaps that sysfs leaves with what udev's helpers asked the hardware.
  mutating func fillGaps(from device: borrowing UdevDevice) {
    vendor = vendor ?? device.property("ID_VENDOR")
    model = model ?? device.property("ID_MODEL")
    serial = serial ?? device.property("ID_SERIAL_SHORT")
    wwn = wwn ?? device.property("ID_WWN_WITH_EXTENSION") ?? device.property("ID_WWN")
  }
}

extension [BlockDevice] {
  /// Lets udev name what sysfs does not; of the running system only, because libudev knows no other.
  /// - Returns: the disks of which udev says that multipath has them, in use or not (multipath(8)).
  mutating func decorateFromUdev() -> [DeviceNumber] {
    guard let database = UdevDatabase() else { return [] }
    var paths: [DeviceNumber] = []
    for index in indices {
      // libudev walks a dozen directories for each device: hundreds of loop devices and volumes have nothing
      // that it would be needed for.
      guard self[index].isWholeDisk && self[index].virtual == nil else {
        self[index].udev = UdevNotes(recordOf: self[index].number)
        continue
      }
      guard let device = database.device(self[index].number) else { continue }
      self[index].udev = device.notes()
      self[index].identity.fillGaps(from: device)
      if device.property("DM_MULTIPATH_DEVICE_PATH") == "1" { paths.append(self[index].number) }
    }
    return paths
  }
}
