import BlockIO
import Glibc
import Reader
import SystemPackage
import Terminal

private var noFile: SanitizedText { "no file" }

extension Diagnostic {
  /// Words for a disk that is not backed up.
  init(_ error: BackupError, _ order: BackupOrder, signal: Int32?) {
    switch error {
    case .device(let error, let offset): self.init(reading: order.device, error, offset)
    case .busy:
      self = .sourceInUse(order.device, ["the kernel says that it is in use"], option: "--in-use")
    case .replaced: self = .sourceReplaced(order.device)
    case .tooShort(let expected, let found):
      self.init(
        .deviceTooShort, .deviceFailed, "\(order.device) ended before its end",
        because: ["it has \(SanitizedText(exactBytes: expected)), and ended at byte \(found)"],
        leaves: noFile, toFix: DeviceTrouble.tooShort.remedy)
    case .unreadable(let ranges, let reached):
      self.init(
        .backupUnreadable, .unreadable, "\(order.device) cannot be read everywhere",
        because: Self.told(ranges) + ["what follows byte \(reached) was not looked at"], leaves: noFile,
        toFix: "`--allow-bad-sectors` reads the rest and lists what is missing; do not wait with that")
    case .output(let error): self = .backupNotSaved(order.file, error)
    case .cancelled:
      self.init(
        .interrupted, signal.map(ExitStatus.signal) ?? .cancelled, "stopped before the backup was whole",
        leaves: noFile)
    }
  }

  private init(reading device: String, _ error: SystemCallError, _ offset: UInt64?) {
    guard [.permissionDenied, .notPermitted].contains(error.errno) else {
      self.init(device: device, error, doing: offset == nil ? "opening it" : "reading", offset)
      return
    }
    self.init(
      .targetPermission, .notPermitted, "\(device) may not be read", because: [SanitizedText(error)],
      toFix: "run it with sudo")
  }

  private static func told(_ ranges: [Range<UInt64>]) -> [SanitizedText] {
    let shown = ranges.prefix(4).map {
      "bytes \($0.lowerBound) to \($0.upperBound - 1) (sector \($0.lowerBound / 512))" as SanitizedText
    }
    return ranges.count > 4 ? shown + ["and \(ranges.count - 4) more places"] : shown
  }

  /// Words for a backup that has holes.
  static func backupIncomplete(_ order: BackupOrder, _ report: BackupReport, map: String) -> Diagnostic {
    let count = report.unreadable.reduce(0 as UInt64) { $0 + UInt64($1.count) }
    let patience: [SanitizedText] =
      report.hasGivenUp ? ["it failed for so long that the rest was left out unread"] : []
    return Diagnostic(
      .backupIncomplete, .unreadable, "\(order.file) lacks \(SanitizedText(exactBytes: count))",
      because: told(report.unreadable) + patience,
      toFix: "\(map) lists them: the file has zeros there, and nobody knows what belongs there")
  }

  /// Words for a disk that may change while it is read.
  /// - Parameter option: what allows it all the same, where something does.
  static func sourceInUse(_ device: String, _ uses: [String], option: SanitizedText?) -> Diagnostic {
    let toFix: SanitizedText = "unmount it, or mount it for reading only"
    return Diagnostic(
      .sourceInUse, .imageRefused, "\(device) is in use, and may change while it is read",
      because: uses.prefix(8).map { "\($0)" },
      toFix: option.map { toFix + "; `\($0)` reads it as it is, with what changes meanwhile" } ?? toFix)
  }

  /// Words for a disk that was changed while it was read.
  static func sourceChanged(_ device: String, byteCount: UInt64?) -> Diagnostic {
    let written: SanitizedText =
      byteCount.map { "\(SanitizedText(exactBytes: $0)) were written to it meanwhile" }
      ?? "its file was changed meanwhile"
    return Diagnostic(
      .imageChanged, .imageRefused, "\(device) was changed while it was read", because: [written],
      leaves: noFile, toFix: "find out who writes to it, then begin anew")
  }

  private static func sourceReplaced(_ device: String) -> Diagnostic {
    Diagnostic(
      .targetChanged, .deviceFailed, "\(device) is no longer the medium that was looked up",
      because: ["it was unplugged, or another medium is in the drive"], leaves: noFile, toFix: "begin anew")
  }

  /// Words for a file that lies on the disk that would be read into it.
  static func backupOntoItself(_ device: String, _ uses: [String]) -> Diagnostic {
    Diagnostic(
      .backupOntoItself, .targetRefused, "the file would lie on \(device), which is to be read into it",
      because: uses.map { "\($0)" }, toFix: "name a file on another disk")
  }

  /// Words for a file that is there already.
  static func backupExists(_ path: String) -> Diagnostic {
    Diagnostic(
      .backupExists, .targetRefused, "\(path) is there already",
      toFix: "name a new file, or add `--force` to replace it and what lies beside it")
  }

  /// Words for what is no place for a file.
  static func backupNotAFile(_ path: String, _ reason: SanitizedText) -> Diagnostic {
    Diagnostic(
      .backupNotAFile, .targetRefused, "\(path) is no place for a backup", because: [reason],
      toFix: "name a new file; a disk is copied onto a disk with `burin write`")
  }

  /// Words for a file that could not be written.
  /// - Parameter left: what is there all the same; nil for nothing.
  static func backupNotSaved(
    _ path: String, _ error: SystemCallError, leaving left: SanitizedText? = nil
  ) -> Diagnostic {
    let (exit, toFix): (ExitStatus, SanitizedText) =
      switch error.errno.rawValue {
      case ENOSPC, EDQUOT: (.undoFailed, "name a file on a disk with more room, or add `--zstd`")
      case EFBIG:
        (.undoFailed, "FAT holds no file of 4 GiB: name one on another file system, or add `--zstd`")
      case EACCES, EPERM, EROFS: (.notPermitted, "name a file in a folder that you may write to")
      case ENOENT, ENOTDIR: (.notFound, "make the folder first")
      default: (.undoFailed, "name a file on another disk")
      }
    return Diagnostic(
      .backupNotSaved, exit, "\(path) could not be written", because: [SanitizedText(error)],
      leaves: left ?? noFile,
      toFix: toFix)
  }

  /// Words for a file that does not hold what was written to it.
  static func backupDiffers(_ path: String, _ because: [SanitizedText]) -> Diagnostic {
    Diagnostic(
      .backupDiffers, .different, "what was read again of \(path) is not what was written to it",
      because: because, leaves: noFile, toFix: "do not trust the disk that it was written to")
  }

  /// Words for a disk without partitions.
  static func backupNoTable(_ device: String) -> Diagnostic {
    Diagnostic(
      .backupNoTable, .imageRefused, "\(device) has no partitions that could be read to the last of them",
      toFix: "leave out `--to-last-partition`, to read all of it")
  }

  /// Words for a disk whose content would be unpacked together with the backup.
  static func backupPackedTwice(_ device: String, _ format: SanitizedText) -> Diagnostic {
    Diagnostic(
      .backupPackedTwice, .imageRefused, "\(device) begins like a file in the format \(format)",
      because: ["what is packed twice is unpacked twice when it is written, and would not be the disk again"],
      toFix: "leave out `--zstd`, and bring it back with `burin write --allow-packed`")
  }
}
