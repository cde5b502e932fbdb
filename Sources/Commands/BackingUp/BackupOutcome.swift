import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import Reader
import Terminal

/// How large a backup has become.
struct BackupSize: Hashable {
  /// The length of the file in bytes.
  let byteCount: UInt64
  /// How many bytes its file system keeps for it.
  let storedByteCount: UInt64
}

/// A backup that is there: what is in it, and what is not.
struct BackupOutcome {
  let order: BackupOrder
  let place: BackupPlace
  let source: BackupSource
  let report: BackupReport
  /// The SHA-256 of the file as it is.
  let sha256: [UInt8]
  let size: BackupSize
  /// How many bytes of the disk were written meanwhile; nil where it is not known.
  let changedByteCount: UInt64?
  let time: Duration

  /// What is missing in the file; nil where nothing is.
  var diagnostic: Diagnostic? {
    report.unreadable.isEmpty ? nil : .backupIncomplete(order, report, map: place.badSectors)
  }

  /// The report for a person.
  func lines(for capabilities: Capabilities) -> [SanitizedText] {
    let isWhole = report.unreadable.isEmpty
    let holds: SanitizedText = isWhole ? "now holds" : "holds what could be read of"
    let heading: SanitizedText = "\(order.file) \(holds) \(source.found.path)"
    var lines = [heading.styled(isWhole ? .green : .yellow, if: capabilities.hasColor)]
    let past: SanitizedText = source.disk.isDirect ? ", past every cache" : ""
    lines.append("  read        \(SanitizedText(exactBytes: report.readByteCount))\(past)")
    lines.append("  proven      \(proofText)")
    lines.append("  SHA-256     \(report.sha256.hexadecimal)")
    lines.append("  stored      \(SanitizedText(exactBytes: size.storedByteCount)), \(formText)")
    lines.append("  checksum    in \(place.checksum)")
    lines.append("  time        read and proven in \(SanitizedText(time: time))")
    lines += doubts.map { "  not proven  \($0)" }
    if source.leftOutByteCount > 0 {
      lines.append(
        """
          left out    \(SanitizedText(exactBytes: source.leftOutByteCount)) behind the last partition, where a \
        GPT has its second copy
        """)
    }
    return lines
  }

  private var proofText: SanitizedText {
    switch order.form {
    case .raw: "the file was read again, and is what was read from the disk"
    case .zstd: "the file was read again and unpacked, and that is what was read from the disk"
    }
  }

  private var formText: SanitizedText {
    switch order.form {
    case .raw: "with holes for zeros"
    case .zstd: "compressed with zstd"
    }
  }

  /// What a reader of the file must not take for granted.
  private var doubts: [SanitizedText] {
    guard order.acceptsUse, !source.uses.writers.isEmpty || changedByteCount != 0 else { return [] }
    let written: SanitizedText =
      changedByteCount.map { SanitizedText(exactBytes: $0) } ?? "an unknown number of bytes"
    return ["that it is of one moment: the disk was in use, and \(written) were written to it meanwhile"]
  }

  /// The last line of `backup --json`.
  var json: JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic?.exit.rawValue ?? 0),
      "diagnostic": diagnostic?.json ?? .null, "device": Self.device(order, source),
      "file": [
        "path": JSONValue(order.file), "form": JSONValue(order.form.rawValue),
        "bytes": JSONValue(size.byteCount), "storedBytes": JSONValue(size.storedByteCount),
        "sha256": JSONValue(sha256.hexadecimal),
      ],
      "bytesRead": JSONValue(report.readByteCount), "bytesLeftOut": JSONValue(source.leftOutByteCount),
      "sha256": JSONValue(report.sha256.hexadecimal), "readBack": true,
      "pastCache": .bool(source.disk.isDirect), "unreadable": Self.ranges(report.unreadable),
      "gaveUp": .bool(report.hasGivenUp), "changedBytes": JSONValue(changedByteCount),
      "notProven": JSONValue(doubts), "seconds": JSONValue(time / .seconds(1)),
    ]
  }

  /// The run ended without a file.
  static func failed(_ order: BackupOrder, _ diagnostic: Diagnostic) -> JSONValue {
    [
      "schema": 1, "event": "result", "exitCode": JSONValue(diagnostic.exit.rawValue),
      "diagnostic": diagnostic.json, "device": device(order, nil), "file": .null,
    ]
  }

  /// What could not be read, as the file beside the backup has it.
  static func map(_ order: BackupOrder, _ source: BackupSource, _ report: BackupReport) -> JSONValue {
    [
      "schema": 1, "kind": "bad-sectors", "device": device(order, source), "file": JSONValue(order.file),
      "bytesRead": JSONValue(report.readByteCount), "blockSize": JSONValue(source.disk.blockSize),
      "unreadable": ranges(report.unreadable), "gaveUp": .bool(report.hasGivenUp),
    ]
  }

  private static func device(_ order: BackupOrder, _ source: BackupSource?) -> JSONValue {
    [
      "argument": JSONValue(order.device), "id": JSONValue(source?.found.id),
      "path": JSONValue(source?.found.path), "name": JSONValue(source?.name),
      "serial": JSONValue(source?.found.disk?.identity.serial), "bytes": JSONValue(source?.disk.byteCount),
    ]
  }

  private static func ranges(_ ranges: [Range<UInt64>]) -> JSONValue {
    .array(ranges.map { [JSONValue($0.lowerBound), JSONValue($0.upperBound)] as JSONValue })
  }
}

extension BackupReport {
  /// How many bytes could not be read.
  var unreadableByteCount: UInt64 { unreadable.reduce(0) { $0 + UInt64($1.count) } }

  /// How many bytes could be read.
  var readByteCount: UInt64 { byteCount - unreadableByteCount }
}
