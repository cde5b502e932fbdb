import CLinuxBlock
import Glibc
public import SystemPackage

/// Regular files that are written as a whole: a reader sees the old content or the new one, never a part.
///
/// Beside ``PrivateDirectory`` the only place that creates files; nothing here can come near a device node.
public enum ReplacedFile {
  /// Writes a file of mode 0644, durably, under a temporary name beside it, and renames it.
  ///
  /// Whatever is at the path already must be a regular file: no link is followed and no node replaced.
  /// - Parameters:
  ///   - replacing: whether a file that is at the path already may be replaced.
  ///   - makingFolder: whether the folder is created if only it is missing: never for a path that a person named.
  /// - Throws: ``SystemCallError``; `ELOOP` for a symbolic link, `EINVAL` for any other kind of file, `EEXIST` for
  ///   a file that may not be replaced.
  public static func write(
    _ content: [UInt8], to path: FilePath, replacing: Bool = true, makingFolder: Bool = false
  ) throws(SystemCallError) {
    guard let name = path.lastComponent?.string, path.lastComponent?.kind == .regular else {
      throw SystemCallError(call: "open", errno: .invalidArgument, path: path.string)
    }
    let folderPath = path.removingLastComponent()
    let folder = try folder(at: folderPath.isEmpty ? "." : folderPath, making: makingFolder)
    try requireReplaceable(path)
    let temporary = ".\(name).\(getpid()).new"
    let file = try create(temporary, in: folder, path)
    do throws(SystemCallError) {
      try file.append(content, path)
      try check(fchmod(file.rawValue, 0o644), "fchmod", path)
      try check(fsync(file.rawValue), "fsync", path)
      if replacing {
        try check(unsafe renameat(folder.rawValue, temporary, folder.rawValue, name), "rename", path)
      } else {
        try SystemCallError.check(
          unsafe clb_rename_new(folder.rawValue, temporary, name), "rename", path: path.string)
      }
    } catch {
      _ = unsafe unlinkat(folder.rawValue, temporary, 0)
      throw error
    }
    // The name is on the disk only with its folder.
    try check(fsync(folder.rawValue), "fsync", path)
  }

  private static func folder(at path: FilePath, making: Bool) throws(SystemCallError) -> OwnedDescriptor {
    do throws(SystemCallError) { return try OwnedDescriptor(opening: path, [.directory]) } catch {
      guard making, error.errno == .noSuchFileOrDirectory else { throw error }
      let status = unsafe path.withPlatformString { unsafe mkdir($0, 0o755) }
      if status < 0, Glibc.errno != EEXIST { throw failure("mkdir", path) }
      return try OwnedDescriptor(opening: path, [.directory])
    }
  }

  private static func requireReplaceable(_ path: FilePath) throws(SystemCallError) {
    let kind: FileState.Kind
    do throws(SystemCallError) {
      kind = try FileState(of: OwnedDescriptor(opening: path, [.pathOnly, .noFollow]), path: path.string).kind
    } catch {
      if error.errno == .noSuchFileOrDirectory { return }
      throw error
    }
    guard kind != .regular else { return }
    let errno: Errno = kind == .other ? .tooManySymbolicLinkLevels : .invalidArgument
    throw SystemCallError(call: "open", errno: errno, path: path.string)
  }

  private static func create(
    _ name: String, in folder: borrowing OwnedDescriptor, _ path: FilePath
  ) throws(SystemCallError) -> OwnedDescriptor {
    // O_EXCL: neither somebody's file nor a link under this name is written through.
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    // One that a process of the same number left when it was killed.
    _ = unsafe unlinkat(folder.rawValue, name, 0)
    let descriptor = unsafe openat(folder.rawValue, name, flags, 0o600)
    guard descriptor >= 0 else { throw failure("open", path) }
    return OwnedDescriptor(adopting: descriptor)
  }

  private static func check(_ status: CInt, _ call: String, _ path: FilePath) throws(SystemCallError) {
    if status < 0 { throw failure(call, path) }
  }

  fileprivate static func failure(_ call: String, _ path: FilePath) -> SystemCallError {
    SystemCallError(call: call, errno: Errno(rawValue: Glibc.errno), path: path.string)
  }
}

extension OwnedDescriptor {
  /// Writes all bytes; EINTR and short counts are handled here.
  fileprivate func append(_ bytes: [UInt8], _ path: FilePath) throws(SystemCallError) {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { memory in
        unsafe Glibc.write(rawValue, memory.baseAddress.map { unsafe $0 + done }, memory.count - done)
      }
      if count < 0 {
        if Glibc.errno == EINTR { continue }
        throw ReplacedFile.failure("write", path)
      }
      done += count
    }
  }
}
