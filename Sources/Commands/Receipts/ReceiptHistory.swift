import BlockIO
import Dispatch
import Documents
import Synchronization
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
      let paths = try paths()
      if isJSON {
        let listing: JSONValue = ["schema": 1, "writes": .array(Self.told(of: paths) { [json($0)] })]
        return context.finish([listing.indented])
      }
      let lines = Self.told(of: paths, lines)
      return context.finish(lines.isEmpty ? ["Nothing was written yet, or nothing was noted of it."] : lines)
    } catch {
      return context.report(error.diagnostic, json: isJSON ? error.diagnostic.errorObject : nil)
    }
  }

  private func paths() throws(Refusal) -> [FilePath] {
    let path = try context.undo.required()
    do throws(SystemCallError) { return try ReceiptFile.paths(inState: path) } catch {
      throw Refusal(diagnostic: Diagnostic(stateDirectory: UndoError(error, of: path)))
    }
  }

  /// How many receipts are held at once before what is told of them takes their place.
  private static let batch = 64

  /// What is told of all of them, in order; they are read and understood on two processors.
  private static func told<Told>(of paths: [FilePath], _ tell: (Entry) -> [Told]) -> [Told] {
    var told: [Told] = []
    for start in stride(from: 0, to: paths.count, by: batch) {
      let part = Array(paths[start..<min(start + batch, paths.count)])
      let understood = Mutex<[Int: Entry]>([:])
      DispatchQueue.concurrentPerform(iterations: 2) { lane in
        for index in stride(from: lane, to: part.count, by: 2) {
          let entry = Entry(path: part[index], content: Self.read(part[index]))
          understood.withLock { $0[index] = entry }
        }
      }
      let entries = understood.withLock(\.self)
      told += part.indices.compactMap { entries[$0] }.flatMap(tell)
    }
    return told
  }

  /// The bytes of a file; nil where it is none that could be a receipt.
  private static func bytes(of path: FilePath) -> [UInt8]? {
    let count = (try? FileState(ofLink: path))?.byteCount ?? 0
    do throws(SystemCallError) {
      // Room for the largest one, made anew for each of thousands, would take longer than all the rest.
      let limit = Int(min(count, UInt64(JSONParser.largestInput)))
      return try SmallFile.bytes(ofRegularFile: path, limit: limit, [.noFollow])
    } catch {
      // It may have grown since: a write is noted meanwhile.
      guard error.errno == .fileTooLarge else { return nil }
      return try? SmallFile.bytes(ofRegularFile: path, limit: JSONParser.largestInput, [.noFollow])
    }
  }

  /// One that cannot be read must not hide the others.
  private static func read(_ path: FilePath) -> Result<Receipt, ReceiptDamage> {
    guard let bytes = bytes(of: path) else { return .failure(.notAReceipt) }
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
