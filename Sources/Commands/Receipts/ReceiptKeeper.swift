import ArgumentParser
import BlockIO
import DeviceSafety
import Documents
import SystemPackage
import Terminal
import UndoStore
import Writer

/// What a write notes of itself: for `burin history`, and in a file that was named.
struct ReceiptKeeper {
  /// The file of `--receipt`.
  let named: ReceiptFile?
  /// The one in the state directory.
  let kept: ReceiptFile?
  /// Why there is none in the state directory, where that has no room.
  let unkept: Diagnostic?
  /// What is known before anything is written.
  let known: [JSONValue.Member]
}

extension ReceiptKeeper {
  /// Begins them; nothing has been written to the target yet.
  /// - Throws: only for what was named, the file, or a state directory as none can be: history is an extra.
  init(
    _ order: WriteOrder, _ plan: WritePlan, _ identity: TargetIdentity, serial: String?, in context: Context
  ) throws(Refusal) {
    if let path = order.receipt, !plan.hasFewChunks {
      throw Refusal(diagnostic: .receiptTooLong(path, isWritten: false))
    }
    if order.keepsHistory { try context.undo.requireWellNamed() }
    let time = context.undo.time()
    let known: [JSONValue.Member] = [
      JSONValue.member("schema", 1), JSONValue.member("kind", JSONValue(Receipt.kind)),
      JSONValue.member("burin", JSONValue(BurinCommand.configuration.version)),
      JSONValue.member("time", JSONValue(UInt64(max(0, time)))),
      JSONValue.member(
        "target",
        [
          "id": JSONValue(identity.id), "path": JSONValue(identity.path), "name": JSONValue(identity.name),
          "serial": JSONValue(serial), "bytes": JSONValue(identity.geometry.byteCount),
          "logicalBlockSize": JSONValue(identity.geometry.logicalBlockSize),
        ]),
    ]
    let text = Self.text(known, .unfinished, order)
    // Before the other one, which must not tell of a write that is refused here.
    let named: ReceiptFile? = if let path = order.receipt { try Self.begin(path, text) } else { nil }
    var (kept, unkept): (ReceiptFile?, Diagnostic?) = (nil, nil)
    if order.keepsHistory, let directory = context.undo.directory {
      do throws(SystemCallError) {
        kept = try ReceiptFile.create(inState: FilePath(directory), time: time, holding: text)
      } catch {
        // History is an extra: a write is what it is, noted or not.
        if error.lacksRoom { unkept = .receiptNotSaved(directory, error) }
      }
    }
    self.init(named: named, kept: kept, unkept: unkept, known: known)
  }

  private static func begin(_ path: String, _ text: String) throws(Refusal) -> ReceiptFile {
    do throws(SystemCallError) {
      let file = try ReceiptFile.create(at: FilePath(path))
      do throws(SystemCallError) { try file.store(text) } catch {
        file.discard()
        throw error
      }
      return file
    } catch { throw Refusal(diagnostic: .receiptNotCreated(path, error)) }
  }

  /// Takes them away again: nothing was written, and nothing will be.
  func discard() {
    kept?.discard()
    named?.discard()
  }

  /// Notes that the write has failed.
  func failed(_ order: WriteOrder, _ diagnostic: Diagnostic) {
    let text = Self.text(known, .failed, order, diagnostic)
    try? kept?.store(text)
    try? named?.store(text)
  }

  /// Notes what was proven.
  /// - Parameter chunks: what is on the target in the end.
  /// - Returns: what the JSON of a result says of it, and why the file that was named does not hold it, or else
  ///   the one in the state directory.
  func proven(_ outcome: WriteOutcome, _ chunks: MediumChunks) -> (json: JSONValue, failure: Diagnostic?) {
    let whole = Self.text(known, .proven, outcome.order, nil, outcome, chunks)
    let isReadable = Self.isReadable(whole)
    let noted = isReadable ? whole : Self.text(known, .proven, outcome.order, nil, outcome, nil)
    let lost = kept.flatMap { Self.store(noted, in: $0) } ?? unkept
    let failure: Diagnostic? = named.flatMap { file -> Diagnostic? in
      isReadable ? Self.store(whole, in: file) : .receiptTooLong(file.path, isWritten: true)
    }
    let json: JSONValue = [
      "file": failure == nil ? JSONValue(named?.path) : .null,
      "history": lost == nil ? JSONValue(kept?.path) : .null,
    ]
    return (json, failure ?? lost)
  }

  /// What could not be read again is no receipt.
  private static func isReadable(_ text: String) -> Bool {
    text.utf8.count < JSONParser.largestInput && (try? Receipt(parsing: Array(text.utf8))) != nil
  }

  private static func store(_ text: String, in file: ReceiptFile) -> Diagnostic? {
    do throws(SystemCallError) {
      try file.store(text)
      return nil
    } catch { return .receiptNotSaved(file.path, error) }
  }

  private static func text(
    _ known: [JSONValue.Member], _ result: Receipt.Result, _ order: WriteOrder,
    _ diagnostic: Diagnostic? = nil, _ outcome: WriteOutcome? = nil, _ chunks: MediumChunks? = nil
  ) -> String {
    let proof = outcome?.proof
    let document = JSONValue.object(
      known + [
        JSONValue.member("result", JSONValue(result.rawValue)),
        JSONValue.member("diagnostic", JSONValue(diagnostic?.id.rawValue)),
        JSONValue.member(
          "image",
          [
            "name": JSONValue(order.image), "bytes": JSONValue(proof?.imageByteCount),
            "sha256": JSONValue(proof?.sha256?.hexadecimal),
            "whole": JSONValue(outcome.map { $0.plan.map == nil }),
          ]),
        JSONValue.member("trust", outcome?.trust.json ?? .null),
        JSONValue.member("notProven", JSONValue(outcome?.unproven ?? [])),
        JSONValue.member("rewritten", proof?.rewritten?.json ?? .null),
        JSONValue.member("gpt", outcome?.relocation?.json ?? .null),
        JSONValue.member("replug", outcome?.replug?.json ?? .null),
        JSONValue.member("chunks", chunks?.json ?? .null),
      ])
    return document.indented.string
  }
}

extension Differences {
  /// How much differs, and where.
  var json: JSONValue {
    [
      "bytes": JSONValue(byteCount), "first": JSONValue(firstOffset),
      "ranges": .array(ranges.map { [JSONValue($0.lowerBound), JSONValue($0.upperBound)] as JSONValue }),
    ]
  }
}
