import Glibc

/// A directory of its own for one test, where tools make images; it disappears with the value.
public final class ScratchDirectory: Sendable {
  /// The absolute path.
  public let path: String

  /// Why a tool did not do what a test needs of it.
  public struct ToolFailure: Error {
    /// The commands.
    public let script: String
    /// What they printed.
    public let output: String
  }

  /// Makes the directory.
  public init() throws {
    var template = Array("/tmp/burin-test-XXXXXX".utf8CString)
    // Safe: the array is a null-terminated string that mkdtemp changes in place, and lives here.
    guard unsafe mkdtemp(&template) != nil else {
      throw ToolFailure(script: "mkdtemp", output: "errno \(errno)")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    _ = unsafe system("rm -rf '\(path)'")
  }

  /// `flip FILE OFFSET`, which changes a byte into another one, whatever it is.
  ///
  /// What is written over random bytes is there already once in 256 times.
  private static let flip =
    #"flip() { printf "\\$(printf %o $((255 - $(od -An -tu1 -j$2 -N1 $1))))" | dd of=$1 bs=1 seek=$2 conv=notrunc status=none; }"#

  /// Runs commands of a shell in the directory and returns what they printed; `flip FILE OFFSET` changes a byte.
  ///
  /// What burin keeps of its runs is kept here too, apart from that of other tests.
  @discardableResult
  public func run(_ script: String) throws -> String {
    let status = unsafe system(
      """
      cd '\(path)' && export BURIN_STATE_DIRECTORY=$PWD/state && ( \(Self.flip)
      \(script) ) >output.text 2>&1 </dev/null
      """)
    let output = String(decoding: try contents("output.text"), as: UTF8.self)
    guard status == 0 else { throw ToolFailure(script: script, output: output) }
    return output
  }

  /// Whether a tool is installed.
  public static func hasTool(_ name: String) -> Bool {
    unsafe system("command -v \(name) >/dev/null 2>&1") == 0
  }

  /// Reads a whole file of the directory.
  public func contents(_ name: String) throws -> [UInt8] {
    let file = unsafe fopen("\(path)/\(name)", "re")
    guard let file = unsafe file else { throw ToolFailure(script: "open \(name)", output: "errno \(errno)") }
    defer { unsafe fclose(file) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // Safe: the count is that of the array.
      let count = unsafe fread(&chunk, 1, chunk.count, file)
      guard count > 0 else { return result }
      result += chunk[..<count]
    }
  }

  /// Writes a whole file of the directory.
  public func write(_ bytes: [UInt8], to name: String) throws {
    let file = unsafe fopen("\(path)/\(name)", "we")
    guard let file = unsafe file else { throw ToolFailure(script: "open \(name)", output: "errno \(errno)") }
    defer { unsafe fclose(file) }
    // Safe: the count is that of the array.
    guard unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw ToolFailure(script: "write \(name)", output: "errno \(errno)")
    }
  }
  /// Writes a script that can be started.
  ///
  /// What is started is a copy that another process made: a child that this one forks for another test while it has
  /// the file open for writing would keep it from being executed (`ETXTBSY`).
  public func writeProgram(_ script: String, to name: String) throws {
    try write(Array(script.utf8), to: "\(name).script")
    try run("cp '\(name).script' '\(name)' && chmod 755 '\(name)' && rm '\(name).script'")
  }
}
