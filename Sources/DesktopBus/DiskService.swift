public import BlockIO

/// UDisks2, which opens disks for people whom polkit permits it.
///
/// Its interface is documented in the D-Bus reference of UDisks2: `org.freedesktop.UDisks2.Manager.ResolveDevice`,
/// `…Block.OpenDevice`, `…Block.Rescan`, `…Filesystem.Unmount`, `…Filesystem.MountPoints`. What it answers is believed
/// only as far as the kernel agrees.
public enum DiskService {
  private static let service = "org.freedesktop.UDisks2"
  private static let block = "org.freedesktop.UDisks2.Block"
  private static let fileSystem = "org.freedesktop.UDisks2.Filesystem"
  private static let properties = "org.freedesktop.DBus.Properties"
  /// People take their time to find a password.
  private static let longestQuestion = Duration.seconds(300)
  private static let longestCall = Duration.seconds(30)

  /// Has a disk opened for reading and writing.
  ///
  /// - Parameters:
  ///   - path: its node.
  ///   - number: its number, by which the service must know it as well.
  ///   - flags: what `open` gets besides `O_RDWR`.
  ///   - isCancelled: asked many times a second.
  /// - Throws: ``BusError``. The descriptor is for the caller to check.
  public static func open(
    _ path: String, _ number: DeviceNumber, flags: Int32, isCancelled: () -> Bool
  ) throws(BusError) -> OwnedDescriptor {
    let bus = try SystemBus()
    let object = try object(of: path, number, on: bus, isCancelled)
    let call = try bus.call("OpenDevice", of: block, at: object, from: service)
    try call.append("rw")
    try call.appendOptions(numbers: ["flags": flags])
    try call.allowQuestions()
    // Asks at this terminal where no desktop does; ends with the call.
    let agent = TerminalAgent()
    let answer: BusMessage
    do throws(BusError) {
      answer = try bus.answer(to: call, within: longestQuestion, isCancelled: isCancelled)
    } catch {
      agent.end()
      throw error
    }
    agent.end()
    return try answer.descriptor()
  }

  /// Has the kernel read a disk's partition table anew; nobody is asked for that.
  public static func rescan(_ path: String, _ number: DeviceNumber) throws(BusError) {
    let bus = try SystemBus()
    let object = try object(of: path, number, on: bus) { false }
    let call = try bus.call("Rescan", of: block, at: object, from: service)
    try call.appendOptions()
    _ = try bus.answer(to: call, within: longestCall) { false }
  }

  /// Has a file system taken off a mount point, as a desktop does; never by force.
  ///
  /// The service takes a device, chooses among its mount points, and may live in another mount namespace. So it has
  /// to see nothing but the mount points that may be taken away.
  /// - Parameters:
  ///   - path: the node of the file system.
  ///   - number: its number, by which the service must know it as well.
  ///   - mountPoints: where it may be taken off.
  ///   - isCancelled: asked many times a second.
  public static func unmount(
    _ path: String, _ number: DeviceNumber, from mountPoints: Set<String>, isCancelled: () -> Bool
  ) throws(BusError) {
    let bus = try SystemBus()
    let object = try object(of: path, number, on: bus, isCancelled)
    let question = try bus.call("Get", of: properties, at: object, from: service)
    try question.append(fileSystem)
    try question.append("MountPoints")
    let seen = try bus.answer(to: question, within: longestCall, isCancelled: isCancelled).pathsInVariant()
    guard !seen.isEmpty else { throw .failed("it sees no mount of this file system") }
    guard mountPoints.isSuperset(of: seen) else {
      throw .failed("it sees the file system mounted elsewhere too")
    }
    let call = try bus.call("Unmount", of: fileSystem, at: object, from: service)
    try call.appendOptions()
    try call.allowQuestions()
    // A mount that somebody else has made needs a permission; its question looks like that of an opening.
    let agent = TerminalAgent()
    do throws(BusError) {
      _ = try bus.answer(to: call, within: longestQuestion, isCancelled: isCancelled)
    } catch {
      agent.end()
      throw error
    }
    agent.end()
  }

  /// The object of a disk; the service must mean the same device by it.
  private static func object(
    of path: String, _ number: DeviceNumber, on bus: borrowing SystemBus, _ isCancelled: () -> Bool
  ) throws(BusError) -> String {
    let call = try bus.call(
      "ResolveDevice", of: "org.freedesktop.UDisks2.Manager", at: "/org/freedesktop/UDisks2/Manager",
      from: service)
    try call.appendOptions(texts: ["path": path])
    try call.appendOptions()
    let objects = try bus.answer(to: call, within: longestCall, isCancelled: isCancelled).objectPaths()
    for object in objects {
      let call = try bus.call("Get", of: properties, at: object, from: service)
      try call.append(block)
      try call.append("DeviceNumber")
      let found = try bus.answer(to: call, within: longestCall, isCancelled: isCancelled).numberInVariant()
      if DeviceNumber(deviceID: found) == number { return object }
    }
    throw .failed("it knows no device with this number")
  }
}
