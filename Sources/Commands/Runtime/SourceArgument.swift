import DeviceProbe
import DeviceSafety
import ImageSource

/// What people name in the place of an image: a file, a disk that is read, or what comes once.
enum SourceArgument {
  /// What an argument stands for: a URL and `-` are no path.
  static func order(
    of argument: String, byteCount: UInt64? = nil, in context: Context
  ) throws(Refusal) -> ImageOrder {
    let order = try ImageOrder(argument: argument, byteCount: byteCount)
    guard case .path(let path) = order.location, path == argument else { return order }
    return ImageOrder(.path(Self.path(of: argument, in: context)))
  }

  /// The path that an argument stands for: an ID is looked up, a virtual stick is its file.
  static func path(of argument: String, in context: Context) -> String {
    switch TargetArgument(parsing: argument) {
    case .path(let path): return path
    case .virtualStick(let path): return path
    case .id(let id):
      let snapshot = context.snapshot([], nil)
      let matches = snapshot.devices.filter { $0.isWholeDisk && TargetID(of: $0) == id }
      guard let disk = matches.first, matches.count == 1 else {
        // A file may have the form of an ID.
        return argument
      }
      return disk.path
    }
  }
}
