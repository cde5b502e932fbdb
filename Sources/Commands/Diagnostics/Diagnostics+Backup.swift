import BlockIO
import Glibc
import Reader
import SystemPackage
import Terminal

private var noFile: SanitizedText { "no file" }

extension BackupOrder {
  /// What a run that fails leaves under the name of the file, which a new one has only when it is whole.
  var leftover: SanitizedText {
    BackupPlace(file: file).hasFile ? "\(file), as it was before" : noFile
  }
}

extension Diagnostic {
  /// Words for a disk that is not backed up.
  init(_ error: BackupError, _ order: BackupOrder, signal: Int32?) {
    switch error {
    case .device(let error, let offset): self.init(reading: order.device, error, offset)
    case .busy:
      self = .sourceInUse(order.device, ["the kernel says that it is in use"], option: "--in-use")
    case .replaced: self = .sourceReplaced(order)
    case .tooShort(let expected, let found):
      self.init(
        .deviceTooShort, .deviceFailed, "\(order.device) ended before its end",
        because: ["it has \(SanitizedText(exactBytes: expected)), and ended at byte \(found)"],
        leaves: order.leftover, toFix: DeviceTrouble.tooShort.remedy)
    case .unreadable(let ranges, let reached):
      self.init(
        .backupUnreadable, .unreadable, "\(order.device) cannot be read everywhere",
        because: Self.told(ranges) + ["what follows byte \(reached) was not looked at"],
        leaves: order.leftover,
        toFix: "`--allow-bad-sectors` reads the rest and lists what is missing; do not wait with that")
    case .output(let error): self = .backupNotSaved(order.file, error, for: order)
    case .cancelled:
      self.init(
        .interrupted, signal.map(ExitStatus.signal) ?? .cancelled, "stopped before the backup was whole",
        leaves: order.leftover)
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
    let missing = SanitizedText(exactBytes: report.unreadableByteCount)
    let patience: [SanitizedText] =
      report.hasGivenUp ? ["it failed for so long that the rest was left out unread"] : []
    return Diagnostic(
      .backupIncomplete, .unreadable, "\(order.file) lacks \(missing)",
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
  /// - Parameter left: what is there all the same; nil for nothing.
  static func sourceChanged(
    _ device: String, byteCount: UInt64?, leaving left: SanitizedText? = nil
  ) -> Diagnostic {
    let written: SanitizedText =
      byteCount.map { "\(SanitizedText(exactBytes: $0)) were written to it meanwhile" }
      ?? "its file was changed meanwhile"
    return Diagnostic(
      .imageChanged, .imageRefused, "\(device) was changed while it was read", because: [written],
      leaves: left ?? noFile, toFix: "find out who writes to it, then begin anew")
  }

  private static func sourceReplaced(_ order: BackupOrder) -> Diagnostic {
    Diagnostic(
      .targetChanged, .deviceFailed, "\(order.device) is no longer the medium that was looked up",
      because: ["it was unplugged, or another medium is in the drive"], leaves: order.leftover,
      toFix: "begin anew")
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
  /// - Parameters:
  ///   - order: what was wanted; nil before the file is begun.
  ///   - left: what is there all the same; nil for what the order leaves.
  static func backupNotSaved(
    _ path: String, _ error: SystemCallError, for order: BackupOrder? = nil,
    leaving left: SanitizedText? = nil
  ) -> Diagnostic {
    let isPacked = order?.form == .zstd
    let (exit, toFix): (ExitStatus, SanitizedText) =
      switch error.errno.rawValue {
      case ENOSPC, EDQUOT:
        (
          .undoFailed,
          isPacked
            ? "name a file on a disk with more room"
            : "name a file on a disk with more room, or add `--zstd`"
        )
      case EFBIG:
        (
          .undoFailed,
          isPacked
            ? "FAT holds no file of 4 GiB: name one on another file system"
            : "FAT holds no file of 4 GiB: name one on another file system, or add `--zstd`"
        )
      case EACCES, EPERM, EROFS: (.notPermitted, "name a file in a folder that you may write to")
      case ENOENT, ENOTDIR: (.notFound, "make the folder first")
      default: (.undoFailed, "name a file on another disk")
      }
    return Diagnostic(
      .backupNotSaved, exit, "\(path) could not be written", because: [SanitizedText(error)],
      leaves: left ?? order?.leftover ?? noFile, toFix: toFix)
  }

  /// Words for a file that does not hold what was written to it.
  /// - Parameter left: what is there all the same; nil for nothing.
  static func backupDiffers(
    _ path: String, _ because: [SanitizedText], leaving left: SanitizedText? = nil
  ) -> Diagnostic {
    Diagnostic(
      .backupDiffers, .different, "what was read again of \(path) is not what was written to it",
      because: because, leaves: left ?? noFile, toFix: "do not trust the disk that it was written to")
  }

  /// Words for a disk without partitions.
  static func backupNoTable(_ device: String) -> Diagnostic {
    Diagnostic(
      .backupNoTable, .imageRefused, "\(device) has no partitions that could be read to the last of them",
      toFix: "leave out `--to-last-partition`, to read all of it")
  }

  /// Words for a disk whose only sound table is the one that would be left out.
  static func backupTableLost(_ device: String) -> Diagnostic {
    Diagnostic(
      .backupNoTable, .imageRefused, "\(device) would lose its partition table in the backup",
      because: ["the first copy of its GPT is not valid, and the second one follows the last partition"],
      toFix: "leave out `--to-last-partition`, to read all of it")
  }

  /// Words for a disk that cannot be read where it has to tell what lies on it.
  /// - Parameter because: which place that is.
  static func backupTableUnreadable(_ order: BackupOrder, _ because: [SanitizedText]) -> Diagnostic {
    Diagnostic(
      .backupUnreadable, .unreadable, "\(order.device) cannot be read where its last partition is looked for",
      because: because, leaves: order.leftover,
      toFix: order.toleratesUnreadable
        ? "leave out `--to-last-partition`, to read all of it"
        : "leave out `--to-last-partition`, and add `--allow-bad-sectors`; do not wait with that")
  }

  /// Words for a disk whose content would be unpacked together with the backup.
  static func backupPackedTwice(_ device: String, _ format: SanitizedText) -> Diagnostic {
    Diagnostic(
      .backupPackedTwice, .imageRefused, "\(device) begins like a file in the format \(format)",
      because: ["what is packed twice is unpacked twice when it is written, and would not be the disk again"],
      toFix: "leave out `--zstd`, and bring it back with `burin write --allow-packed`")
  }
}
