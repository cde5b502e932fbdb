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
  private let named: ReceiptFile?
  /// The one in the state directory.
  private let kept: ReceiptFile?
  /// What is known before anything is written.
  private let known: [JSONValue.Member]

  /// Begins them; nothing has been written to the target yet.
  /// - Throws: only for the file that was named: history is an extra.
  init(
    _ order: WriteOrder, _ plan: WritePlan, _ identity: TargetIdentity, serial: String?, in context: Context
  ) throws(Refusal) {
    if let path = order.receipt, !plan.hasFewChunks {
      throw Refusal(diagnostic: .receiptTooLong(path, isWritten: false))
    }
    let time = context.undo.time()
    known = [
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
    if let path = order.receipt {
      do throws(SystemCallError) { named = try ReceiptFile.create(at: FilePath(path)) } catch {
        throw Refusal(diagnostic: .receiptNotCreated(path, error))
      }
    } else {
      named = nil
    }
    let directory = order.keepsHistory ? context.undo.directory : nil
    kept = directory.flatMap { try? ReceiptFile.create(inState: FilePath($0), time: time) }
    let text = text(.unfinished, order)
    // History is an extra: a write is what it is, noted or not.
    try? kept?.store(text)
    do throws(SystemCallError) { try named?.store(text) } catch {
      named?.discard()
      throw Refusal(diagnostic: .receiptNotCreated(order.receipt ?? "", error))
    }
  }

  /// Notes that the write has failed.
  func failed(_ order: WriteOrder, _ diagnostic: Diagnostic) {
    let text = text(.failed, order, diagnostic)
    try? kept?.store(text)
    try? named?.store(text)
  }

  /// Notes what was proven.
  /// - Parameter chunks: what is on the target in the end.
  /// - Returns: what the JSON of a result says of it, and why the file that was named does not hold it.
  func proven(_ outcome: WriteOutcome, _ chunks: MediumChunks) -> (json: JSONValue, failure: Diagnostic?) {
    let whole = text(.proven, outcome.order, nil, outcome, chunks)
    let isReadable = Self.isReadable(whole)
    try? kept?.store(isReadable ? whole : text(.proven, outcome.order, nil, outcome, nil))
    let failure: Diagnostic? = named.flatMap { file -> Diagnostic? in
      isReadable ? Self.store(whole, in: file) : .receiptTooLong(file.path, isWritten: true)
    }
    let json: JSONValue = [
      "file": failure == nil ? JSONValue(named?.path) : .null, "history": JSONValue(kept?.path),
    ]
    return (json, failure)
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

  private func text(
    _ result: Receipt.Result, _ order: WriteOrder, _ diagnostic: Diagnostic? = nil,
    _ outcome: WriteOutcome? = nil, _ chunks: MediumChunks? = nil
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
