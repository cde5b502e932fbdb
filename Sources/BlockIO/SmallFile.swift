import Glibc
public import SystemPackage

/// Whole files of the kernel's trees, which have no size before they are read.
public enum SmallFile {
  /// Reads a file to its end.
  /// - Throws: ``SystemCallError``; `EFBIG` where there is more than `limit` bytes.
  public static func bytes(of path: FilePath, limit: Int) throws(SystemCallError) -> [UInt8] {
    let file = try OwnedDescriptor(opening: path, [.nonBlocking])
    var content: [UInt8] = []
    var step = min(4096, limit + 1)
    while true {
      let part = try file.bytes(at: content.count, count: step, path: path)
      content += part
      guard content.count <= limit else {
        throw SystemCallError(call: "read", errno: .fileTooLarge, path: path.string)
      }
      guard part.count == step else { return content }
      // A table of many pages is read in ever larger steps.
      step = min(content.count, limit + 1 - content.count)
    }
  }

  /// Reads an attribute of sysfs, which comes in one piece: where it ends short, nothing follows.
  /// - Throws: ``SystemCallError``; `EFBIG` where there is more than `limit` bytes.
  static func bytes(ofAttribute path: FilePath, limit: Int) throws(SystemCallError) -> [UInt8] {
    let file = try OwnedDescriptor(opening: path, [.nonBlocking])
    let page = min(4096, limit + 1)
    let content = try file.piece(upTo: page, path: path)
    // A second call for every attribute of hundreds of devices takes its time.
    return content.count < page ? content : try bytes(of: path, limit: limit)
  }

  /// Reads a regular file to its end, whatever stands at the path otherwise.
  /// - Parameter options: what the path is opened with besides, such as ``OwnedDescriptor/Options/noFollow``.
  /// - Parameter writers: who may own it, where nobody else may have written it.
  /// - Throws: ``SystemCallError``; `EINVAL` for anything but a regular file, which is not read, `EFBIG` where there is
  ///   more than `limit` bytes, and `EPERM` where somebody else can have written it.
  public static func bytes(
    ofRegularFile path: FilePath, limit: Int, _ options: OwnedDescriptor.Options = [],
    writtenOnlyBy writers: [UInt32]? = nil
  ) throws(SystemCallError) -> [UInt8] {
    let file = try OwnedDescriptor(opening: path, options.union([.nonBlocking]))
    let state = try FileState(of: file, path: path.string)
    guard state.kind == .regular else {
      throw SystemCallError(call: "read", errno: .invalidArgument, path: path.string)
    }
    if let writers, state.isWritableByOthers || !writers.contains(state.owner) {
      throw SystemCallError(call: "read", errno: .notPermitted, path: path.string)
    }
    let content = try file.bytes(at: 0, count: limit + 1, path: path)
    guard content.count <= limit else {
      throw SystemCallError(call: "read", errno: .fileTooLarge, path: path.string)
    }
    return content
  }

  /// Reads the beginning of a file, up to `count` bytes.
  public static func prefix(of path: FilePath, count: Int) throws(SystemCallError) -> [UInt8] {
    let file = try OwnedDescriptor(opening: path, [.nonBlocking])
    return try file.bytes(at: 0, count: count, path: path)
  }

  /// Reads where a symbolic link leads.
  ///
  /// The corresponding C function is `readlink`.
  public static func link(at path: FilePath) throws(SystemCallError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe path.withPlatformString { name in
      unsafe buffer.withUnsafeMutableBytes { memory in
        // Safe: any bytes can be looked at as C characters.
        guard let base = unsafe memory.baseAddress?.assumingMemoryBound(to: CChar.self) else { return -1 }
        return unsafe Glibc.readlink(name, base, memory.count)
      }
    }
    guard count >= 0 else {
      throw SystemCallError(call: "readlink", errno: Errno(rawValue: Glibc.errno), path: path.string)
    }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  /// The names in a directory, sorted, without `.` and `..`.
  public static func names(in directory: FilePath) throws(SystemCallError) -> [String] {
    let stream = try DirectoryStream(opening: directory)
    var names: [String] = []
    while let name = stream.next() {
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

extension OwnedDescriptor {
  fileprivate func bytes(at offset: Int, count: Int, path: FilePath) throws(SystemCallError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let done: Int
    do throws(SystemCallError) {
      var elements = bytes.mutableSpan
      // Safe: every byte pattern is a valid UInt8.
      var span = unsafe elements.mutableBytes
      done = try read(at: UInt64(offset), into: &span)
    } catch { throw SystemCallError(call: error.call, errno: error.errno, path: path.string) }
    bytes.removeLast(count - done)
    return bytes
  }

  /// What one call of the kernel reads from the beginning.
  fileprivate func piece(upTo count: Int, path: FilePath) throws(SystemCallError) -> [UInt8] {
    var code: CInt = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { memory, done in
      var result: Int
      repeat {
        result = unsafe pread(rawValue, memory.baseAddress, count, 0)
      } while result < 0 && Glibc.errno == EINTR
      if result < 0 { code = Glibc.errno }
      done = max(0, result)
    }
    guard code == 0 else {
      throw SystemCallError(call: "pread", errno: Errno(rawValue: code), path: path.string)
    }
    return bytes
  }
}

/// An open directory, closed when its owner goes.
@safe
private struct DirectoryStream: ~Copyable {
  private let handle: OpaquePointer

  init(opening path: FilePath) throws(SystemCallError) {
    guard let handle = unsafe path.withPlatformString({ unsafe opendir($0) }) else {
      throw SystemCallError(call: "opendir", errno: Errno(rawValue: Glibc.errno), path: path.string)
    }
    unsafe self.handle = handle
  }

  deinit { unsafe closedir(handle) }

  /// The next name; nil at the end, which an error is as well: the directory is gone.
  func next() -> String? {
    // Safe: the entry lives until the next call, and the kernel ends the name with a zero byte.
    guard let entry = unsafe readdir(handle) else { return nil }
    return unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
