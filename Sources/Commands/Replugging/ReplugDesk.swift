import DeviceProbe
import DeviceSafety
import Documents
import Synchronization
import Terminal
import UndoStore
import Writer

/// What those who wait for sticks share: which disk is whose, and what was told to the person.
final class ReplugDesk: Sendable {
  private struct State {
    /// The IDs of disks that somebody reads, or has read.
    var taken: Set<String> = []
    /// The IDs of disks that were told to be none of those that are awaited.
    var told: Set<String> = []
    var refused: [SanitizedText] = []
  }

  private let sticks: [AwaitedStick]
  private let look: ReplugLook
  private let context: Context
  private let form: ProgressReporter.Form
  private let state = Mutex(State())

  init(
    _ sticks: [AwaitedStick], _ look: ReplugLook, _ context: Context, _ form: ProgressReporter.Form
  ) {
    (self.sticks, self.look, self.context, self.form) = (sticks, look, context, form)
  }

  /// Calls whoever has looked away from the write, as nothing goes on without a hand.
  func call() {
    guard context.wantsCall, context.stderr.capabilities.isTerminal else { return }
    context.stderr.write(SanitizedText(vouchedFor: "\u{7}"))
  }

  /// The IDs of disks that are somebody's.
  var taken: Set<String> { state.withLock(\.taken) }

  /// What was plugged in and is none of those that are awaited, one sentence each.
  var refused: [SanitizedText] { state.withLock(\.refused) }

  /// Takes a disk, so that nobody else reads it; false where somebody has it.
  func take(_ id: String) -> Bool { state.withLock { $0.taken.insert(id).inserted } }

  /// Gives a disk back that is another one.
  func release(_ id: String) { state.withLock { _ = $0.taken.remove(id) } }

  /// Tells of everything that was plugged in and is none of those that are awaited, once.
  func refuseStrangers(in snapshot: DeviceSnapshot) {
    let awaited = sticks.map { ($0.identity.id, $0.fingerprint) }
    for (disk, reason) in look.strangers(in: snapshot, to: awaited) { refuse(disk, because: reason) }
  }

  /// Says of a disk that it is none of those that are awaited; waiting goes on.
  func refuse(_ disk: BlockDevice, because reason: SanitizedText) {
    let isNew = state.withLock { state in
      guard state.told.insert(TargetID(of: disk).description).inserted else { return false }
      state.refused.append("\(disk.path) is none of the sticks that are awaited: \(reason)")
      return true
    }
    if isNew { tell(.refused(disk, reason)) }
  }

  /// Who speaks.
  private static var program: SanitizedText { SanitizedText(vouchedFor: "burin: ") }

  /// Tells the person something, or a program.
  func tell(_ event: ReplugEvent) {
    switch form {
    case .json: context.stdout.writeLine(event.json.line)
    case .none: context.stderr.writeLine(Self.program + event.text)
    // A line that is redrawn must not be written into.
    case .text: sticks[0].track.say(Self.program + event.text)
    }
  }
}
