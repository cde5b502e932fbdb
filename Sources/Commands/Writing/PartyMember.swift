import BlockIO
import DeviceProbe
import DeviceSafety
import ImageInspector
import ImageSource
import Terminal
import UndoStore
import Writer

/// One target of a run that is held open, and what is to come of it.
final class PartyMember {
  let session: WriteSession
  let identity: TargetIdentity
  let entry: DeviceEntry?
  let consent: Consent
  let impossible: [ImpossibleCheck]
  /// What tells it from other disks later, for what is noted of it.
  let fingerprint: DiskFingerprint
  /// The target, until it is approved.
  let pending: PendingBox
  /// The look that the approval needs, which may be taken before.
  let earlyLook: EarlyLook

  var order: WriteOrder { session.order }

  /// Takes a target over that the gate has opened.
  init(_ order: WriteOrder, _ context: Context, _ pending: consuming PendingTarget) {
    identity = pending.identity
    consent = pending.consent
    impossible = pending.impossible
    earlyLook = pending.earlyLook
    entry = WriteSession.describe(pending.disk, pending.assessment)
    fingerprint = DiskFingerprint(
      of: pending.identity, disk: pending.disk, bootID: context.undo.bootID)
    session = WriteSession(order: order.confirmed(for: consent), context: context)
    self.pending = PendingBox(pending)
  }

  /// The signatures that tools would still find on it, or why the run ends.
  func staleSignatures(_ found: Result<[Range<UInt64>], GateError>) throws(Refusal) -> [Range<UInt64>] {
    do throws(GateError) { return try found.get() } catch {
      throw order.refusal(error, signal: session.context.stopSignal())
    }
  }

  /// Refuses an image that is too long for it, by what is said of its length.
  func requireRoom(for length: ImageLength) throws(Refusal) {
    guard let byteCount = length.byteCount, byteCount > identity.geometry.byteCount else { return }
    throw Refusal(
      diagnostic: .imageTooLarge(order.image, length, capacity: identity.geometry.byteCount))
  }

  /// What of it is saved before the plan is carried out.
  func undoSaving(_ plan: WritePlan) throws(Refusal) -> UndoSaving? {
    try session.undoSaving(fingerprint, UndoExtent(plan), plan, entry?.device.contents)
  }

  /// Makes the target writable; the last check before the first byte.
  func approve(_ confirmation: DeviceSafety.Confirmation) throws(Refusal) -> ApprovedTarget {
    guard let pending = pending.take() else {
      throw Refusal(diagnostic: .internalError("a target was approved twice"))
    }
    do throws(GateError) { return try pending.approve(confirming: confirmation) } catch {
      throw order.refusal(error, signal: session.context.stopSignal())
    }
  }
}

/// One target of a run that is about to be written, with everything that is open for it.
struct ReadyMember {
  let member: PartyMember
  let plan: WritePlan
  let undo: SavedUndo?
  /// How far it comes, for `burin resume`.
  let run: NotedRun?
  let receipts: ReceiptKeeper
  let relocation: TableRelocation
  /// What the relocation has changed.
  let change = TableChange()
  let parting: Parting
  let track: ProgressTrack

  /// Notes what is about to begin, and opens what is needed later.
  init(
    _ member: PartyMember, _ plan: WritePlan, _ undo: SavedUndo?, _ opened: WriteParty.Opened,
    in context: Context
  ) throws(Refusal) {
    (self.member, self.plan, self.undo) = (member, plan, undo)
    let (order, disk) = (member.order, member.entry?.device)
    run = member.session.noteRun(
      opened.image, opened.inspected.report, member.fingerprint, member.entry, undo)
    receipts = try ReceiptKeeper(
      order, plan, member.identity, serial: disk?.identity.serial, in: context)
    relocation = TableRelocation(order, in: context)
    parting = Parting(order, disk, in: context)
    track = ProgressTrack(ProgressMeter(), name: "\(member.identity.path)", id: member.identity.id)
  }

  /// The target for the writer, which lets it go.
  func target(_ approved: consuming ApprovedTarget) -> WriteTarget {
    WriteTarget(
      approved, plan: plan, journal: WriteNotes(undo: undo, run: run),
      aftercare: Aftercare(
        whenProven: { [change, relocation] in change.observe(relocation, on: $0, $1) },
        whenDone: { [parting, relocation] in parting.carryOut(on: $0, isWhole: !relocation.isTorn) }),
      progress: track.meter)
  }
}
