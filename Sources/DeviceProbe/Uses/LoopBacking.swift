import BlockIO
import SystemPackage

/// Finds what loop devices read from: their path alone is stale after a lazy unmount or a rename.
struct LoopBacking {
  private(set) var unreadable: [UnreadableSource] = []

  /// Fills in the numbers behind every attached loop device.
  mutating func resolve(in devices: inout [BlockDevice], resolver: inout PathResolver) {
    for index in devices.indices {
      guard case .loop(let path, _, _) = devices[index].virtual else { continue }
      let (fileSystem, node) = backing(of: devices[index], path: path, resolver: &resolver)
      devices[index].virtual = .loop(path: path, fileSystem: fileSystem, node: node)
    }
  }

  private mutating func backing(
    of device: BlockDevice, path: String, resolver: inout PathResolver
  ) -> (DeviceNumber?, DeviceNumber?) {
    guard resolver.root.isLive else {
      if let node = resolver.device(at: path) { return (nil, node) }
      return (resolver.devices(under: path).first, nil)
    }
    do throws(SystemCallError) {
      let opened = try OwnedDescriptor(opening: FilePath(device.path), [.nonBlocking])
      let (fileSystem, node) = try opened.loopBacking()
      if let node { return (fileSystem, node) }
      // A btrfs subvolume and an overlay have numbers that no block device has: go on to a real one.
      guard fileSystem.major == 0 else { return (fileSystem, nil) }
      return (resolver.devices(under: path).first ?? fileSystem, nil)
    } catch {
      // Detached meanwhile, or no permission: then the path is all there is.
      guard error.errno == .permissionDenied || error.errno == .notPermitted else { return (nil, nil) }
      unreadable.append(UnreadableSource(path: device.path, reason: "\(error.errno)"))
      if let node = resolver.device(at: path) { return (nil, node) }
      return (resolver.devices(under: path).first, nil)
    }
  }
}
