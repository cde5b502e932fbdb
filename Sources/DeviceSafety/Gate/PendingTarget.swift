public import BlockIO
public import DeviceProbe

/// A target that is held open and locked, and waits for the person's word.
///
/// What is shown for confirmation comes from here, because it can no longer become another disk (R28).
/// If it is dropped, the partitions come back and every byte is as it was.
public struct PendingTarget: ~Copyable, Sendable {
  private var held: HeldDevice
  private let gate: TargetGate
  private let request: SafetyRequest
  private let facts: Facts
  private let early: EarlyLook

  /// What is known of a target that is held.
  private struct Facts: Sendable {
    let identity: TargetIdentity
    let disk: BlockDevice?
    let assessment: Assessment
    let consent: Consent
  }

  // Each is handed out by a function that is never inlined: from a stored property Swift 6.3 lends what outlives
  // the consumption of its owner, without a reference of its own, and the text in it is freed too early.

  /// What is held open.
  public var identity: TargetIdentity { @inline(never) get { facts.identity } }
  /// The disk as the snapshot taken after opening shows it; nil for a virtual stick.
  public var disk: BlockDevice? { @inline(never) get { facts.disk } }
  /// What the rules say of it; the objections in it are those that options have lifted.
  public var assessment: Assessment { @inline(never) get { facts.assessment } }
  /// What the person has to give.
  public var consent: Consent { @inline(never) get { facts.consent } }

  /// The look that ``approve(confirming:)`` needs, for those who have something else to do meanwhile.
  public var earlyLook: EarlyLook { @inline(never) get { early } }

  init(
    held: consuming HeldDevice, gate: TargetGate, request: SafetyRequest, identity: TargetIdentity,
    disk: BlockDevice?, assessment: Assessment, consent: Consent
  ) {
    self.held = held
    self.gate = gate
    self.request = request
    early = EarlyLook(gate, at: disk)
    facts = Facts(identity: identity, disk: disk, assessment: assessment, consent: consent)
  }

  /// What is on it now and will be destroyed, read while it was held; nil for a virtual stick.
  public var contents: Contents? { disk?.contents }

  /// Reads past every cache until the range is full or the device ends.
  public func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int { try held.descriptor.read(at: offset, into: &buffer, range: range) }

  /// Finds the signatures that tools would still find on it after its table is gone; it alone is asked (R28).
  public func staleSignatures() throws(GateError) -> [Range<UInt64>] {
    do throws(SystemCallError) {
      return try DeviceProbe.signatures(
        through: held.descriptor, byteCount: identity.geometry.byteCount)
    } catch { throw .system(error) }
  }

  /// The checks that could not be made, because a broker has opened it for somebody who is not root (R52).
  public var impossible: [ImpossibleCheck] { @inline(never) get { held.impossible } }

  /// Refuses where more is to be written than fits (R34).
  public func requireRoom(for byteCount: UInt64) throws(GateError) {
    guard byteCount <= identity.geometry.byteCount else {
      throw .tooSmall(needed: byteCount, capacity: identity.geometry.byteCount)
    }
  }

  /// Checks the person's word, and once more everything else, and makes the target writable.
  ///
  /// - Throws: ``GateError``; the target is let go and is as it was.
  public consuming func approve(confirming confirmation: Confirmation) throws(GateError) -> ApprovedTarget {
    if let lack = consent.lack(in: confirmation) { throw .notConfirmed(lack) }
    do throws(RecheckError) { try identity.compare(with: held.descriptor) } catch { throw GateError(error) }
    let began: ContinuousClock.Instant
    // Nobody can have mounted it, but a loop device may have been attached while the person was reading.
    if let chosen = disk {
      let found = early.recent() ?? gate.finding(at: chosen)
      began = found.began
      let (snapshot, report) = (found.snapshot, found.report)
      var now = try TargetGate.disk(
        like: chosen, with: identity.geometry, id: TargetID(of: chosen), in: snapshot)
      // Nobody could change them: the claim has been held since they were read.
      now.contents = chosen.contents
      try SafetyPolicy.assess(now, in: snapshot, request).requireNothing(beyond: request)
      // A process can open it for writing at any time.
      try gate.requireNoWriters(on: now, in: snapshot, report)
      try gate.quiesce(&held, snapshot.partitions(of: now.number), in: snapshot)
    } else {
      began = .now
      try VirtualStick.requireUnused(identity, in: gate.takeSnapshot())
    }
    held.giveUpOldPartitions()
    return ApprovedTarget(held: held, identity: identity, looked: began) {
      [gate, facts, request] () throws(GateError) in
      try gate.requireStillUnused(facts.identity, facts.disk, request)
    }
  }
}
