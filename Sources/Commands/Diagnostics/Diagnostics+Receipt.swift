import BlockIO
import Documents
import Glibc
import SystemPackage
import Terminal
import Writer

extension Diagnostic {
  /// Words for a receipt that cannot be begun; nothing has been written.
  static func receiptNotCreated(_ path: String, _ error: SystemCallError) -> Diagnostic {
    Diagnostic(
      .receiptNotSaved, .undoFailed, "no receipt can be kept as \(path), nothing was written",
      because: [SanitizedText(error)],
      toFix: error.lacksRoom
        ? "make room there, or name a file on a disk that has more"
        : "name a file that is not there yet, in a folder that is")
  }

  /// Words for a receipt that could not be finished; the write is not concerned.
  static func receiptNotSaved(_ path: String, _ error: SystemCallError) -> Diagnostic {
    Diagnostic(
      .receiptNotSaved, .done, "the receipt could not be saved as \(path)",
      because: [SanitizedText(error), "the stick holds the image all the same, byte for byte"],
      toFix: "make room; `burin verify` with the image compares the stick without a receipt")
  }

  /// Words for a receipt that would tell of more pieces than one that is read may have.
  /// - Parameter isWritten: whether the write is over, and not concerned.
  static func receiptTooLong(_ path: String, isWritten: Bool) -> Diagnostic {
    let limit: SanitizedText = "it would tell of more than \(MediumChunks.mostPieces) pieces of 4 MiB or less"
    guard isWritten else {
      return Diagnostic(
        .receiptNotSaved, .undoFailed, "no receipt can be kept as \(path), nothing was written",
        because: [limit],
        toFix: "write it without --receipt; `burin verify` with the image compares the stick")
    }
    return Diagnostic(
      .receiptNotSaved, .done, "the receipt could not be saved as \(path)",
      because: [limit, "the stick holds the image all the same, byte for byte"],
      toFix: "`burin verify` with the image compares the stick without a receipt")
  }

  /// Words for a receipt that cannot be read.
  static func receiptUnreadable(_ path: String, _ error: SystemCallError) -> Diagnostic {
    switch error.errno {
    case .noSuchFileOrDirectory, .notDirectory:
      Diagnostic(.receiptNotFound, .notFound, "there is no receipt \(path)", toFix: "check the spelling")
    case .permissionDenied, .notPermitted:
      Diagnostic(
        .receiptInvalid, .notPermitted, "\(path) may not be read", because: [SanitizedText(error)],
        toFix: "run it with sudo")
    case .invalidArgument: receiptInvalid(path, "it is no regular file")
    case .fileTooLarge: receiptInvalid(path, "it is larger than any receipt")
    default: receiptInvalid(path, SanitizedText(error))
    }
  }

  /// Words for a file that nothing can be compared with.
  static func receiptInvalid(_ path: String, _ reason: SanitizedText) -> Diagnostic {
    Diagnostic(
      .receiptInvalid, .imageRefused, "\(path) is no receipt that a stick can be compared with",
      because: [reason], toFix: "use another one, which `burin history` may have, or the image itself")
  }

  /// Words for a receipt of a write that cannot be compared with anything.
  static func receiptWithoutDigests(_ path: String, _ receipt: Receipt) -> Diagnostic {
    receiptInvalid(
      path,
      receipt.result == .proven
        ? "that write was too large for digests of all its pieces to be kept"
        : "that write has proven nothing: \(receipt.resultText)")
  }

  /// Words for a medium that differs from a receipt.
  /// - Parameter stick: what is known of whether it is the stick that was written.
  init(_ report: ChunkReport, of receipt: Receipt, on stick: WrittenStick, _ names: RunNames) {
    guard !report.differences.isEmpty else {
      self.init(
        .receiptInvalid, .different, "\(names.image) contradicts itself",
        because: [
          "every piece of \(names.target) is as it says, but all of them have another SHA-256 than it says"
        ],
        toFix: "do not trust this receipt: compare the stick with the image itself")
      return
    }
    let pieces = receipt.chunks?.digests.count ?? 0
    let first = report.differences.firstOffset ?? 0
    self.init(
      .mediumDiffers, .different, "\(names.target) does not hold what \(names.image) says",
      because: [
        report.differences.rangeCount == 1
          ? "pieces of 4 MiB, of which there are \(pieces), differ in one place, from byte \(first) on"
          : "pieces of 4 MiB, of which there are \(pieces), differ in \(report.differences.rangeCount) places, the first from byte \(first) on",
        "it was written at \(SanitizedText(utc: receipt.time)): \(receipt.imageText), onto \(receipt.targetText)",
      ] + stick.texts,
      toFix: """
        if it was mounted since it was written, that alone changes it; `burin verify` with the image finds \
        the place and tells that apart
        """)
  }
}

extension SystemCallError {
  /// Whether there was no room for a file, or none left for its owner.
  var lacksRoom: Bool { [ENOSPC, EDQUOT].contains(errno.rawValue) }
}
