import BlockIO
import DeviceProbe
import DeviceSafety
import Glibc
import SystemPackage
import UndoStore

/// Where records are kept and what they are stamped with.
struct UndoEnvironment: Sendable {
  /// The state directory; nil where none can be made out.
  var directory: String?
  /// What was named as the state directory and is no absolute path; no other one takes its place.
  var misnamed: String?
  /// The kernel's name for this start of the machine; empty where it has none.
  var bootID = ""
  /// The time in seconds since 1970-01-01 UTC.
  var time: @Sendable () -> Int64 = { 0 }

  /// The store in the state directory.
  /// - Parameter isPlanned: whether a plan is carried out.
  func store(isPlanned: Bool = false) throws(Refusal) -> UndoStore {
    UndoStore(path: try required(isPlanned: isPlanned))
  }

  /// The state directory, for what cannot do without.
  func required(isPlanned: Bool = false) throws(Refusal) -> FilePath {
    try requireWellNamed()
    guard let directory else { throw Refusal(diagnostic: .noStateDirectory(isPlanned: isPlanned)) }
    return FilePath(directory)
  }

  /// Refuses where somebody named a state directory, and nobody knows which: what is kept must be found again there.
  func requireWellNamed() throws(Refusal) {
    if let misnamed { throw Refusal(diagnostic: .relativeStateDirectory(misnamed)) }
  }

  /// The state directory among the files of this run, so that the disk it is on is never written (R20).
  ///
  /// As long as it is not there, what is there of its path stands for it.
  var anchors: [AnchorRequest] {
    guard let directory else { return [] }
    var path = FilePath(directory)
    while (try? FileState(at: path)) == nil, path.removeLastComponent() {}
    return [AnchorRequest(.output, path: path.string)]
  }
}

extension UndoEnvironment {
  /// The environment of this process.
  /// - Parameter variable: looks a variable up.
  static func live(variable: (String) -> String?) -> UndoEnvironment {
    let bootID = try? SmallFile.bytes(of: "/proc/sys/kernel/random/boot_id", limit: 64)
    return UndoEnvironment(
      directory: directory(isRoot: geteuid() == 0, variable: variable),
      misnamed: misnamed(variable: variable),
      bootID: String(decoding: (bootID ?? []).prefix { $0 > 0x20 }, as: UTF8.self),
      time: { Int64(Glibc.time(nil)) })
  }

  /// What is said of the state directory and cannot be used; what is empty says nothing.
  static func misnamed(variable: (String) -> String?) -> String? {
    variable("BURIN_STATE_DIRECTORY").flatMap { $0.isEmpty || $0.hasPrefix("/") ? nil : $0 }
  }

  /// The state directory: as said, as systemd says, of the system for root, else of the user.
  static func directory(isRoot: Bool, variable: (String) -> String?) -> String? {
    func absolute(_ name: String) -> String? { variable(name).flatMap { $0.hasPrefix("/") ? $0 : nil } }
    guard misnamed(variable: variable) == nil else { return nil }
    if let chosen = absolute("BURIN_STATE_DIRECTORY") { return chosen }
    // systemd lists several, separated by colons.
    if let first = absolute("STATE_DIRECTORY")?.split(separator: ":").first { return String(first) }
    if isRoot { return "/var/lib/burin" }
    if let state = absolute("XDG_STATE_HOME") { return state + "/burin" }
    return absolute("HOME").map { $0 + "/.local/state/burin" }
  }
}

extension DiskFingerprint {
  /// The fingerprint of what was looked up and not opened; nil where too little is known of it.
  init?(of target: TargetLookup, bootID: String) {
    if let disk = target.disk {
      self.init(of: disk, bootID: bootID)
      return
    }
    guard let state = try? FileState(at: FilePath(target.path)) else { return nil }
    let identity = TargetIdentity(
      kind: .virtualStick(fileSystem: state.fileSystem, inode: state.inode), path: target.path, name: "",
      id: target.id, geometry: target.geometry)
    self.init(of: identity, disk: nil, bootID: bootID)
  }
}
