public import BlockIO

/// A process that has a block device open, or a file on it.
public struct Opener: Hashable, Sendable {
  /// What the process can do with the device.
  public enum Access: Hashable, Sendable {
    /// It has the node open for writing.
    case writing
    /// It has the node open for reading.
    case reading
    /// It has this file open, runs it, maps it or is in this directory, on a file system there; foreign text.
    case file(String)
  }
  /// The process.
  public var process: ProcessName
  /// The device: that of the node, or that of the file system.
  public var device: DeviceNumber
  /// What the process can do with it.
  public var access: Access
  /// Whether it keeps a lock on the node (`flock` or `fcntl`).
  public var holdsLock: Bool
  /// Creates an opener.
  public init(_ process: ProcessName, device: DeviceNumber, _ access: Access, holdsLock: Bool = false) {
    self.process = process
    self.device = device
    self.access = access
    self.holdsLock = holdsLock
  }
}

/// What a look at the descriptors of all processes shows.
public struct OpenerReport: Hashable, Sendable {
  /// Who has the devices open, in order of the process numbers.
  public var openers: [Opener]
  /// How many processes could not be looked into: those of others, where burin does not run as root.
  public var unseenCount: Int
  /// Creates a report.
  public init(_ openers: [Opener] = [], unseenCount: Int = 0) {
    self.openers = openers
    self.unseenCount = unseenCount
  }
}

extension DeviceProbe {
  /// Finds the processes that have devices open; burin itself is left out.
  ///
  /// The kernel's own openers have no descriptors: see ``HiddenUse``.
  /// - Parameters:
  ///   - devices: the devices concerned.
  ///   - withFiles: whether open files on them count too, which takes longer.
  ///   - root: the system to look at.
  public static func openers(
    of devices: [BlockDevice], withFiles: Bool, root: SystemRoot = .live
  ) -> OpenerReport {
    OpenerScan(of: devices, withFiles: withFiles, root: root).report
  }
}
