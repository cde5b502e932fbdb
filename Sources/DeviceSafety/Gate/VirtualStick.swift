import BlockIO
import DeviceProbe
import SystemPackage

extension TargetGate {
  /// Opens a regular file that stands for a stick.
  func openFile(
    _ path: String, _ argument: TargetArgument, _ request: SafetyRequest, _ snapshot: DeviceSnapshot
  ) throws(GateError) -> PendingTarget {
    // Looked at first, so that a device or a FIFO behind the name is not opened for writing.
    let state = try ResolvedTarget.state(ofLink: path)
    guard state.kind == .regular else { throw .notRegularFile(path: path, kind: state.kind) }
    try VirtualStick.requireUnused(state, path, in: snapshot)

    let held = HeldDevice(try claimFile(path))
    let opened: FileState
    do throws(SystemCallError) { opened = try FileState(of: held.descriptor, path: path) } catch {
      throw .system(error)
    }
    guard opened.kind == .regular, opened.fileSystem == state.fileSystem, opened.inode == state.inode else {
      throw .changed(.device)
    }
    let geometry = try VirtualStick.geometry(of: opened, path, blockSize: request.virtualBlockSize)
    try lock(held, path)
    try VirtualStick.requireUnused(opened, path, in: takeSnapshot())

    let id = TargetArgument.virtualPrefix + path
    let identity = TargetIdentity(
      kind: .virtualStick(fileSystem: opened.fileSystem, inode: opened.inode), path: path,
      name: FilePath(path).lastComponent?.string ?? path, id: id, geometry: geometry)
    return PendingTarget(
      held: held, gate: self, request: request, identity: identity, disk: nil,
      assessment: Assessment(objections: []), consent: Consent(id: id, isNamedByID: argument.namesID(id)))
  }

  private func claimFile(_ path: String) throws(GateError) -> OwnedDescriptor {
    do throws(SystemCallError) { return try claim(path) } catch {
      switch error.errno {
      // The flags are right, so it is the file system that cannot do O_DIRECT.
      case .invalidArgument: throw .noDirectAccess(path: path)
      // A program that runs.
      case .textFileBusy: throw .refusedAsBusy(path, rule: "R14", "\(path) is in use by the kernel")
      case .tooManySymbolicLinkLevels: throw .changed(.device)
      default: throw GateError(error, opening: path)
      }
    }
  }
}

/// The rules for a regular file that stands for a stick: nothing of the system may live in it.
enum VirtualStick {
  /// What the file would say of itself if it were a stick.
  static func geometry(
    of state: FileState, _ path: String, blockSize: Int
  ) throws(GateError) -> BlockGeometry {
    guard state.byteCount > 0 else { throw .noMedium(path: path) }
    guard state.byteCount % UInt64(blockSize) == 0 else {
      throw .raggedSize(path: path, byteCount: state.byteCount, blockSize: blockSize)
    }
    return BlockGeometry(
      byteCount: state.byteCount, logicalBlockSize: blockSize, physicalBlockSize: blockSize,
      isReadOnly: false, diskSequence: nil)
  }

  /// Checks again a file that is held open.
  static func requireUnused(_ identity: TargetIdentity, in snapshot: DeviceSnapshot) throws(GateError) {
    guard case .virtualStick(let fileSystem, let inode) = identity.kind else { return }
    let objections = uses(of: File(fileSystem: fileSystem, inode: inode), identity.path, in: snapshot)
    guard objections.isEmpty else { throw .refused(Assessment(objections: objections)) }
  }

  /// Refuses a file that is swapped to, that a loop device reads or that this run reads or writes itself.
  static func requireUnused(
    _ state: FileState, _ path: String, in snapshot: DeviceSnapshot
  ) throws(GateError) {
    let objections = uses(of: state, path, in: snapshot)
    guard objections.isEmpty else { throw .refused(Assessment(objections: objections)) }
  }

  /// What speaks against a file as a stick.
  static func uses(of state: FileState, _ path: String, in snapshot: DeviceSnapshot) -> [Objection] {
    uses(of: File(fileSystem: state.fileSystem, inode: state.inode), path, in: snapshot)
  }

  /// A file whatever its names are.
  private struct File: Hashable {
    let fileSystem: DeviceNumber
    let inode: UInt64
  }

  private static func uses(of file: File, _ path: String, in snapshot: DeviceSnapshot) -> [Objection] {
    var objections = snapshot.unreadable.filter { ["/proc/swaps"].contains($0.path) }.map {
      Objection(
        .unknownAttribute, .x, rule: "R6",
        text: "\($0.path) cannot be read (\($0.reason)), so that \(path) may be in use unseen", chain: [path])
    }
    objections += snapshot.swaps.filter { $0.isFile && self.file(at: $0.path) == file }.map { _ in
      Objection(.swap, .x, rule: "R14", text: "\(path) is an active swap file", chain: [path, "swap file"])
    }
    objections += snapshot.anchors.filter { self.file(at: $0.path) == file }.map {
      Objection(
        $0.purpose == .image ? .holdsImage : .systemDisk, .x, rule: "R20",
        text: "\(path) is itself \($0.purpose.noun)", chain: [path])
    }
    for device in snapshot.devices {
      guard case .loop(let source, _, _) = device.virtual else { continue }
      objections += loopUse(of: file, path, by: device, over: source, in: snapshot)
    }
    return objections
  }

  private static func loopUse(
    of file: File, _ path: String, by loop: BlockDevice, over source: String, in snapshot: DeviceSnapshot
  ) -> [Objection] {
    let step = "loop device \(loop.name)"
    do throws(SystemCallError) {
      // The kernel's own word, because names of files that were moved or deleted mislead.
      let descriptor = try OwnedDescriptor(opening: FilePath(loop.path), [.nonBlocking, .noFollow])
      let backing = File(
        fileSystem: try descriptor.loopBacking().fileSystem, inode: try descriptor.loopBackingInode())
      guard backing == file else { return [] }
    } catch {
      // Detached or gone meanwhile.
      if error.errno == .noSuchAddressOrDevice { return [] }
      // Without permission, or in a container without its node, the name is all there is.
      guard mayBe(file, path, behind: source) else { return [] }
      let text = "the \(step) cannot be asked whether it reads from \(path)"
      return [Objection(.unknownAttribute, .x, rule: "R6", text: text, chain: [path, step])]
    }
    let text = "\(path) is read by the \(step)"
    let links = SnapshotLinks(SnapshotIndex(snapshot))
    let use = UseChain.chains(from: [loop] + links.index.partitions(of: loop.number), in: links)
      .first { $0.end != .hop }
    guard let use else {
      return [Objection(.loopAttached, .x, rule: "R15", text: text, chain: [path, step])]
    }
    let steps = use.start.number == loop.number ? use.steps.dropFirst() : use.steps[...]
    return [
      Objection(
        .loopAttached, .x, rule: "R15", text: "\(text): \(use.sentence)", chain: [path, step] + steps)
    ]
  }

  /// Whether a name that a loop device gives may lead to a file: it does, or it is the same in a directory
  /// that cannot be looked into.
  private static func mayBe(_ file: File, _ path: String, behind source: String) -> Bool {
    if let found = self.file(at: source) { return found == file }
    return FilePath(source).lastComponent == FilePath(path).lastComponent
  }

  private static func file(at path: String) -> File? {
    // What has gone is no use of the file; the rules for the snapshot have judged what cannot be read.
    guard let state = try? ResolvedTarget.state(at: path) else { return nil }
    return File(fileSystem: state.fileSystem, inode: state.inode)
  }
}
