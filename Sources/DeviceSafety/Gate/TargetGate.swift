import BlockIO
public import DeviceProbe
import Glibc
import Synchronization
import SystemPackage

/// The only way to a device that can be written.
///
/// It opens a target exclusively, locks it, compares it with what was chosen and lets every rule look at it
/// while it is held; nothing is written before ``PendingTarget/approve(confirming:)``.
public struct TargetGate: Sendable {
  /// Looks who has devices open, and on demand who uses files on them.
  public typealias OpenerLookup = @Sendable (_ devices: [BlockDevice], _ withFiles: Bool) -> OpenerReport

  let takeSnapshot: @Sendable () -> DeviceSnapshot
  let openers: OpenerLookup
  let lockAttempts: Int
  private let contents: ContentsReader
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

  /// How long a look at the machine counts.
  ///
  /// One takes as long on a busy machine: another one would tell of no later moment.
  public static let freshness = Duration.milliseconds(50)
  /// The same for a look that is taken ahead of the approval.
  ///
  /// Tests make it longer: they pass on busy machines too.
  var freshness = Self.freshness

  /// Creates a gate that looks at the machine through a function.
  ///
  /// - Parameters:
  ///   - lockAttempts: how often a lock that somebody else holds is tried, every 100 ms, and how often a
  ///     process that will end soon is looked for.
  ///   - broker: who is asked where the kernel does not permit the opening; nil for root.
  ///   - openers: who has devices open, called anew for every check.
  ///   - takeSnapshot: called anew for every check, so it must look anew every time.
  ///   - contents: reads what is on the disk (R25): through the only descriptor of it, once it is held.
  public init(
    lockAttempts: Int = defaultLockAttempts, broker: DeviceBroker? = nil,
    openers: @escaping OpenerLookup = { DeviceProbe.openers(of: $0, withFiles: $1) },
    snapshot takeSnapshot: @escaping @Sendable () -> DeviceSnapshot,
    contents: ContentsReader = .live
  ) {
    self.lockAttempts = lockAttempts
    self.broker = broker
    self.openers = openers
    self.contents = contents
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
    try refuseAtFirstSight(chosen, request, snapshot)
    let id = TargetID(of: chosen)
    let claimed = try claimDisk(chosen, request)
    let geometry = try Self.geometry(of: claimed, as: chosen)
    try lock(claimed, chosen.name, chosen)

    // Looked at again, because until the claim anybody could have mounted, attached or swapped it. Read while nobody else
    // can mount or format it, so that what is shown is what will be lost.
    let found = Mutex<Result<Contents?, SystemCallError>>(.success(nil))
    let (fresh, report) = look(at: chosen) {
      let read = Result { () throws(SystemCallError) in try contents.held(chosen, claimed.descriptor) }
      found.withLock { $0 = read }
    }
    var disk = try Self.disk(like: chosen, with: geometry, id: id, in: fresh)
    do throws(SystemCallError) { disk.contents = try found.withLock(\.self).get() ?? .unreadable } catch {
      throw .system(error)
    }
    let assessment = SafetyPolicy.assess(disk, in: fresh, request)
    try assessment.requireNothing(beyond: request)
    try requireNoWriters(on: disk, in: fresh, report)
    var held = claimed
    try quiesce(&held, fresh.partitions(of: disk.number), in: fresh)

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

// MARK: - First sight

extension TargetGate {
  /// Refuses what needs no claim to be refused; where options could lift it, with every reason that there is,
  /// so that nobody has to come back for each of them.
  private func refuseAtFirstSight(
    _ chosen: BlockDevice, _ request: SafetyRequest, _ snapshot: DeviceSnapshot
  ) throws(GateError) {
    var glance = request
    glance.awaitsContents = true
    let assessment = SafetyPolicy.assess(chosen, in: snapshot, glance)
    if assessment.objections.contains(where: { $0.id == .busy }) {
      throw .refused(explainBusy(chosen, request))
    }
    guard !assessment.lifting(request.lifted).objections.isEmpty, assessment.safetyClass < .x else {
      return try assessment.requireNothing(beyond: request)
    }
    var disk = chosen
    disk.contents = contents.named(chosen)
    try SafetyPolicy.assess(disk, in: snapshot, request).requireNothing(beyond: request)
  }
}

// MARK: - Opening and locking

extension TargetGate {
  private func claimDisk(_ disk: BlockDevice, _ request: SafetyRequest) throws(GateError) -> HeldDevice {
    do throws(SystemCallError) { return HeldDevice(try claim(disk.path)) } catch {
      // The node may have become a file, a pipe or another disk's since the snapshot; how opening that fails
      // says nothing about the disk.
      if let state = try? FileState(at: FilePath(disk.path)), state.kind != .blockDevice(disk.number) {
        throw .changed(.device)
      }
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
  ///
  /// Its word counts for nothing (R51): the flags of what came are looked at here, and everything else about it in
  /// the same way as if it had been opened here.
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

  /// Takes the locks that udevd and virtual machines respect, and waits for those who are about to finish (R30).
  ///
  /// - Parameter disk: the disk; nil for a file that stands for a stick.
  func lock(
    _ held: borrowing HeldDevice, _ name: String, _ disk: BlockDevice? = nil
  ) throws(GateError) {
    var attempt = 0
    while true {
      do throws(SystemCallError) {
        try held.descriptor.lockAgainstProbes()
        break
      } catch {
        guard error.errno == .resourceTemporarilyUnavailable else { throw .system(error) }
        attempt += 1
        guard attempt < lockAttempts else {
          throw lockRefusal(
            "R30", on: disk, name, fallback: "another program keeps a lock on \(name) (flock)")
        }
        pause()
      }
    }
    do throws(SystemCallError) { try held.descriptor.lockAgainstMachines() } catch {
      guard [.resourceTemporarilyUnavailable, .permissionDenied].contains(error.errno) else {
        throw .system(error)
      }
      throw lockRefusal(
        "R16", on: disk, name,
        fallback: "a virtual machine or another program keeps a lock on \(name) (fcntl)")
    }
  }

  /// Gives those who are about to finish a moment.
  func pause() { usleep(Self.microsecondsBetweenAttempts) }
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
