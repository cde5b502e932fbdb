import BlockIO
import DeviceSafety
import Terminal
import UndoStore
import Writer

/// What of a target is saved before the first byte is written to it.
enum UndoSaving: Sendable {
  /// It was saved before, by the run that is gone on with.
  case saved(SavedUndo)
  /// A new record, in a store; and the name of the run that is gone on with, where what was saved before it is gone.
  case new(UndoStore, UndoRecord, UndoWish, resumed: String?)

  /// Saves it; when this returns, it lasts.
  func carryOut(
    from pending: borrowing PendingTarget, _ meter: ProgressMeter
  ) -> Result<SavedUndo, UndoError> {
    switch self {
    case .saved(let undo): return .success(undo)
    case .new(let store, let record, let wish, resumed: let resumed):
      let wish = wish.includingFileTables(of: pending)
      meter.begin(.saving, total: wish.byteCount)
      do throws(UndoError) {
        let (record, journal) = try store.save(record, wish, from: pending, resumed: resumed) {
          meter.advance(by: $0)
        }
        meter.begin(.done)
        return .success(SavedUndo(record: record, journal: journal, isHalfWritten: resumed != nil))
      } catch { return .failure(error) }
    }
  }
}

extension WriteParty {
  /// Saves what is about to be lost of all targets at once, each from a thread of its own and with 1 MiB of memory, and
  /// looks at the machine for the approval while the targets are read.
  ///
  /// Nothing has been written to any of them yet. A disk that fails here drops out, as it would later, unless all do;
  /// anything else ends the run for all.
  func saveUndo(
    _ members: [PartyMember], _ plans: [WritePlan]
  ) async throws(Refusal) -> [Result<SavedUndo?, Refusal>] {
    let savings = try each(Array(zip(members, plans)), { $0.0.order }) { item throws(Refusal) in
      try item.0.undoSaving(item.1)
    }
    let tracks = members.map {
      ProgressTrack(ProgressMeter(), name: "\($0.identity.path)", id: $0.identity.id)
    }
    let form: ProgressReporter.Form = order.isQuiet || order.isJSON ? .none : .text
    let earlyLooks = zip(members, savings).compactMap { $1 == nil ? nil : $0.earlyLook }
    let results = await ProgressReporter.showing(tracks, in: context, as: form) {
      async let looked: Void = lookAhead(earlyLooks)
      let results = await withTaskGroup(of: (Int, Result<SavedUndo, UndoError>?).self) { group in
        for (index, saving) in savings.enumerated() {
          guard let saving else { continue }
          let (pending, meter) = (members[index].pending, tracks[index].meter)
          group.addTask(executorPreference: LaneExecutor("burin.save.\(index)")) {
            (index, pending.lend { saving.carryOut(from: $0, meter) })
          }
        }
        return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
      }
      await looked
      return results
    }
    let saved = try each(Array(members.enumerated()), { $0.element.order }) {
      item throws(Refusal) -> Result<SavedUndo?, Refusal> in
      do throws(UndoError) { return .success(try results[item.offset]?.get()) } catch {
        let refusal = item.element.session.refusal(saving: error)
        guard error.isOfDisk else { throw refusal }
        return .failure(Refusal(diagnostic: refusal.diagnostic, target: item.element.order.target))
      }
    }
    // Of a single target, and where none is left, that is why nothing is written.
    if saved.allSatisfy({ if case .failure = $0 { true } else { false } }), let first = saved.first {
      _ = try first.get()
    }
    return saved
  }

  private func lookAhead(_ looks: [EarlyLook]) async {
    await withTaskGroup(of: Void.self) { group in
      for (index, look) in looks.enumerated() {
        group.addTask(executorPreference: LaneExecutor("burin.look.\(index)")) { look.take() }
      }
    }
  }
}

extension UndoError {
  /// Whether the disk is to blame, and no other one can have the same trouble.
  fileprivate var isOfDisk: Bool {
    switch self {
    case .disk, .unreadable: true
    case .directory, .notPrivate, .link, .inUse, .save, .cancelled: false
    }
  }
}
