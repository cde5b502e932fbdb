import Foundation

/// A server of this machine that gives one file well or badly (Tests/Fixtures/file-server); it ends with the value.
public final class FileServer: Sendable {
  /// Where it listens on 127.0.0.1.
  public let port: Int
  private let input = Pipe()
  private let scratch: ScratchDirectory

  /// Starts it, with TLS where a certificate and its key are given by their paths.
  public init(_ content: [UInt8], certificate: String? = nil, key: String? = nil) throws {
    scratch = try ScratchDirectory()
    try scratch.write(content, to: "file")
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = fixtures.appending(path: "Fixtures/file-server")
    process.arguments = ["\(scratch.path)/file"] + [certificate, key].compactMap(\.self)
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    // The first line comes when it listens.
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.filter(\.isNumber)) else {
      throw ScratchDirectory.ToolFailure(script: "file-server", output: line)
    }
    self.port = port
  }

  /// Gives the files of a directory as well, below `dir/`.
  public func share(_ directory: String) throws { try scratch.run("cp -r \(directory)/. .") }

  /// The file that is there once the server gives no more of `hold/…`.
  public var mark: String { "\(scratch.path)/file.held" }

  /// A URL of it.
  /// - Parameters:
  ///   - host: another name of this machine, or one with a name and a password before it.
  public func url(_ path: String, scheme: String = "http", host: String = "127.0.0.1") -> String {
    "\(scheme)://\(host):\(port)/\(path)"
  }
}
