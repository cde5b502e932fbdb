import BlockIO
import DeviceProbe
import Glibc
import SystemPackage

/// What an argument names.
enum ResolvedTarget {
  /// A block device of the snapshot, and whether a symbolic link led to it.
  case disk(BlockDevice, isNamedByLink: Bool)
  /// A virtual stick.
  case file(path: String)

  /// Finds out what an argument names, without opening it for reading or writing (R2, R3).
  init(_ argument: TargetArgument, in snapshot: DeviceSnapshot) throws(GateError) {
    switch argument {
    case .virtualStick(let path): self = .file(path: path)
    case .id(let id): self = .disk(try Self.disk(with: id, in: snapshot), isNamedByLink: false)
    case .path(let path): self = try Self.disk(at: path, in: snapshot)
    }
  }

  private static func disk(with id: TargetID, in snapshot: DeviceSnapshot) throws(GateError) -> BlockDevice {
    let matches = snapshot.devices.filter { $0.isWholeDisk && TargetID(of: $0) == id }
    guard let disk = matches.first else { throw .unknownID(id.description) }
    guard matches.count == 1 else { throw .ambiguousID(id.description, paths: matches.map(\.path)) }
    return disk
  }

  private static func disk(at path: String, in snapshot: DeviceSnapshot) throws(GateError) -> ResolvedTarget {
    // The link itself first, so that one that leads nowhere is told from nothing at all.
    let isLink = try state(ofLink: path).kind == .other
    let state: FileState
    do throws(GateError) { state = try Self.state(at: path) } catch {
      if case .notFound = error { throw .danglingLink(path: path) }
      throw error
    }
    switch state.kind {
    case .regular: throw .regularFile(path: path)
    case .directory: throw .directory(path: path)
    case .blockDevice(let number):
      guard let disk = snapshot[number] else { throw .unlistedDevice(path: path, number: number) }
      return .disk(disk, isNamedByLink: isLink)
    case .characterDevice, .fifo, .socket, .other: throw .notBlockDevice(path: path, kind: state.kind)
    }
  }

  /// Looks at what a path leads to, without opening it in any way (R28).
  static func state(at path: String) throws(GateError) -> FileState {
    do throws(SystemCallError) { return try FileState(at: FilePath(path)) } catch {
      throw GateError(error, opening: path)
    }
  }

  /// Looks at what a path itself names, a symbolic link too.
  static func state(ofLink path: String) throws(GateError) -> FileState {
    do throws(SystemCallError) { return try FileState(ofLink: FilePath(path)) } catch {
      throw GateError(error, opening: path)
    }
  }
}

extension GateError {
  /// What the kernel's refusal to open a target means.
  init(_ error: SystemCallError, opening path: String) {
    switch error.errno {
    case .noSuchFileOrDirectory, .notDirectory: self = .notFound(path: path)
    // The node is there, the device behind it is not.
    case .noSuchAddressOrDevice, .operationNotSupportedByDevice: self = .notFound(path: path)
    case .noMedium: self = .noMedium(path: path)
    case .readOnlyFileSystem: self = .readOnly(path: path)
    case .permissionDenied, .notPermitted: self = .permission(error)
    default: self = .system(error)
    }
  }
}

extension Errno {
  /// `ENOMEDIUM`, which the library does not name.
  static var noMedium: Errno { Errno(rawValue: ENOMEDIUM) }
}
