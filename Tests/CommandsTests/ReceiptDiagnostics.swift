import BlockIO
import Documents
import Glibc
import SystemPackage
import Terminal

@testable import Commands

extension AllDiagnostics {
  /// The errors around receipts.
  static let receipts: [Diagnostic] = [
    .receiptNotCreated("r.json", failure(EEXIST, "openat")),
    .receiptNotCreated("r.json", failure(ENOSPC, "pwrite")),
    .receiptNotSaved("r.json", failure(ENOSPC, "pwrite")),
    .receiptTooLong("r.json", isWritten: false), .receiptTooLong("r.json", isWritten: true),
    .tableBroken(.torn(failure(EIO, "pwrite")), names), .tableBroken(.moved([]), names),
    .receiptUnreadable("r.json", failure(ENOENT, "open")),
    .receiptUnreadable("r.json", failure(EACCES, "open")),
    .receiptUnreadable("r.json", failure(EINVAL, "read")),
    .receiptUnreadable("r.json", failure(EFBIG, "read")),
    .receiptUnreadable("r.json", failure(EIO, "pread")),
    .receiptInvalid("r.json", ReceiptDamage.notAReceipt.text),
    .receiptInvalid("r.json", ReceiptDamage.unknownSchema.text),
    .receiptInvalid("r.json", ReceiptDamage.wrong("chunks.digests").text),
    .receiptInvalid("r.json", ReceiptDamage.json(JSONError(offset: 7, reason: .syntax)).text),
  ]
}
