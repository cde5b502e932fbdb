import BlockIO
import DeviceProbe
import Dispatch
import Synchronization
import SystemPackage

/// The part of the gate that looks at other processes' descriptors.
extension TargetGate {
  /// Looks anew at the machine, and at the same time who has a disk open: the target stands still meanwhile, and with
  /// hundreds of processes either takes its time.
  /// - Parameter meanwhile: what else is done at the same time, such as reading the target.
  func look(
    at disk: BlockDevice, meanwhile: @Sendable () -> Void = {}
  ) -> (snapshot: DeviceSnapshot, report: OpenerReport) {
    let snapshot = Mutex<DeviceSnapshot?>(nil)
    let report = Mutex<OpenerReport?>(nil)
    DispatchQueue.concurrentPerform(iterations: 3) { lane in
      switch lane {
      // First, because who waits for a disk leaves the processor to the others.
      case 0: meanwhile()
      case 1:
        let taken = takeSnapshot()
        snapshot.withLock { $0 = taken }
      default:
        let found = openers([disk], false)
        report.withLock { $0 = found }
      }
    }
    guard let snapshot = snapshot.withLock(\.self), let report = report.withLock(\.self) else {
      preconditionFailure("both lanes have ended")
    }
    return (snapshot, report)
  }

  /// Refuses while another process can write to the whole disk (R17).
  ///
  /// Those of which it is known that they end soon are waited for, as long as for a lock.
  /// - Parameter report: who has it open, as just seen.
  func requireNoWriters(
    on disk: BlockDevice, in snapshot: DeviceSnapshot, _ report: OpenerReport
  ) throws(GateError) {
    var (attempt, report) = (0, report)
    while true {
      let writers = WriterRule.writers(on: disk, report)
      guard !writers.isEmpty else { return }
      attempt += 1
      guard WriterRule.mayGoAway(writers), attempt < lockAttempts else {
        throw .refused(
          by: BusyExplanation.objection(
            rule: WriterRule.number, on: disk, in: snapshot, writers, report,
            fallback: "another program has \(disk.name) open for writing"))
      }
      pause()
      report = openers([disk], false)
    }
  }

  /// Takes the partitions away, or refuses where somebody has one open (R18).
  func quiesce(
    _ held: inout HeldDevice, _ partitions: [BlockDevice], in snapshot: DeviceSnapshot
  ) throws(GateError) {
    let busy: BlockDevice?
    do throws(SystemCallError) { busy = try held.removePartitions(partitions) } catch { throw .system(error) }
    guard let busy else { return }
    let report = openers([busy], false)
    throw .refused(
      by: BusyExplanation.objection(
        rule: "R18", on: busy, in: snapshot, report.openers, report,
        fallback: "another program has the partition \(busy.name) open"))
  }

  /// Names who holds a lock that was refused (R16, R30).
  func lockRefusal(
    _ rule: String, on disk: BlockDevice?, _ name: String, fallback: String
  ) -> GateError {
    guard let disk else { return .refusedAsBusy(name, rule: rule, fallback) }
    let report = openers([disk], false)
    return .refused(
      by: BusyExplanation.objection(
        rule: rule, on: disk, in: DeviceSnapshot(devices: [disk]), report.openers.filter(\.holdsLock), report,
        fallback: fallback))
  }

  /// Looks for what keeps a disk from being opened; the kernel says only that something does (R13, R27).
  func explainBusy(_ chosen: BlockDevice, _ request: SafetyRequest) -> Assessment {
    var snapshot = takeSnapshot()
    var request = request
    request.awaitsContents = true
    let disk = snapshot[chosen.number] ?? chosen
    let found = SafetyPolicy.assess(disk, in: snapshot, request).lifting(request.lifted)
    // Some uses show themselves, but not whose they are.
    guard found.objections.allSatisfy({ $0.severity < .x || $0.id == .busy }) else { return found }
    // ZFS keeps no holders: only the label on the disk and the list of pools tell of it.
    if !snapshot.zfsPools.isEmpty { snapshot.probeContents(of: [disk.number]) }
    let links = SnapshotLinks(SnapshotIndex(snapshot))
    let report = openers(Candidate(disk, in: links).wholeStack, true)
    if report.openers.isEmpty, found.safetyClass == .x { return found }
    let busy = BusyExplanation.objections(to: snapshot[disk.number] ?? disk, in: snapshot, report)
    return Assessment(objections: found.objections + busy)
  }

  /// Looks for what has come since the approval: everything that does not need an exclusive open (R15, R17, R29).
  /// - Parameter chosen: the disk as it was approved; nil for a virtual stick.
  func requireStillUnused(
    _ identity: TargetIdentity, _ chosen: BlockDevice?, _ request: SafetyRequest
  ) throws(GateError) {
    guard let chosen else { return try VirtualStick.requireUnused(identity, in: takeSnapshot()) }
    let (snapshot, report) = look(at: chosen)
    guard let disk = snapshot[chosen.number] else { throw .changed(.device) }
    // What the disk says of itself is the image's word by now: only who uses it counts.
    let uses = SafetyPolicy.assess(disk, in: snapshot, request).objections.filter(\.isUse)
    guard uses.isEmpty else { throw .refused(Assessment(objections: uses)) }
    let writers = WriterRule.writers(on: disk, report)
    // Those that look at every disk do not write to it, and the run is not held up for them.
    guard !WriterRule.mayGoAway(writers) else { return }
    throw .refused(
      by: BusyExplanation.objection(
        rule: WriterRule.number, on: disk, in: snapshot, writers, report,
        fallback: "another program has \(disk.name) open for writing"))
  }
}

extension Objection {
  /// Whether somebody uses the disk at this moment.
  fileprivate var isUse: Bool {
    [.mounted, .swap, .held, .btrfsMember, .loopAttached, .exported, .busy].contains(id)
  }
}
