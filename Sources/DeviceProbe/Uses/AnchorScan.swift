import BlockIO
import SystemPackage

/// Finds what the system and this run need.
struct AnchorScan {
  private(set) var anchors: [Anchor] = []

  /// The directories without which a system does not work (R20).
  private static let systemDirectories = [
    "/", "/boot", "/boot/efi", "/efi", "/usr", "/var", "/home",
  ]

  init(requests: [AnchorRequest], resolver: PathResolver) {
    for path in Self.systemDirectories where resolver.exists(path) {
      add(.systemDirectory, path, lookup: path, resolver: resolver)
    }
    if resolver.root.isLive {
      add(.executable, Self.target(of: "/proc/self/exe"), lookup: "/proc/self/exe", resolver: resolver)
      addLibraries(resolver: resolver)
      add(.workingDirectory, Self.target(of: "/proc/self/cwd"), lookup: "/proc/self/cwd", resolver: resolver)
    }
    for request in requests {
      let lookup = resolver.exists(request.lookup) ? request.lookup : Self.directory(of: request.lookup)
      add(request.purpose, request.path, lookup: lookup, resolver: resolver)
    }
  }

  private mutating func add(
    _ purpose: Anchor.Purpose, _ path: String, lookup: String, resolver: PathResolver
  ) {
    anchors.append(Anchor(purpose: purpose, path: path, devices: resolver.devices(under: lookup)))
  }

  /// Adds one library for each file system that libraries are on and the executable is not (R20).
  private mutating func addLibraries(resolver: PathResolver) {
    guard let maps = try? SmallFile.bytes(of: "/proc/self/maps", limit: 1 << 20) else { return }
    let known = Set(anchors.flatMap(\.devices))
    let executable = Self.target(of: "/proc/self/exe")
    for path in MappedFiles.first(ofEachDeviceIn: maps) where path != executable {
      let devices = resolver.devices(under: path)
      guard !known.isSuperset(of: devices) else { continue }
      anchors.append(Anchor(purpose: .library, path: path, devices: devices))
    }
  }

  private static func target(of link: String) -> String {
    do throws(SystemCallError) { return try SmallFile.link(at: .init(link)) } catch { return link }
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// The files that a process runs from, from `/proc/PID/maps` (proc_pid_maps(5)).
enum MappedFiles {
  /// One path for each device in the table, of pages that can be executed.
  static func first(ofEachDeviceIn maps: [UInt8]) -> [String] {
    var seen: Set<[UInt8]> = []
    return maps.split(separator: 0x0A).compactMap { line in
      // Address, permissions, offset, device, inode, and blanks before the path, which may hold more of them.
      let fields = line.split(separator: 0x20, maxSplits: 5)
      guard fields.count == 6, fields[1].contains(UInt8(ascii: "x")) else { return nil }
      let path = String(decoding: fields[5].drop { $0 == 0x20 }, as: UTF8.self)
      guard path.hasPrefix("/"), !path.hasSuffix(" (deleted)"), seen.insert(Array(fields[3])).inserted else {
        return nil
      }
      return path
    }
  }
}
