import BlockIO
import SystemPackage

/// Finds what loop devices read from: their path alone is stale after a lazy unmount or a rename.
struct LoopBacking {
  let resolver: PathResolver

  /// What is behind a loop device that was attached when it was scanned.
  /// - Parameter mayAsk: whether its node may be opened, which the kernel's own word takes.
  func kind(of device: BlockDevice, path: String, mayAsk: Bool) -> VirtualKind {
    guard resolver.root.isLive, mayAsk else { return byPath(path) }
    do throws(SystemCallError) {
      let opened = try OwnedDescriptor(opening: FilePath(device.path), [.nonBlocking])
      let (fileSystem, node) = try opened.loopBacking()
      // A btrfs subvolume and an overlay have numbers that no block device has: go on to a real one.
      guard node == nil, fileSystem.major == 0, let real = resolver.devices(under: path).first else {
        return .loop(path: path, fileSystem: fileSystem, node: node)
      }
      return .loop(path: path, fileSystem: real, node: nil)
    } catch {
      // ENXIO: it was detached meanwhile. Without permission the path is all there is.
      return error.errno == .noSuchAddressOrDevice ? .idleLoop : byPath(path)
    }
  }

  private func byPath(_ path: String) -> VirtualKind {
    let node = resolver.device(at: path)
    return .loop(path: path, fileSystem: node == nil ? resolver.devices(under: path).first : nil, node: node)
  }
}
