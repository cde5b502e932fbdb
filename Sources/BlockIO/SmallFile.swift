import Glibc
public import SystemPackage

/// Whole files of the kernel's trees, which have no size before they are read.
public enum SmallFile {
  /// Reads a file to its end.
  /// - Throws: ``SystemCallError``; `EFBIG` where there is more than `limit` bytes.
  public static func bytes(of path: FilePath, limit: Int) throws(SystemCallError) -> [UInt8] {
    let file = try OwnedDescriptor(opening: path, [.nonBlocking])
    var content = [UInt8](repeating: 0, count: min(4096, limit + 1))
    var count = 0
    while true {
      let space = content.count - count
      var target = content.mutableSpan
      // Safe: every byte pattern is a valid UInt8.
      var rest = unsafe target.mutableBytes
      var part = rest._mutatingExtracting(count..<(count + space))
      do throws(SystemCallError) {
        count += try file.read(at: UInt64(count), into: &part)
      } catch { throw SystemCallError(call: error.call, errno: error.errno, path: path.string) }
      guard count == content.count else { break }
      guard count <= limit else {
        throw SystemCallError(call: "read", errno: .fileTooLarge, path: path.string)
      }
      content.append(contentsOf: repeatElement(0, count: min(count, limit + 1 - count)))
    }
    content.removeLast(content.count - count)
    return content
  }

  /// Reads where a symbolic link leads.
  ///
  /// The corresponding C function is `readlink`.
  public static func link(at path: FilePath) throws(SystemCallError) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe path.withPlatformString { name in
      unsafe buffer.withUnsafeMutableBufferPointer { memory in
        guard let base = memory.baseAddress else { return -1 }
        return unsafe Glibc.readlink(name, base, memory.count)
      }
    }
    guard count >= 0 else {
      throw SystemCallError(call: "readlink", errno: Errno(rawValue: Glibc.errno), path: path.string)
    }
    return String(decoding: buffer.prefix(count).lazy.map(UInt8.init(bitPattern:)), as: UTF8.self)
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
