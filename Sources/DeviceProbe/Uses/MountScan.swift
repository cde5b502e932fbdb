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
    var seen: Set<View> = [.namespace(of: "self", in: root), .firstMount(own.first?.id)]
    var known = Set(own.map(\.id))
    var hidden: [String] = []
    for process in processes {
      var view = View.namespace(of: process, in: root)
      // Whoever may not follow the link may still read the table; it shows the same mounts by their numbers.
      if view == .hidden { view = firstMount(of: process) }
      if view == .hidden { hidden.append(process) }
      guard view != .gone, view != .hidden, !seen.contains(view) else { continue }
      guard seen.count <= Self.namespaceLimit else {
        let reason = "more than \(Self.namespaceLimit) mount namespaces"
        unreadable.append(UnreadableSource(path: "/proc/\(process)/mountinfo", reason: reason))
        break
      }
      // The process may have ended since; another one of the namespace then stands for it.
      guard let rows = rows(of: process) else { continue }
      seen.formUnion([view, .firstMount(rows.first?.id)])
      let name = ProcessName(id: Int(process) ?? 0, command: ProcessName.command(of: process, in: root))
      // The numbers are the kernel's own for all namespaces: a process in a chroot shows mounts known already.
      mounts += rows.filter { known.insert($0.id).inserted && !Self.withoutDevice.contains($0.fileSystem) }
        .map { Mount($0, process: name) }
    }
    // Each is unreadable, but with `hidepid` they are all of the machine's: the first stands for them.
    if let first = hidden.first {
      let reason = "no permission to see the mounts of \(hidden.count) processes"
      unreadable.append(UnreadableSource(path: "/proc/\(first)/mountinfo", reason: reason))
    }
  }

  private func firstMount(of process: String) -> View {
    do throws(SystemCallError) {
      let text = try SmallFile.prefix(of: root.path("/proc/\(process)/mountinfo"), count: 4096)
      return MountTable(parsing: text).rows.first.map { .firstMount($0.id) } ?? .hidden
    } catch { return error.errno == .permissionDenied || error.errno == .notPermitted ? .hidden : .gone }
  }
}

/// What tells the mounts that one process sees from those that another sees.
private enum View: Hashable {
  /// The namespace, and the directory that is `/` in it: a process in a chroot sees only what is below.
  case namespace(String, root: DeviceNumber?, inode: UInt64?)
  /// The number of the first mount: no two namespaces share one.
  case firstMount(Int?)
  /// The process has ended.
  case gone
  /// There is no permission.
  case hidden

  static func namespace(of process: String, in root: SystemRoot) -> View {
    do throws(SystemCallError) {
      let name = try SmallFile.link(at: root.path("/proc/\(process)/ns/mnt"))
      let directory = FileState.ifAny(at: root.path("/proc/\(process)/root"))
      return .namespace(name, root: directory?.fileSystem, inode: directory?.inode)
    } catch { return error.errno == .permissionDenied || error.errno == .notPermitted ? .hidden : .gone }
  }
}

extension FileState {
  /// Asks about a path without opening what is behind it.
  fileprivate static func ifAny(at path: FilePath) -> FileState? {
    do throws(SystemCallError) {
      return try FileState(at: path)
    } catch { return nil }
  }
}

extension Mount {
  init(_ row: MountTable.Row, process: ProcessName?) {
    self.init(
      device: row.device, mountPoint: row.mountPoint, root: row.root, fileSystem: row.fileSystem,
      source: row.source, options: row.options, process: process)
  }
}
