import BlockIO
import DeviceSafety
import DiskFormats
import Documents
import Sandbox
import Synchronization
import Terminal
import Writer

/// `--fix-gpt`: moves the backup of the partition table to the true end of what was written, and keeps what came of it.
///
/// It is never the result of the run: what was proven before stays so, but for the blocks that it names.
final class TableRelocation: Sendable {
  /// What came of it.
  enum Outcome: Hashable {
    /// It lies at the end, read back; the ranges of the image that differ on the medium now, in bytes.
    case moved([Range<UInt64>])
    /// Nothing was changed, and why.
    case refused(GPTRelocationError)
    /// Nothing was changed, for the process that reads the table gave no answer.
    case unread(ConfinementError)
    /// Nothing was changed, for the medium is smaller than it claims.
    case untrusted
    /// It failed, and the image is on the medium as it was proven; a part of the copy, which nothing names, may have
    /// stayed in a range of bytes.
    case failed(SystemCallError, left: Range<UInt64>?)
    /// It failed, and so did bringing the first two blocks back.
    case torn(SystemCallError)
  }

  /// The first bytes of the medium before a move, and what the move changes.
  struct Change: Hashable, Sendable {
    let head: [UInt8]
    let relocation: GPTRelocation
  }

  /// Who reads the table; nil where the move was not asked for.
  private let expert: TableExpert?
  private let found: Mutex<Outcome?>
  private let asked = Mutex<Change?>(nil)
  /// The processes that work for it.
  let children: [CInt]

  /// Starts who is to read the table: the process that writes starts nobody any more.
  init(_ order: WriteOrder, in context: Context) {
    var start: (expert: TableExpert, children: [CInt])?
    var failure: Outcome?
    if order.fixesTable {
      do throws(ConfinementError) { start = try context.tableExpert() } catch { failure = .unread(error) }
    }
    expert = start?.expert
    children = start?.children ?? []
    found = Mutex(failure)
  }

  /// What came of it; nil where it was not asked for, or not yet.
  var outcome: Outcome? { found.withLock { $0 } }

  /// What was changed, if it was moved.
  var change: Change? {
    guard case .moved? = outcome else { return nil }
    return asked.withLock { $0 }
  }

  /// Whether the medium does not boot any more as it was proven to.
  var isTorn: Bool { if case .torn = outcome { true } else { false } }

  /// Moves it, while nobody else can use the target.
  func move(on target: borrowing ApprovedTarget, _ report: WriteReport) {
    guard let expert else { return }
    let move = TableMove(
      geometry: target.identity.geometry, imageByteCount: report.imageByteCount,
      isFake: report.capacity?.shortfall != nil,
      expert: { question throws(ConfinementError) in
        let answer = try expert(question)
        if case .changes(let relocation) = answer {
          self.asked.withLock { $0 = Change(head: question.head, relocation: relocation) }
        }
        return answer
      })
    let outcome = move.carryOut(on: target)
    found.withLock { $0 = outcome }
  }
}

extension TableRelocation.Outcome {
  /// What came of it, for a person.
  var text: SanitizedText {
    switch self {
    case .moved(let ranges):
      """
      its backup lies at the end of the medium, read back; by design \(Self.places(ranges)) differ from the image \
      since, which `burin verify` knows
      """
    case .refused(let error): "as it was: \(error.text)"
    case .unread: "as it was: the process that reads it gave no answer"
    case .untrusted: "as it was: what is written to the end of a fake may destroy the image"
    case .failed(let error, nil): "as it was: \(SanitizedText(error))"
    case .failed(let error, let left?):
      """
      as it was in the image: \(SanitizedText(error)); in \(Self.places([left])) a part of its copy may have stayed, \
      which nothing names
      """
    case .torn(let error):
      "BROKEN: \(SanitizedText(error)), and what was there could not be brought back; write it anew"
    }
  }

  private static func places(_ ranges: [Range<UInt64>]) -> SanitizedText {
    ranges.map { "bytes \($0.lowerBound) to \($0.upperBound - 1)" as SanitizedText }.joined(separator: ", ")
  }

  /// The entry `gpt` of JSON.
  var json: JSONValue {
    switch self {
    case .moved(let ranges):
      [
        "result": "moved",
        "differs": .array(ranges.map(Self.json)), "left": .null,
      ]
    case .refused, .unread, .untrusted: ["result": "refused", "differs": [], "left": .null]
    case .failed(_, let left): ["result": "failed", "differs": [], "left": left.map(Self.json) ?? .null]
    case .torn: ["result": "broken", "differs": [], "left": .null]
    }
  }

  private static func json(_ range: Range<UInt64>) -> JSONValue {
    [JSONValue(range.lowerBound), JSONValue(range.upperBound)]
  }
}

extension GPTRelocationError {
  /// Why, for a person.
  var text: SanitizedText {
    switch self {
    case .noTable: "it has no GPT for blocks of this size"
    case .farEntries: "the list of its partitions lies behind the first MiB, where burin does not look"
    case .damaged: "its GPT is damaged"
    case .atEnd: "its backup is at the end of the medium already"
    case .noRoom: "the image, a partition or the table itself reaches into the last blocks"
    }
  }
}
