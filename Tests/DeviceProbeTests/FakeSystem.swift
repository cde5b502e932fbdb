import BlockIO
import DeviceProbe
import Foundation
import SystemPackage
import TestSupport

/// A `sys`, a `proc` and nothing else, made of files in a directory of its own.
final class FakeSystem {
  private let scratch: ScratchDirectory

  init() throws {
    scratch = try ScratchDirectory()
    try directory("sys/class/block")
    try directory("proc")
    try mounts([])
  }

  var root: SystemRoot { SystemRoot(directory: FilePath(scratch.path)) }

  func snapshot(anchors: [AnchorRequest] = []) -> DeviceSnapshot {
    DeviceProbe.snapshot(root: root, anchors: anchors)
  }

  /// The only whole disk that there is.
  func onlyDisk() throws -> BlockDevice {
    let disks = snapshot().devices.filter(\.isWholeDisk)
    guard disks.count == 1 else { throw WrongCount(count: disks.count) }
    return disks[0]
  }

  struct WrongCount: Error { let count: Int }

  /// A directory of a device on the way to a disk, with its subsystem and its attributes.
  func node(_ path: String, _ subsystem: String? = nil, _ attributes: [String: String] = [:]) throws {
    try directory("sys/\(path)")
    if let subsystem, !exists("sys/\(path)/subsystem") {
      try link("\(path)/subsystem", to: "bus/\(subsystem)")
    }
    for (name, value) in attributes { try file("sys/\(path)/\(name)", value + "\n") }
  }

  /// A whole disk; attributes given replace or add to those that every disk has.
  func disk(_ path: String, _ number: String, bytes: Int = 1 << 30, _ attributes: [String: String] = [:])
    throws
  {
    let usual = [
      "dev": number, "size": "\(bytes / 512)", "ro": "0", "removable": "0", "hidden": "0", "diskseq": "7",
      "queue/logical_block_size": "512", "queue/physical_block_size": "4096", "queue/rotational": "0",
      "queue/zoned": "none",
    ]
    try block(path, usual.merging(attributes) { $1 })
  }

  /// A partition of the disk at a path.
  func partition(_ disk: String, _ name: String, _ number: String, index: Int, start: Int, bytes: Int) throws
  {
    try block(
      "\(disk)/\(name)",
      [
        "dev": number, "partition": "\(index)", "start": "\(start / 512)", "size": "\(bytes / 512)",
        "ro": "0",
      ])
  }

  /// Marks that a device is built on another one, in both directions as the kernel does.
  func stack(_ upper: String, on lower: String) throws {
    try link("\(lower)/holders/\(Self.name(upper))", to: upper)
    try link("\(upper)/slaves/\(Self.name(lower))", to: lower)
  }

  /// Links are relative to their directory, as in the kernel's own tree.
  func link(_ path: String, to target: String) throws {
    let full = "sys/\(path)"
    try directory(String(full[..<(full.lastIndex(of: "/") ?? full.endIndex)]))
    let ups = String(repeating: "../", count: path.split(separator: "/").count - 1)
    try FileManager.default.createSymbolicLink(
      atPath: "\(scratch.path)/\(full)", withDestinationPath: ups + target)
  }

  /// A link anywhere, with its text as it is.
  func symbolicLink(_ path: String, to target: String) throws {
    if let slash = path.lastIndex(of: "/") { try directory(String(path[..<slash])) }
    try FileManager.default.createSymbolicLink(
      atPath: "\(scratch.path)/\(path)", withDestinationPath: target)
  }

  func process(_ name: String, namespace: String, command: String = "", _ rows: [String]) throws {
    try file("proc/\(name)/mountinfo", rows.map { $0 + "\n" }.joined())
    try file("proc/\(name)/comm", command + "\n")
    try directory("proc/\(name)/ns")
    try FileManager.default.createSymbolicLink(
      atPath: "\(scratch.path)/proc/\(name)/ns/mnt", withDestinationPath: "mnt:[\(namespace)]")
  }

  /// The mounts of burin's own namespace.
  func mounts(_ rows: [String]) throws {
    try? FileManager.default.removeItem(atPath: "\(scratch.path)/proc/self")
    try process("self", namespace: "1", rows)
  }

  func swaps(_ rows: [String]) throws {
    try file("proc/swaps", (["Filename\tType\tSize\tUsed\tPriority"] + rows).joined(separator: "\n") + "\n")
  }

  func file(_ path: String, _ content: String) throws { try file(path, Array(content.utf8)) }

  func file(_ path: String, _ content: [UInt8]) throws {
    if let slash = path.lastIndex(of: "/") { try directory(String(path[..<slash])) }
    try scratch.write(content, to: path)
  }

  func remove(_ path: String) throws {
    try FileManager.default.removeItem(atPath: "\(scratch.path)/\(path)")
  }

  private func block(_ path: String, _ attributes: [String: String]) throws {
    try node(path, "block", attributes)
    try link("class/block/\(Self.name(path))", to: path)
  }

  private func exists(_ path: String) -> Bool {
    // The target of a link need not exist.
    (try? FileManager.default.attributesOfItem(atPath: "\(scratch.path)/\(path)")) != nil
  }

  private func directory(_ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: "\(scratch.path)/\(path)", withIntermediateDirectories: true)
  }

  private static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
