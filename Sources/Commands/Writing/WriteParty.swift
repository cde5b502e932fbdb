import BlockIO
import BlockMap
import DeviceProbe
import DeviceSafety
import Documents
import ImageSource
import ImageTrust
import Sandbox
import Terminal
import Writer

/// One write from end to end, to one target or to several at once: what is told and asked around what gate and writer
/// do.
///
/// All targets pass the gate before the first byte is written to any of them; if one is refused, all are as they were.
struct WriteParty {
  /// One for each target; they say the same of the image.
  let orders: [WriteOrder]
  let context: Context

  /// What the whole run has open.
  struct Opened {
    let image: OpenedImage
    let sought: SoughtTrust
    let inspected: Inspected
  }

  /// Everything that is needed; nothing has been written yet.
  struct Prepared {
    let opened: Opened
    let members: [ReadyMember]
    /// Those whose disk has failed before anything was written to it.
    let dropped: [DroppedMember]
    let targets: [WriteTarget]
    let pass: BegunPass
    let listeners: PassListeners
    /// What knows the sticks again after a replug; nil where none is asked for.
    let replugging: ReplugSession?
  }

  /// One target whose disk has failed while what is on it was to be saved: it is as it was.
  struct DroppedMember {
    let member: PartyMember
    let diagnostic: Diagnostic
  }

  /// What is said of the image, and of the whole run.
  var order: WriteOrder { orders[0] }

  /// Carries the orders out, once: after a failure nothing is tried again, and nothing else in its place (R8).
  func run() async -> ExitStatus {
    do throws(Refusal) {
      let prepared = try await prepare()
      tell(prepared.dropped)
      return conclude(await replugged(await write(prepared), prepared), prepared.dropped)
    } catch { return refuse(error) }
  }

  /// `--dry-run`: tells of each target what would be done, or why not.
  func rehearse() -> ExitStatus {
    guard orders.count > 1 else { return WriteRehearsal(order: order, context: context).run() }
    let opened: Opened
    do throws(Refusal) {
      let image = try order.openImage(in: context)
      let sought = try SoughtTrust(order.trust, for: image, in: context)
      try requireDistinct()
      opened = Opened(image: image, sought: sought, inspected: try order.inspect(image, in: context))
    } catch { return refuse(error) }
    return .worst(
      of: orders.map { WriteRehearsal(order: $0, context: context, opened: opened).run() })
  }

  private func prepare() async throws(Refusal) -> Prepared {
    let image = try order.openImage(in: context)
    let sought = try SoughtTrust(order.trust, for: image, in: context)
    try requireDistinct()
    try each(orders) { order throws(Refusal) in
      if order.unmounts { try MountReleaser(order: order, context: context).release() }
    }
    // Before the targets are opened, so that nothing that happens to them from then on is missed.
    let hotPlug = context.hotPlug()
    let members = try each(orders) { order throws(Refusal) in
      let pending = try WriteSession(order: order, context: context).openTarget()
      let member = PartyMember(order, context, pending)
      try member.session.requireInterrupted(on: member.fingerprint)
      try order.requireElsewhere(image, than: member.identity)
      return member
    }
    let cloned = try order.clonedDisk(image, in: context)
    for member in members { try member.requireTraces(of: image.content) }
    // A decoder is a process of its own, as is who judges a signature: they start while one can be started.
    let listeners = sought.listeners()
    // The targets are read while the image is.
    async let stale = staleSignatures(on: members.map(\.pending))
    let begun = try order.begin(image, sought.found.claims, listeners, in: context)
    let opened = Opened(image: image, sought: sought, inspected: begun.inspected)
    let plans = try plans(for: members, await stale, opened)
    let replugging = try replugging(members)
    let confirmations = try confirm(members, plans, opened, cloned, hotPlug)
    // R33: up to here nothing has been written. A signal may have come while the last answer was read.
    if Task.isCancelled { throw Refusal(diagnostic: .cancelled(by: context.stopSignal())) }
    var (ready, words, dropped) = ([ReadyMember](), [DeviceSafety.Confirmation](), [DroppedMember]())
    let saved = try await saveUndo(members, plans)
    for (index, member) in members.enumerated() {
      switch saved[index] {
      case .success(let undo):
        do throws(Refusal) {
          ready.append(try ReadyMember(member, plans[index], undo, opened, in: context))
          words.append(confirmations[index])
        } catch { throw withdraw(ready, error.about(member.order)) }
      case .failure(let refusal):
        // It is let go at once, and has its partitions back.
        _ = member.pending.take()
        dropped.append(DroppedMember(member: member, diagnostic: refusal.diagnostic))
      }
    }
    do throws(Refusal) {
      let targets = try approve(ready, words)
      return Prepared(
        opened: opened, members: ready, dropped: dropped, targets: targets, pass: begun.pass,
        listeners: listeners, replugging: replugging)
    } catch { throw withdraw(ready, error) }
  }

  /// The signatures that tools would still find on the targets, each read on a thread of its own.
  private func staleSignatures(
    on targets: [PendingBox]
  ) async -> [Result<[Range<UInt64>], GateError>] {
    await withTaskGroup(of: (Int, Result<[Range<UInt64>], GateError>).self) { group in
      for (index, target) in targets.enumerated() {
        group.addTask(executorPreference: LaneExecutor("burin.signatures.\(index)")) {
          let found = Result { () throws(GateError) -> [Range<UInt64>] in
            try target.lend { pending throws(GateError) in try pending.staleSignatures() } ?? []
          }
          return (index, found)
        }
      }
      let nothing = Array(repeating: Result<[Range<UInt64>], GateError>.success([]), count: targets.count)
      return await group.reduce(into: nothing) { found, next in found[next.0] = next.1 }
    }
  }

  /// Plans the image onto each target.
  /// - Parameter stale: what was found on each of them that has to go.
  private func plans(
    for members: [PartyMember], _ stale: [Result<[Range<UInt64>], GateError>], _ opened: Opened
  ) throws(Refusal) -> [WritePlan] {
    let (image, report) = (opened.image, opened.inspected.report)
    let length = image.map.map { ImageLength.stated($0.map.imageByteCount) } ?? image.content.length
    var plans: [WritePlan] = []
    for (member, found) in zip(members, stale) {
      do throws(Refusal) {
        try member.requireRoom(for: length)
        let stale = try member.staleSignatures(found) + image.holeEdges(report)
        plans.append(
          try member.order.plan(
            image, report, onto: member.identity.geometry, stale: stale, opened.sought))
      } catch { throw error.about(member.order) }
    }
    return plans
  }

  /// Gets the person's word for each target, one after the other.
  private func confirm(
    _ members: [PartyMember], _ plans: [WritePlan], _ opened: Opened, _ cloned: BlockDevice?,
    _ hotPlug: (any HotPlugSource)?
  ) throws(Refusal) -> [DeviceSafety.Confirmation] {
    try requireMeant(members)
    return try each(Array(zip(members, plans).enumerated()), { $0.element.0.order }) { item throws(Refusal) in
      let (index, (member, plan)) = item
      let (session, report) = (member.session, opened.inspected.report)
      try session.requireAsReviewed(
        opened.image, report, PlannedTarget(member.identity, member.entry), plan, opened.sought)
      let briefing = WriteBriefing(
        identity: member.identity, entry: member.entry, image: member.order.image, source: opened.image,
        cloned: cloned, report: report, trust: opened.sought, impossible: member.impossible)
      return try session.confirm(
        ConsentQuestion(
          context: context, target: member.order.target, consent: member.consent,
          watch: TargetWatch(member.identity, hotPlug)), "destroy it and write the image"
      ) { index == 0 ? briefing.lines(for: $0) : briefing.diskLines(for: $0) }
    }
  }

  /// Has the gate approve all of them, or none.
  private func approve(
    _ ready: [ReadyMember], _ confirmations: [DeviceSafety.Confirmation]
  ) throws(Refusal) -> [WriteTarget] {
    try each(Array(zip(ready, confirmations)), { $0.0.member.order }) { item throws(Refusal) in
      item.0.target(try item.0.member.approve(item.1))
    }
  }

  /// Takes the receipts away that were begun: there is no write that they could tell of.
  private func withdraw(_ ready: [ReadyMember], _ refusal: Refusal) -> Refusal {
    for member in ready { member.receipts.discard() }
    return refusal
  }
}

extension WriteParty {
  /// Does something for each target; a refusal says which one it is about.
  func each<Element, Result>(
    _ elements: [Element], _ order: (Element) -> WriteOrder,
    _ body: (Element) throws(Refusal) -> Result
  ) throws(Refusal) -> [Result] {
    var results: [Result] = []
    for element in elements {
      do throws(Refusal) { results.append(try body(element)) } catch { throw error.about(order(element)) }
    }
    return results
  }

  /// Does something for each order.
  @discardableResult
  func each<Result>(
    _ orders: [WriteOrder], _ body: (WriteOrder) throws(Refusal) -> Result
  ) throws(Refusal) -> [Result] { try each(orders, { $0 }, body) }

  /// Tells of those that are not written, before the others are.
  private func tell(_ dropped: [DroppedMember]) {
    for one in dropped {
      _ = context.report(one.diagnostic)
      guard order.isJSON else { continue }
      context.stdout.writeLine(
        WriteEvent.failed(one.member.order, one.diagnostic, of: one.member.identity).line)
    }
  }

  /// Tells why nothing was written.
  private func refuse(_ refusal: Refusal) -> ExitStatus {
    let status = context.report(refusal.diagnostic)
    if orders.count > 1 {
      context.stderr.writeLine("burin: nothing was written to any of the \(orders.count) targets")
    }
    guard order.isJSON else { return status }
    for order in orders {
      context.stdout.writeLine(WriteEvent.failed(order, refusal.diagnostic(for: order)).line)
    }
    return status
  }
}

extension Refusal {
  /// The refusal as one of a target.
  fileprivate func about(_ order: WriteOrder) -> Refusal {
    Refusal(diagnostic: diagnostic, target: target ?? order.target)
  }

  /// What is told of a target: why it was refused, or that it is left alone because another one was.
  fileprivate func diagnostic(for order: WriteOrder) -> Diagnostic {
    // A signal is for all of them.
    target == nil || target == order.target || diagnostic.id == .interrupted
      ? diagnostic : .notBegun(order.target)
  }
}
