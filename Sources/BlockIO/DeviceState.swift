import SystemPackage

/// What an open block device is, and what shows that its content is no longer what it was.
public struct DeviceState: Hashable, Sendable {
  /// Its number.
  public let number: DeviceNumber
  /// Size, block sizes, read-only and the number of its medium.
  public let geometry: BlockGeometry
  /// How many sectors of 512 bytes have been written or discarded on it since it came; nil where the kernel does
  /// not tell.
  public let changedSectorCount: UInt64?

  /// Asks the kernel about an open block device.
  /// - Parameter number: the number behind its node.
  public init(of device: borrowing OwnedDescriptor, number: DeviceNumber) throws(SystemCallError) {
    geometry = try BlockGeometry(of: device)
    self.number = number
    changedSectorCount = Self.changedSectors(of: number)
  }

  /// How many bytes were written to the same medium since an earlier moment, as far as the kernel counts.
  public func changedByteCount(since earlier: DeviceState) -> UInt64 {
    guard let now = changedSectorCount, let then = earlier.changedSectorCount, now > then else { return 0 }
    return (now - then) * 512
  }

  /// Whether the kernel still has the device.
  public static func isPresent(_ number: DeviceNumber) -> Bool {
    (try? FileState(at: directory(of: number))) != nil
  }

  private static func directory(of number: DeviceNumber) -> FilePath {
    FilePath("/sys/dev/block/\(number.description)")
  }

  /// The sectors written and discarded (Documentation/block/stat.rst of the kernel, fields 7 and 14).
  private static func changedSectors(of number: DeviceNumber) -> UInt64? {
    guard let text = try? SmallFile.bytes(of: directory(of: number).appending("stat"), limit: 4096) else {
      return nil
    }
    let fields = String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }.map { UInt64($0) }
    guard fields.count > 6, let written = fields[6] else { return nil }
    // Kernels before 4.18 do not count what is discarded.
    guard fields.count > 13, let discarded = fields[13] else { return written }
    return written &+ discarded
  }
}
