import BlockIO
import Documents
import SystemPackage
import Terminal
import Writer

/// `burin verify --receipt`: a comparison of a medium with what was proven of it, without the image (R45).
struct ReceiptVerification {
  /// The path of the receipt.
  let receipt: String
  let target: String
  let isQuiet: Bool
  let isJSON: Bool
  let context: Context

  private var names: RunNames { RunNames(image: receipt, target: target) }

  /// Compares and tells what was found.
  func run() async -> ExitStatus {
    do throws(Refusal) {
      let (document, chunks) = try read()
      let found = try MediumReader.lookUp(names, in: context)
      let stick = WrittenStick(document, found)
      let report = try await compare(
        document, chunks, with: try MediumReader.open(found, names, in: context))
      guard report.isSame else {
        let diagnostic = Diagnostic(report, of: document, on: stick, names)
        return context.report(diagnostic, json: isJSON ? event(diagnostic, document, report, stick) : nil)
      }
      let lines =
        isJSON
        ? [event(nil, document, report, stick).line]
        : isQuiet ? [] : lines(document, chunks, report, stick)
      for line in lines { context.stdout.writeLine(line) }
      return context.concludeOutput(.done)
    } catch {
      return context.report(error.diagnostic, json: isJSON ? event(error.diagnostic, nil, nil) : nil)
    }
  }

  private func read() throws(Refusal) -> (Receipt, MediumChunks) {
    let bytes: [UInt8]
    do throws(SystemCallError) {
      bytes = try SmallFile.bytes(ofRegularFile: FilePath(receipt), limit: JSONParser.largestInput)
    } catch { throw Refusal(diagnostic: .receiptUnreadable(receipt, error)) }
    let document: Receipt
    do throws(ReceiptDamage) { document = try Receipt(parsing: bytes) } catch {
      throw Refusal(diagnostic: .receiptInvalid(receipt, error.text))
    }
    guard let chunks = document.chunks else {
      throw Refusal(diagnostic: .receiptWithoutDigests(receipt, document))
    }
    return (document, chunks)
  }

  private func compare(
    _ document: Receipt, _ chunks: MediumChunks, with medium: consuming MediumReader
  ) async throws(Refusal) -> ChunkReport {
    let meter = ProgressMeter()
    let form: ProgressReporter.Form = isJSON ? .json : isQuiet ? .none : .text
    let box = OnceBox(medium)
    let image = document.sum
    let result = await ProgressReporter.showing(meter, in: context, as: form) {
      () async -> Result<ChunkReport, VerifyError> in
      guard let medium = box.take() else { return .failure(.cancelled) }
      do throws(VerifyError) {
        return .success(try ChunkVerifier.verify(chunks, image: image, against: medium, progress: meter))
      } catch { return .failure(error) }
    }
    switch result {
    case .success(let report): return report
    case .failure(let error):
      throw Refusal(diagnostic: Diagnostic(error, names, signal: context.stopSignal()))
    }
  }

  private func lines(
    _ document: Receipt, _ chunks: MediumChunks, _ report: ChunkReport, _ stick: WrittenStick
  ) -> [SanitizedText] {
    let count = SanitizedText(exactBytes: chunks.byteCount)
    var lines: [SanitizedText] = [
      "\(target) holds what \(receipt) says: \(count) read from the medium past every cache, all with the same digests"
    ]
    if report.hasSHA256 == true, let sha256 = document.sha256 {
      lines.append("  SHA-256     \(sha256.hexadecimal), of the image and of the medium")
    }
    if document.isTableMoved {
      lines.append("  GPT         as it was moved to the end of the medium when the image was proven")
    }
    lines += [
      "  written     \(SanitizedText(utc: document.time)): \(document.imageText)",
      "  onto        \(document.targetText)",
    ]
    lines += stick.texts.map { "  note        \($0)" }
    if document.unmappedByteCount > 0 {
      let left = SanitizedText(exactBytes: document.unmappedByteCount)
      lines.append("  not proven  \(left) of the image, which its map has left out: they were not written")
    }
    return lines + [
      "  not proven  that nobody has changed the receipt: it is a file, and whoever can write it can write anything"
    ]
  }

  private func event(
    _ diagnostic: Diagnostic?, _ document: Receipt?, _ report: ChunkReport?, _ stick: WrittenStick? = nil
  ) -> JSONValue {
    let differences = report?.differences
    return [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic?.exit.rawValue ?? 0),
      "diagnostic": diagnostic?.json ?? .null, "image": JSONValue(document?.image),
      "target": JSONValue(target), "receipt": JSONValue(receipt), "same": JSONValue(report?.isSame),
      "bytesCompared": JSONValue(differences?.comparedByteCount),
      "differingPieces": differences.map { .array($0.ranges.map(\.json)) } ?? .null,
      "sha256Same": JSONValue(report?.hasSHA256), "sameDisk": JSONValue(stick?.isSame),
      "bytesLeftOut": JSONValue(document?.unmappedByteCount), "tableMoved": JSONValue(document?.isTableMoved),
      "time": JSONValue(document?.time),
      "seconds": JSONValue(report.map { $0.duration / .seconds(1) }),
    ]
  }
}

extension Range<UInt64> {
  /// The first byte and the one after the last.
  fileprivate var json: JSONValue { [JSONValue(lowerBound), JSONValue(upperBound)] }
}
