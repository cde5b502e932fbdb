import BlockIO
import Glibc
import SystemPackage

/// Looks through `/proc/PID/fd`, and for files through the other ways of a process to hold one.
struct OpenerScan {
  private(set) var report = OpenerReport()

  /// More descriptors than this are not looked at; the processes left count as unseen.
  private static let descriptorLimit = 1 << 20
  /// The largest table of mappings that is read.
  private static let mapsLimit = 8 << 20

  private let root: SystemRoot
  private let numbers: Set<DeviceNumber>
  /// In a copied system there is nothing behind the links, only their text.
  private let nodes: [String: DeviceNumber]
  private var descriptorCount = 0

  init(of devices: [BlockDevice], withFiles: Bool, root: SystemRoot) {
    self.root = root
    numbers = Set(devices.map(\.number))
    nodes = Dictionary(devices.map { ($0.path, $0.number) }, uniquingKeysWith: { first, _ in first })
    let own = root.isLive ? Int(getpid()) : nil
    for id in processes() where id != own {
      var found: Set<Found> = []
      let isSeen = descriptors(of: id, withFiles, &found)
      if withFiles { files(of: id, &found) }
      if !isSeen { report.unseenCount += 1 }
      guard !found.isEmpty else { continue }
      let name = ProcessName(id: id, command: ProcessName.command(of: "\(id)", in: root))
      report.openers += found.sorted { $0.order < $1.order }
        .map { Opener(name, device: $0.device, $0.access, holdsLock: $0.holdsLock) }
    }
  }

  /// One thing that a process holds; several descriptors of one kind are one.
  private struct Found: Hashable {
    let device: DeviceNumber
    let access: Opener.Access
    var holdsLock = false

    var order: (Int, Int, DeviceNumber, String) {
      switch access {
      case .writing: (0, holdsLock ? 0 : 1, device, "")
      case .reading: (1, holdsLock ? 0 : 1, device, "")
      case .file(let path): (2, 0, device, path)
      }
    }
  }

  private func processes() -> [Int] {
    do throws(SystemCallError) {
      return try SmallFile.names(in: root.path("/proc")).compactMap { Int($0) }.sorted()
    } catch { return [] }
  }

  /// - Returns: whether all of them could be looked at.
  private mutating func descriptors(of id: Int, _ withFiles: Bool, _ found: inout Set<Found>) -> Bool {
    let directory = "/proc/\(id)/fd"
    let names: [String]
    do throws(SystemCallError) { names = try SmallFile.names(in: root.path(directory)) } catch {
      // It has ended: then it holds nothing.
      return [.noSuchFileOrDirectory, .noSuchProcess].contains(error.errno)
    }
    descriptorCount += names.count
    guard descriptorCount <= Self.descriptorLimit else { return false }
    for name in names {
      switch target(of: "\(directory)/\(name)") {
      case .node(let device):
        let info = information(of: id, name)
        found.insert(
          Found(device: device, access: info.writes ? .writing : .reading, holdsLock: info.holdsLock))
      case .file(let device) where withFiles:
        found.insert(Found(device: device, access: .file(path(at: "\(directory)/\(name)"))))
      case .file, nil: break
      // The rest of them are as closed to this program.
      case .hidden: return false
      }
    }
    return true
  }

  /// What of the devices concerned a link of `/proc` leads to.
  private enum Target {
    case node(DeviceNumber)
    case file(DeviceNumber)
    /// Only a program with more rights may know.
    case hidden
  }

  private func target(of link: String) -> Target? {
    guard root.isLive else { return nodes[path(at: link)].map { .node($0) } }
    do throws(SystemCallError) {
      let state = try FileState(cachedAt: root.path(link))
      if case .blockDevice(let number) = state.kind { return numbers.contains(number) ? .node(number) : nil }
      return numbers.contains(state.fileSystem) ? .file(state.fileSystem) : nil
    } catch { return isHidden(link) ? .hidden : nil }
  }

  /// Whether a link may not be read at all; a file behind it may refuse itself where the link does not, as FUSE does.
  private func isHidden(_ link: String) -> Bool {
    do throws(SystemCallError) { _ = try SmallFile.link(at: root.path(link)) } catch {
      return [.permissionDenied, .notPermitted].contains(error.errno)
    }
    return false
  }

  private func path(at link: String) -> String {
    do throws(SystemCallError) { return try SmallFile.link(at: root.path(link)) } catch { return "" }
  }

  /// The flags of a descriptor, octal, and the locks that were taken through it (proc_pid_fdinfo(5)).
  private func information(of id: Int, _ descriptor: String) -> (writes: Bool, holdsLock: Bool) {
    let path = root.path("/proc/\(id)/fdinfo/\(descriptor)")
    do throws(SystemCallError) {
      let lines = String(decoding: try SmallFile.bytes(of: path, limit: 1 << 20), as: UTF8.self).split(
        separator: "\n")
      let digits = lines.first { $0.hasPrefix("flags:") }?.dropFirst("flags:".count)
        .drop { $0 == "\t" || $0 == " " }
      let access = digits.flatMap { Int32($0, radix: 8) }.map { $0 & O_ACCMODE }
      // What cannot be told counts as writing (R6).
      return (access != O_RDONLY, lines.contains { $0.hasPrefix("lock:") })
    } catch {
      // The descriptor has been closed meanwhile.
      return (![.noSuchFileOrDirectory, .noSuchProcess].contains(error.errno), false)
    }
  }

  /// Directories that a process is in, and programs and files that it has mapped.
  private func files(of id: Int, _ found: inout Set<Found>) {
    for name in ["cwd", "root", "exe"] {
      let link = "/proc/\(id)/\(name)"
      guard case .file(let device) = target(of: link) else { continue }
      found.insert(Found(device: device, access: .file(path(at: link))))
    }
    do throws(SystemCallError) {
      let bytes = try SmallFile.bytes(of: root.path("/proc/\(id)/maps"), limit: Self.mapsLimit)
      for line in bytes.split(separator: UInt8(ascii: "\n")) {
        guard let (device, path) = Self.mapping(line), numbers.contains(device) else { continue }
        found.insert(Found(device: device, access: .file(path)))
      }
    } catch {}
  }

  /// Reads a line such as `7f00-7f01 r--p 00000000 08:11 12 /mnt/lib` (proc_pid_maps(5)); the number is hexadecimal.
  static func mapping(_ line: ArraySlice<UInt8>) -> (DeviceNumber, String)? {
    let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
    guard fields.count == 6 else { return nil }
    let halves = String(decoding: fields[3], as: UTF8.self).split(separator: ":")
    guard halves.count == 2, let major = UInt32(halves[0], radix: 16),
      let minor = UInt32(halves[1], radix: 16)
    else { return nil }
    let path = String(decoding: fields[5].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
    return (DeviceNumber(major: major, minor: minor), path)
  }
}

extension ProcessName {
  /// What a process calls itself; empty where it has ended.
  static func command(of process: String, in root: SystemRoot) -> String {
    do throws(SystemCallError) {
      let bytes = try SmallFile.bytes(of: root.path("/proc/\(process)/comm"), limit: 4096)
      return String(decoding: bytes.last == 0x0a ? bytes.dropLast() : bytes[...], as: UTF8.self)
    } catch { return "" }
  }
}
