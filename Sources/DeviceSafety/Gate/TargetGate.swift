import BlockIO
public import DeviceProbe
import Glibc
import SystemPackage

/// The only way to a device that can be written.
///
/// It opens a target exclusively, locks it, compares it with what was chosen and lets every rule look at it
/// while it is held; nothing is written before ``PendingTarget/approve(confirming:)``.
public struct TargetGate: Sendable {
  let takeSnapshot: @Sendable () -> DeviceSnapshot
  private let lockAttempts: Int
  private let broker: DeviceBroker?
  /// Opens a target for writing; no other line of burin does, and there is no weaker way to (R27).
  ///
  /// A regular file is not made exclusive by `O_EXCL`; its locks are. Tests put a refusal in its place.
  var claim: @Sendable (String) throws(SystemCallError) -> OwnedDescriptor = { path throws(SystemCallError) in
    try OwnedDescriptor(opening: FilePath(path), [.write, .exclusive, .direct, .noFollow])
  }

  /// How long a lock of udevd or a partitioning program is waited for: 10 s.
  public static let defaultLockAttempts = 100
  private static let microsecondsBetweenAttempts: UInt32 = 100_000

  /// Creates a gate that looks at the machine through a function.
  ///
  /// - Parameters:
  ///   - lockAttempts: how often a lock that somebody else holds is tried, every 100 ms.
  ///   - broker: who is asked where the kernel does not permit the opening; nil for root.
  ///   - takeSnapshot: called anew for every check, so it must look anew every time.
  public init(
    lockAttempts: Int = defaultLockAttempts, broker: DeviceBroker? = nil,
    snapshot takeSnapshot: @escaping @Sendable () -> DeviceSnapshot
  ) {
    self.lockAttempts = lockAttempts
    self.broker = broker
    self.takeSnapshot = takeSnapshot
  }

  /// Opens, locks and checks a target; nothing is written to it.
  ///
  /// Blocks for as long as somebody else holds the lock, 10 s at most.
  public func open(
    _ argument: TargetArgument, _ request: SafetyRequest = SafetyRequest()
  ) throws(GateError) -> PendingTarget {
    let snapshot = takeSnapshot()
    switch try ResolvedTarget(argument, in: snapshot) {
    case .file(let path): return try openFile(path, argument, request, snapshot)
    case .disk(let disk, let isNamedByLink):
      var request = request
      request.isNamedByLink = isNamedByLink
      return try openDisk(disk, argument, request, snapshot)
    }
  }

  private func openDisk(
    _ chosen: BlockDevice, _ argument: TargetArgument, _ request: SafetyRequest, _ snapshot: DeviceSnapshot
  ) throws(GateError) -> PendingTarget {
    if let place = chosen.partition {
      throw .partition(path: chosen.path, of: snapshot[place.disk]?.path ?? place.disk.description)
    }
    // What the rules forbid at first sight is not even opened.
    try SafetyPolicy.assess(chosen, in: snapshot, request).requireNothing(beyond: request)
    let id = TargetID(of: chosen)
    var held = try claimDisk(chosen, request)
    let geometry = try Self.geometry(of: held, as: chosen)
    try lock(held, chosen.name)

    // Looked at again, because until the claim anybody could have mounted, attached or swapped it.
    let fresh = takeSnapshot()
    let disk = try Self.disk(like: chosen, with: geometry, id: id, in: fresh)
    let assessment = SafetyPolicy.assess(disk, in: fresh, request)
    try assessment.requireNothing(beyond: request)
    try held.quiesce(fresh.partitions(of: disk.number))

    let identity = TargetIdentity(
      kind: .disk(disk.number), path: disk.path, name: disk.displayName, id: id.description,
      geometry: geometry)
    guard
      let consent = SafetyPolicy.requiredConsent(
        for: assessment, id: id.description, serial: disk.confirmationSerial, namedBy: argument)
    else { throw .refused(assessment) }
    return PendingTarget(
      held: held, gate: self, request: request, identity: identity, disk: disk, assessment: assessment,
      consent: consent)
  }
}

// MARK: - Opening and locking

extension TargetGate {
  private func claimDisk(_ disk: BlockDevice, _ request: SafetyRequest) throws(GateError) -> HeldDevice {
    do throws(SystemCallError) { return HeldDevice(try claim(disk.path)) } catch {
      switch error.errno {
      case .permissionDenied, .notPermitted:
        guard let broker else { throw .permission(error) }
        return try claim(disk, through: broker, request)
      case .resourceBusy: throw .refused(explainBusy(disk, request))
      // O_NOFOLLOW: the node has become a link since the snapshot.
      case .tooManySymbolicLinkLevels: throw .changed(.device)
      default: throw GateError(error, opening: disk.path)
      }
    }
  }

  /// Has a broker open it, with the same flags: R27 holds for it too, and R52 says what cannot be known then.
  private func claim(
    _ disk: BlockDevice, through broker: DeviceBroker, _ request: SafetyRequest
  ) throws(GateError) -> HeldDevice {
    let descriptor: OwnedDescriptor
    do throws(BrokerError) {
      descriptor = try broker.open(disk.path, disk.number, OwnedDescriptor.brokeredFlags)
    } catch {
      // It can only say that it failed; what keeps the disk busy may be seen from here.
      if case .failed = error {
        let found = explainBusy(disk, request)
        guard found.objections.allSatisfy({ $0.id == .busy }) else { throw .refused(found) }
      }
      throw .broker(error)
    }
    let isAsAsked: Bool
    do throws(SystemCallError) { isAsAsked = try descriptor.isDirectAndPrivate() } catch {
      throw .system(error)
    }
    guard isAsAsked else { throw .broker(.notAsAsked) }
    return HeldDevice(descriptor, impossible: ImpossibleCheck.allCases)
  }

  /// Looks for what keeps a disk from being opened; the kernel says only that something does.
  ///
  /// Nothing is found where a mount was taken away lazily and a file on it is still open (R13).
  private func explainBusy(_ chosen: BlockDevice, _ request: SafetyRequest) -> Assessment {
    let snapshot = takeSnapshot()
    let disk = snapshot[chosen.number] ?? chosen
    let found = SafetyPolicy.assess(disk, in: snapshot, request).lifting(request.lifted)
    guard !found.objections.contains(where: { $0.severity == .x }) else { return found }
    let busy = Objection(
      .busy, .x, rule: "R27", text: "the kernel says that \(disk.name) is in use, but not by whom",
      chain: [disk.name])
    return Assessment(objections: found.objections + [busy])
  }

  /// Takes the locks that udevd and virtual machines respect, and waits for those who are about to finish (R30).
  func lock(_ held: borrowing HeldDevice, _ name: String) throws(GateError) {
    var attempt = 0
    while true {
      do throws(SystemCallError) {
        try held.descriptor.lockAgainstProbes()
        break
      } catch {
        guard error.errno == .resourceTemporarilyUnavailable else { throw .system(error) }
        attempt += 1
        guard attempt < lockAttempts else {
          throw .refusedAsBusy(name, rule: "R30", "another program keeps a lock on \(name) (flock)")
        }
        usleep(Self.microsecondsBetweenAttempts)
      }
    }
    do throws(SystemCallError) { try held.descriptor.lockAgainstMachines() } catch {
      guard [.resourceTemporarilyUnavailable, .permissionDenied].contains(error.errno) else {
        throw .system(error)
      }
      throw .refusedAsBusy(
        name, rule: "R16", "a virtual machine or another program keeps a lock on \(name) (fcntl)")
    }
  }
}

// MARK: - Identity

extension TargetGate {
  /// What the open descriptor shows, if that is the device that was chosen.
  private static func geometry(
    of held: borrowing HeldDevice, as chosen: BlockDevice
  ) throws(GateError) -> BlockGeometry {
    let geometry: BlockGeometry?
    do throws(SystemCallError) {
      let kind = try FileState(of: held.descriptor, path: chosen.path).kind
      geometry = kind == .blockDevice(chosen.number) ? try BlockGeometry(of: held.descriptor) : nil
    } catch { throw .system(error) }
    guard let geometry else { throw .changed(.device) }
    if let change = chosen.change(to: geometry) { throw .changed(change) }
    guard geometry.byteCount > 0 else { throw .noMedium(path: chosen.path) }
    guard !geometry.isReadOnly else { throw .readOnly(path: chosen.path) }
    return geometry
  }

  /// The disk in a newer snapshot, if it still is the one that is held open and has its ID.
  static func disk(
    like chosen: BlockDevice, with geometry: BlockGeometry, id: TargetID, in snapshot: DeviceSnapshot
  ) throws(GateError) -> BlockDevice {
    guard let disk = snapshot[chosen.number] else { throw .changed(.device) }
    if let change = disk.change(to: geometry) { throw .changed(change) }
    let found = TargetID(of: disk)
    guard found == id else { throw .idMismatch(expected: id.description, found: found.description) }
    return disk
  }
}
