import BlockIO
import CUdev
import Glibc
import Synchronization

/// A socket on which the kernel tells what happens to disks, whether or not a udevd runs.
@safe
struct DeviceMonitor: ~Copyable {
  /// What has been read from the socket.
  enum Message {
    /// One event.
    case event(DeviceEvent)
    /// There were more events than the socket holds; some are lost.
    case lost
    /// Nothing more for now.
    case none
  }

  private let context: OpaquePointer
  private let handle: OpaquePointer

  /// Begins to listen; nil where the kernel does not let anybody.
  init?() {
    guard let context = unsafe udev_new() else { return nil }
    guard let handle = unsafe udev_monitor_new_from_netlink(context, "kernel") else {
      unsafe udev_unref(context)
      return nil
    }
    guard unsafe udev_monitor_filter_add_match_subsystem_devtype(handle, "block", "disk") >= 0,
      unsafe udev_monitor_enable_receiving(handle) >= 0
    else {
      unsafe udev_monitor_unref(handle)
      unsafe udev_unref(context)
      return nil
    }
    unsafe self.context = context
    unsafe self.handle = handle
  }

  deinit {
    unsafe udev_monitor_unref(handle)
    unsafe udev_unref(context)
  }

  /// Readable when there may be an event.
  var descriptor: CInt { unsafe udev_monitor_get_fd(handle) }

  /// Takes the next event, without waiting.
  mutating func next() -> Message {
    Glibc.errno = 0
    guard let device = unsafe udev_monitor_receive_device(handle) else {
      return Glibc.errno == ENOBUFS ? .lost : .none
    }
    defer { unsafe udev_device_unref(device) }
    // Safe: every text lives as long as the device, and is copied at once.
    func property(_ name: String) -> String? {
      unsafe udev_device_get_property_value(device, name).map { unsafe String(cString: $0) }
    }
    let number = unsafe UInt64(udev_device_get_devnum(device))
    return .event(
      DeviceEvent(
        action: unsafe udev_device_get_action(device).map { unsafe String(cString: $0) } ?? "",
        number: number == 0 ? nil : DeviceNumber(deviceID: number),
        diskSequence: property("DISKSEQ").flatMap { UInt64($0) },
        saysMediumChanged: property("DISK_MEDIA_CHANGE") == "1"))
  }
}

/// Something that tells what becomes of a disk; tests put another one in place of the kernel.
public protocol HotPlugSource: Sendable {
  /// Readable when there may be something new; it stays open as long as the source lives.
  var descriptor: CInt { get }
  /// Takes everything that has happened so far, and says what of it concerns a disk.
  func disturbance(of disk: WatchedDisk) -> Disturbance?
}

/// What the kernel tells of all disks, from the moment on at which this was made.
public final class HotPlugWatch: HotPlugSource {
  private let monitor: Mutex<DeviceMonitor>
  /// Readable when there may be something new.
  public let descriptor: CInt
  /// Events are taken up to this many at once, so that a storm of them does not hold up the question.
  private static let batch = 1024

  /// Begins to listen; nil where that is not possible, as in some containers.
  public init?() {
    guard let monitor = DeviceMonitor() else { return nil }
    descriptor = monitor.descriptor
    self.monitor = Mutex(monitor)
  }

  /// Takes everything that has happened so far, and says what of it concerns a disk.
  public func disturbance(of disk: WatchedDisk) -> Disturbance? {
    monitor.withLock { monitor in
      for _ in 0..<Self.batch {
        switch monitor.next() {
        case .none: return nil
        case .lost: if let found = disk.disturbanceInSysfs() { return found }
        case .event(let event): if let found = disk.disturbance(by: event) { return found }
        }
      }
      return nil
    }
  }
}

extension WatchedDisk {
  /// What has become of the disk by sysfs, where events were lost.
  func disturbanceInSysfs(_ root: SystemRoot = .live) -> Disturbance? {
    let tree = SysfsTree(root: root)
    guard let place = tree.link(number.description, of: "dev/block") else { return .removed }
    return tree.number("diskseq", of: place) == diskSequence ? nil : .mediumChanged
  }
}
