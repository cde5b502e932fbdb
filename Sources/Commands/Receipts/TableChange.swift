import BlockIO
import DeviceSafety
import DiskFormats
import Synchronization
import SystemPackage
import Writer

/// What `--fix-gpt` has changed of a target after everything on it was proven.
///
/// A receipt tells of what is there in the end (R45), and where nobody knows that any more, there is no success (R44).
final class TableChange: Sendable {
  /// The target around the change.
  private struct Seen {
    let before: [UInt8]
    let after: [UInt8]
    let tail: (offset: UInt64, bytes: [UInt8])
  }

  /// What a receipt can say of the target.
  enum FinalState: Hashable {
    /// It is as these digests say.
    case known(MediumChunks)
    /// Nobody knows: what was there when everything was proven is not there any more.
    case lost
  }

  private let seen = Mutex<Seen?>(nil)

  /// Has the change made, and looks at the target after it.
  func observe(_ relocation: TableRelocation, on target: borrowing ApprovedTarget, _ report: WriteReport) {
    relocation.move(on: target, report)
    guard let change = relocation.change else { return }
    let (before, changes) = (change.head, change.relocation)
    guard let after = Self.read(0..<UInt64(before.count), target),
      after == changes.front + before[changes.front.count...],
      Self.read(changes.backup, target) == changes.backupBytes
    else { return }
    let found = Seen(
      before: before, after: after, tail: (changes.backup.lowerBound, changes.backupBytes))
    seen.withLock { $0 = found }
  }

  /// What is on the target in the end.
  /// - Parameters:
  ///   - outcome: what came of the change; nil where none was asked for.
  ///   - proven: what was proven before it.
  func state(after outcome: TableRelocation.Outcome?, of proven: MediumChunks) -> FinalState {
    switch outcome {
    case nil, .refused, .unread, .untrusted, .failed: return .known(proven)
    case .torn: return .lost
    case .moved:
      guard let seen = seen.withLock({ $0 }),
        let chunks = proven.changed(from: seen.before, to: seen.after, tail: seen.tail)
      else { return .lost }
      return .known(chunks)
    }
  }

  /// What is in a range, past every cache, as far as the target goes.
  private static func read(_ range: Range<UInt64>, _ target: borrowing ApprovedTarget) -> [UInt8]? {
    let count = Int(min(range.upperBound, target.identity.geometry.byteCount) - range.lowerBound)
    let room = (count + AlignedBuffer.alignment - 1) / AlignedBuffer.alignment * AlignedBuffer.alignment
    var memory = AlignedBuffer(byteCount: room)
    guard
      let found = try? target.read(at: range.lowerBound, into: &memory, range: 0..<count), found == count
    else { return nil }
    return memory.copied(0..<count)
  }
}

extension TableRelocation.Outcome {
  /// Whether it has left a table that nobody can use.
  var isTorn: Bool { if case .torn = self { true } else { false } }
}
