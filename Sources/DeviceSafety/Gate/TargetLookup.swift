public import BlockIO
public import DeviceProbe
import SystemPackage

/// What an argument names at this moment, looked up without opening, locking or changing anything.
///
/// Enough for reading and for telling what a write would do; only ``TargetGate`` leads to one.
public struct TargetLookup: Hashable, Sendable {
  /// The path of the node or of the virtual stick.
  public let path: String
  /// The device; nil for a virtual stick.
  public let disk: BlockDevice?
  /// What it is called: the ID, or `file:PATH`.
  public let id: String
  /// Its size and block sizes as far as they are known without opening it.
  public let geometry: BlockGeometry
  /// What the rules say of it.
  public let assessment: Assessment
  /// The path of the disk that it is a partition of; nil where it is none.
  private let parent: String?

  /// Looks an argument up.
  ///
  /// - Parameter readContents: reads what is on the disk; the rules judge by what it returns.
  public init(
    _ argument: TargetArgument, in snapshot: DeviceSnapshot, _ request: SafetyRequest = SafetyRequest(),
    contents readContents: (BlockDevice) -> Contents? = \.contents
  ) throws(GateError) {
    switch try ResolvedTarget(argument, in: snapshot) {
    case .disk(var disk, let isNamedByLink):
      disk.contents = readContents(disk)
      var request = request
      request.isNamedByLink = isNamedByLink
      self = Self(disk, in: snapshot, request)
    case .file(let path):
      let state = try ResolvedTarget.state(ofLink: path)
      guard state.kind == .regular else { throw .notRegularFile(path: path, kind: state.kind) }
      self = Self(
        virtualStick: path, byteCount: state.byteCount, blockSize: request.virtualBlockSize,
        Assessment(objections: VirtualStick.uses(of: state, path, in: snapshot)))
    }
  }

  /// Judges a device.
  init(_ disk: BlockDevice, in snapshot: DeviceSnapshot, _ request: SafetyRequest) {
    self.disk = disk
    assessment = SafetyPolicy.assess(disk, in: snapshot, request)
    parent = disk.partition.map { snapshot[$0.disk]?.path ?? $0.disk.description }
    path = disk.path
    id = TargetID(of: disk).description
    geometry = BlockGeometry(
      byteCount: disk.byteCount ?? 0, logicalBlockSize: disk.logicalBlockSize ?? 0,
      physicalBlockSize: disk.physicalBlockSize ?? 0, isReadOnly: disk.isReadOnly ?? true,
      diskSequence: disk.diskSequence)
  }

  private init(virtualStick path: String, byteCount: UInt64, blockSize: Int, _ assessment: Assessment) {
    self.path = path
    self.assessment = assessment
    disk = nil
    parent = nil
    id = TargetArgument.virtualPrefix + path
    geometry = BlockGeometry(
      byteCount: byteCount, logicalBlockSize: blockSize, physicalBlockSize: blockSize, isReadOnly: false,
      diskSequence: nil)
  }

  /// Throws what the gate would throw for a disk that the rules forbid.
  public func requireAllowed(by request: SafetyRequest) throws(GateError) {
    if let parent { throw .partition(path: path, of: parent) }
    try assessment.requireNothing(beyond: request)
  }
}
