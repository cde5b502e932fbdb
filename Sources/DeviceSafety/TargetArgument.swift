import BlockIO
public import DeviceProbe

/// How the person names the target.
public enum TargetArgument: Hashable, Sendable {
  /// An ID from `list`.
  case id(TargetID)
  /// The path of a device node or of a link to one.
  case path(String)
  /// `file:PATH`: a regular file that stands for a stick.
  case virtualStick(path: String)

  /// The prefix of a virtual stick.
  public static let virtualPrefix = "file:"

  /// Reads an argument; anything that has not the form of an ID or a virtual stick is a path.
  public init(parsing text: String) {
    if text.hasPrefix(Self.virtualPrefix) {
      self = .virtualStick(path: String(text.dropFirst(Self.virtualPrefix.count)))
    } else if let id = TargetID(parsing: text) {
      self = .id(id)
    } else {
      self = .path(text)
    }
  }

  /// Tells whether a device is what the argument names now; no device is opened for it.
  public func matcher() -> @Sendable (BlockDevice) -> Bool {
    switch self {
    case .id(let id): return { $0.isWholeDisk && TargetID(of: $0) == id }
    case .path(let path):
      let kind = (try? ResolvedTarget.state(at: path))?.kind
      return { kind == .blockDevice($0.number) }
    case .virtualStick: return { _ in false }
    }
  }

  /// Whether the argument is the ID itself.
  func namesID(_ id: String) -> Bool {
    switch self {
    case .id(let named): named.description == id
    case .virtualStick(let path): Self.virtualPrefix + path == id
    case .path: false
    }
  }
}
