import BlockIO
import DeviceProbe
import Foundation
import TestSupport

/// Loop devices and mounts for one test; all are taken down with the value, in the reverse order.
final class StorageStack {
  let scratch: ScratchDirectory
  private var undo: [String] = []

  init() throws {
    try LoopDevice.requirePrerequisites()
    scratch = try ScratchDirectory()
  }

  deinit {
    for script in undo.reversed() { _ = try? scratch.run(script) }
  }

  var path: String { scratch.path }

  /// Runs a script and remembers how to take back what it did.
  @discardableResult
  func run(_ script: String, undo reverse: String? = nil) throws -> String {
    let output = try scratch.run("set -e; \(script)")
    if let reverse { undo.append(reverse) }
    return output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Attaches a file, made sparse if it is not there, or a device; returns the node.
  func attach(_ file: String, megabytes: Int = 64, _ options: String = "") throws -> String {
    let node = try run(
      "[ -e \(file) ] || truncate -s \(megabytes)M \(file); losetup -f --show \(options) \(file)")
    undo.append("losetup -d \(node)")
    // Somebody's BLKROSET outlives the file that was attached then.
    if !options.contains("-r") { try run("blockdev --setrw \(node)") }
    return node
  }

  /// Mounts a device on a new directory.
  func mount(_ node: String, at name: String, _ options: String = "") throws {
    try run("mkdir -p \(name); mount \(options) \(node) \(name)", undo: "umount \(name)")
  }

  struct NoNumber: Error { let text: String }

  /// The number of a node, as the C library's tools tell it.
  func number(_ node: String) throws -> DeviceNumber {
    let text = try run("printf '%d:%d' $(stat -c '0x%t 0x%T' \(node))")
    guard let number = DeviceNumber(text) else { throw NoNumber(text: text) }
    return number
  }
}
