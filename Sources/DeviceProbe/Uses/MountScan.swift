import BlockIO
import SystemPackage

/// Reads the mounts of burin's namespace and of every other one that a process shows.
struct MountScan {
  /// The rows of the own namespace, with the numbers that open files name.
  private(set) var own: [MountTable.Row] = []
  private(set) var mounts: [Mount] = []
  private(set) var unreadable: [UnreadableSource] = []

  /// The kernel allows 100000 mounts in a namespace (`fs.mount-max`).
  private static let tableLimit = 32 << 20
  /// More namespaces than this are not looked into, which is said in `unreadable`.
  private static let namespaceLimit = 512
  /// The file systems that never lie on a block device: left out of foreign namespaces, where they are most rows.
  private static let withoutDevice: Set<String> = [
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs",
    "efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "ramfs", "rpc_pipefs",
    "securityfs", "selinuxfs", "sysfs", "tmpfs", "tracefs",
  ]

  private let root: SystemRoot

  init(root: SystemRoot) {
    self.root = root
    own = rows(of: "self") ?? []
    mounts = own.map { Mount($0, process: nil) }
    readOthers()
  }

  /// The rows of a process; nil if it has gone or must not be looked into.
  private mutating func rows(of process: String) -> [MountTable.Row]? {
    let path = "/proc/\(process)/mountinfo"
    let table: MountTable
    do throws(SystemCallError) {
      table = MountTable(parsing: try SmallFile.bytes(of: root.path(path), limit: Self.tableLimit))
    } catch {
      // ESRCH and EINVAL: the process ends while it is read.
      if ![.noSuchFileOrDirectory, .noSuchProcess, .invalidArgument].contains(error.errno)
        || process == "self"
      {
        unreadable.append(UnreadableSource(path: path, reason: "\(error.errno)"))
      }
      return nil
    }
    if table.malformedLineCount > 0 {
      unreadable.append(
        UnreadableSource(path: path, reason: "\(table.malformedLineCount) lines not understood"))
    }
    return table.rows
  }

  private mutating func readOthers() {
    let processes: [String]
    do throws(SystemCallError) {
      processes = try SmallFile.names(in: root.path("/proc")).filter { $0.allSatisfy(\.isNumber) }
    } catch {
      unreadable.append(UnreadableSource(path: "/proc", reason: "\(error.errno)"))
      return
    }
    var seen: Set<String> = []
    if let namespace = namespace(of: "self").name { seen.insert(namespace) }
    var hidden = 0
    for process in processes {
      let (name, errno) = namespace(of: process)
      if errno == .permissionDenied || errno == .notPermitted { hidden += 1 }
      guard let name, !seen.contains(name) else { continue }
      guard seen.count <= Self.namespaceLimit else {
        let reason = "more than \(Self.namespaceLimit) mount namespaces"
        unreadable.append(UnreadableSource(path: "/proc/*/mountinfo", reason: reason))
        break
      }
      // The process may have ended since; another one of the namespace then stands for it.
      guard let rows = rows(of: process) else { continue }
      seen.insert(name)
      let command = ProcessName(id: Int(process) ?? 0, command: command(of: process))
      mounts += rows.filter { !Self.withoutDevice.contains($0.fileSystem) }
        .map { Mount($0, process: command) }
    }
    if hidden > 0 {
      let reason = "no permission to see the mount namespaces of \(hidden) processes"
      unreadable.append(UnreadableSource(path: "/proc/*/ns/mnt", reason: reason))
    }
  }

  private func namespace(of process: String) -> (name: String?, errno: Errno?) {
    do throws(SystemCallError) {
      return (try SmallFile.link(at: root.path("/proc/\(process)/ns/mnt")), nil)
    } catch { return (nil, error.errno) }
  }

  private func command(of process: String) -> String {
    do throws(SystemCallError) {
      let bytes = try SmallFile.bytes(of: root.path("/proc/\(process)/comm"), limit: 4096)
      return String(decoding: bytes.last == 0x0a ? bytes.dropLast() : bytes[...], as: UTF8.self)
    } catch { return "" }
  }
}

extension Mount {
  init(_ row: MountTable.Row, process: ProcessName?) {
    self.init(
      device: row.device, mountPoint: row.mountPoint, root: row.root, fileSystem: row.fileSystem,
      source: row.source, options: row.options, process: process)
  }
}
