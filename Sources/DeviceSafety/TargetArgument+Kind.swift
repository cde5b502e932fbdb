import BlockIO
public import DeviceProbe

extension TargetArgument {
  /// What the argument names at this moment, whatever its spelling; nothing is opened for it.
  ///
  /// Loop devices over the same file are the same disk.
  public func kind(in snapshot: DeviceSnapshot) throws(GateError) -> TargetIdentity.Kind {
    switch try ResolvedTarget(self, in: snapshot) {
    case .file(let path):
      let state = try ResolvedTarget.state(at: path)
      return .virtualStick(fileSystem: state.fileSystem, inode: state.inode)
    case .disk(let disk, _):
      guard case .loop(let path, _, _) = disk.virtual, let state = try? ResolvedTarget.state(at: path),
        state.kind == .regular
      else { return .disk(disk.number) }
      return .virtualStick(fileSystem: state.fileSystem, inode: state.inode)
    }
  }
}
