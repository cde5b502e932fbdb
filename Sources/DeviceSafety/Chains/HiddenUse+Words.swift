import DeviceProbe

extension HiddenUse {
  /// The use as the last step of a chain.
  var label: String {
    switch kind {
    case .fileSystem: "\(owner) in use"
    case .member: owner
    case .journal: "journal of \(owner)"
    case .auxiliary: "part of the file system at \(owner)"
    case .layer: "overlay at \(owner)"
    case .cache: owner.isEmpty ? "bcache" : "bcache \(owner)"
    case .multipathPath: "multipath"
    case .exported: owner
    }
  }

  /// The verb and what follows, for a sentence.
  /// - Parameter hints: the overlays that a file system without a mount may lie below.
  func clause(_ hints: [String]) -> String {
    switch kind {
    case .fileSystem:
      "carries an \(owner) file system in use that no mount table shows"
        + (hints.isEmpty ? "" : ", perhaps below the overlay at \(hints.joined(separator: ", "))")
    case .member: "is a member of the mounted file system \(owner)"
    case .journal: "is the external journal of a mounted \(owner) file system"
    case .auxiliary: "is a log or data device of the file system mounted at \(owner)"
    case .layer: "holds a layer of the overlay mounted at \(owner)"
    case .cache: "is in use by bcache" + (owner.isEmpty ? "" : " (\(owner))")
    case .multipathPath: "is one path of a multipath disk"
    case .exported: "is served to other machines by \(owner)"
    }
  }
}
