public import BlockIO
public import SystemPackage

/// Where lists of protected disks are kept.
public struct ProtectionFiles: Hashable, Sendable {
  /// The folder of the administrator; every `*.conf` in it counts.
  public var folder: FilePath
  /// The other files, none of which has to exist.
  public var files: [FilePath]

  /// Creates a set of places.
  public init(folder: FilePath, files: [FilePath]) {
    self.folder = folder
    self.files = files
  }

  /// Where the lists of the whole system are.
  public static let system = ProtectionFiles(folder: "/etc/burin/protect.d", files: ["/etc/burin/protect"])

  /// Lists longer than this are a mistake, in bytes.
  private static let limit = 1 << 20

  /// Reads every list.
  ///
  /// Only what is not there at all is passed over; what is there and cannot be read is a fault (R6).
  public func read(in root: SystemRoot = .live) -> (protections: [Protection], faults: [ProtectionFault]) {
    var protections: [Protection] = []
    var faults: [ProtectionFault] = []
    var paths: [FilePath] = []
    do throws(SystemCallError) {
      paths = try SmallFile.names(in: root.path(folder.string)).filter { $0.hasSuffix(".conf") }
        .map { folder.appending($0) }
    } catch {
      if !error.meansNothingThere {
        faults.append(ProtectionFault(file: folder.string, .unreadable(error.errno.description)))
      }
    }
    for path in (paths + files) {
      do throws(SystemCallError) {
        let list = try Self.list(at: path, in: root)
        protections += list.protections
        faults += list.faults
      } catch {
        // A link in the folder that leads nowhere was meant to protect something.
        if error.meansNothingThere, !paths.contains(path) { continue }
        let reason: ProtectionFault.Reason =
          error.errno == .invalidArgument ? .notAFile : .unreadable(error.errno.description)
        faults.append(ProtectionFault(file: path.string, reason))
      }
    }
    return (protections, faults)
  }

  /// Reads one list.
  /// - Throws: ``SystemCallError``; `EINVAL` where it is no regular file.
  static func list(at path: FilePath, in root: SystemRoot) throws(SystemCallError) -> ProtectionList {
    let bytes = try SmallFile.bytes(ofRegularFile: root.path(path.string), limit: limit)
    return ProtectionList(parsing: bytes, file: path.string)
  }
}

extension SystemCallError {
  fileprivate var meansNothingThere: Bool { [.noSuchFileOrDirectory, .notDirectory].contains(errno) }
}
