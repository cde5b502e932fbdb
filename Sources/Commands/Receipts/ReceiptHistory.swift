import BlockIO
import Documents
import SystemPackage
import Terminal
import UndoStore

/// `burin history`: the receipts in the state directory, the newest first.
struct ReceiptHistory {
  let isJSON: Bool
  let context: Context

  /// A file, and what it says or why nothing.
  private struct Entry {
    let path: FilePath
    let content: Result<Receipt, ReceiptDamage>
  }

  /// Reads and prints them.
  func run() -> ExitStatus {
    do throws(Refusal) {
      let entries = try entries()
      if isJSON {
        let listing: JSONValue = ["schema": 1, "writes": .array(entries.map(json))]
        return context.finish([listing.indented])
      }
      let lines = entries.flatMap(lines)
      return context.finish(lines.isEmpty ? ["Nothing was written yet, or nothing was noted of it."] : lines)
    } catch {
      return context.report(error.diagnostic, json: isJSON ? error.diagnostic.errorObject : nil)
    }
  }

  private func entries() throws(Refusal) -> [Entry] {
    guard let path = context.undo.directory.map({ FilePath($0) }) else {
      throw Refusal(diagnostic: .noStateDirectory())
    }
    do throws(SystemCallError) {
      return try ReceiptFile.paths(inState: path).map { Entry(path: $0, content: Self.read($0)) }
    } catch {
      throw Refusal(diagnostic: Diagnostic(stateDirectory: .directory(error, path: path.string)))
    }
  }

  /// One that cannot be read must not hide the others.
  private static func read(_ path: FilePath) -> Result<Receipt, ReceiptDamage> {
    guard
      let bytes = try? SmallFile.bytes(ofRegularFile: path, limit: JSONParser.largestInput, [.noFollow])
    else { return .failure(.notAReceipt) }
    do throws(ReceiptDamage) {
      var receipt = try Receipt(parsing: bytes)
      receipt.forgetDigests()
      return .success(receipt)
    } catch { return .failure(error) }
  }

  private func lines(_ entry: Entry) -> [SanitizedText] {
    switch entry.content {
    case .failure(let damage): return ["\(entry.path.string)  cannot be used: \(damage.text)"]
    case .success(let receipt):
      var lines: [SanitizedText] = [
        "\(SanitizedText(utc: receipt.time))  \(receipt.resultText)", "  image    \(receipt.imageText)",
      ]
      if let sha256 = receipt.sha256 { lines.append("  SHA-256  \(sha256.hexadecimal)") }
      return lines + ["  disk     \(receipt.targetText)", "  receipt  \(entry.path.string)"]
    }
  }

  /// The receipt without its digests, which nobody reads in a list.
  private func json(_ entry: Entry) -> JSONValue {
    switch entry.content {
    case .failure(let damage):
      return ["file": JSONValue(entry.path.string), "receipt": .null, "damaged": JSONValue(damage.text)]
    case .success(let receipt):
      return ["file": JSONValue(entry.path.string), "receipt": receipt.document, "damaged": .null]
    }
  }
}
