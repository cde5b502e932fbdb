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

  private static func target(of link: String) -> String {
    do throws(SystemCallError) { return try SmallFile.link(at: .init(link)) } catch { return link }
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
