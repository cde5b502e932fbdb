import Foundation
import SystemPackage

/// A directory of its own for one test, removed with all it holds.
public struct TemporaryDirectory: Sendable {
  /// Its absolute path.
  public let path: String

  /// Runs a body with a new directory below `BURIN_TEST_TMP`, `TMPDIR` or `/tmp`.
  public static func with<Result>(_ body: (TemporaryDirectory) throws -> Result) throws -> Result {
    let directory = try TemporaryDirectory()
    defer { directory.removeAll() }
    return try body(directory)
  }

  /// Runs an asynchronous body with a new directory.
  public static func with<Result>(_ body: (TemporaryDirectory) async throws -> Result) async throws -> Result
  {
    let directory = try TemporaryDirectory()
    defer { directory.removeAll() }
    return try await body(directory)
  }

  private init() throws {
    let environment = ProcessInfo.processInfo.environment
    let parent = environment["BURIN_TEST_TMP"] ?? environment["TMPDIR"]
    let name = "burin-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    path = "\(parent ?? "/tmp")/\(name)"
    guard unsafe mkdir(path, 0o700) == 0 else { throw Errno(rawValue: errno) }
  }

  /// The path of something in it.
  public subscript(name: String) -> String { "\(path)/\(name)" }

  /// Writes a file, truncating one that is there.
  public func file(_ name: String, _ content: [UInt8]) throws -> String {
    let descriptor = try FileDescriptor.open(
      FilePath(self[name]), .readWrite, options: [.create, .truncate], permissions: [.ownerReadWrite])
    _ = try descriptor.closeAfter { try descriptor.writeAll(content) }
    return self[name]
  }

  /// Makes a file of a length that occupies nothing.
  public func sparseFile(_ name: String, byteCount: Int) throws -> String {
    let path = try file(name, [])
    guard unsafe truncate(path, byteCount) == 0 else { throw Errno(rawValue: errno) }
    return path
  }

  /// Makes a FIFO.
  public func fifo(_ name: String) throws -> String {
    guard unsafe mkfifo(self[name], 0o600) == 0 else { throw Errno(rawValue: errno) }
    return self[name]
  }

  /// Removes a file.
  public func remove(_ name: String) throws {
    guard unsafe unlink(self[name]) == 0 else { throw Errno(rawValue: errno) }
  }

  private func removeAll() {
    // A directory that cannot be removed is left behind; the test has had its say.
    try? FileManager.default.removeItem(atPath: path)
  }
}
